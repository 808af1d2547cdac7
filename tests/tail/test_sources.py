"""What tail reads from, and what it remembers: a full disk is told, and the log is followed on."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from avcdoctor.errors import InputError
from avcdoctor.sources import checkpoint
from avcdoctor.tail.sources import FileSource, Signals


def test_a_checkpoint_on_a_full_disk_is_told_once_and_the_log_is_followed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log, place = tmp_path / "audit.log", tmp_path / "place"
    log.write_text("one\n")
    full = [True]
    write = checkpoint.write_private

    def writing(path: Path, data: bytes) -> None:
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    monkeypatch.setattr(checkpoint, "write_private", writing)
    with Signals() as signals:
        source = FileSource(str(log), signals, True, place)
        assert b"".join(data for data, _, _ in source.read()) == b"one\n"
        source.remember(1, now=True)
        source.remember(2, now=True)
        told = capsys.readouterr().err
        assert told == f"the checkpoint {place} can't be written: No space left on device\n"
        with log.open("a") as stream:
            stream.write("two\n")
        assert b"".join(data for data, _, _ in source.read()) == b"two\n"
        full[0] = False
        source.remember(3, now=True)
        assert stat.S_IMODE(place.stat().st_mode) == 0o600
        assert set(tmp_path.iterdir()) == {log, place}
        source.close()
    assert capsys.readouterr().err == ""


def test_a_checkpoint_is_a_regular_file() -> None:
    with pytest.raises(InputError, match="can't be read"):
        checkpoint.load(Path("/dev/zero"))
