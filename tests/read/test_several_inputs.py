"""One input that can't be read does not keep the others from being read."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.cli import main as command
from avcdoctor.errors import InputError
from avcdoctor.read import read as read_logs
from tests.denials import denied

LOG = denied("httpd_t", "var_t", "file", "read", comm="httpd", path="/srv/a")


@pytest.fixture()
def log(tmp_path: Path) -> str:
    """A log with one denial."""
    path = tmp_path / "audit.log"
    path.write_text(LOG)
    return str(path)


def test_what_can_be_read_is_read(log: str, tmp_path: Path) -> None:
    reading = read_logs([str(tmp_path / "missing.log"), log])
    assert reading.summary.denials == 1
    assert len(reading.summary.failed) == 1
    assert "missing.log" in reading.summary.failed[0]


def test_a_damaged_archive_does_not_stop_the_next_log(log: str, tmp_path: Path) -> None:
    damaged = tmp_path / "audit.log.1.gz"
    damaged.write_bytes(b"\x1f\x8b\x08\x00 this is no archive")
    reading = read_logs([str(damaged), log])
    assert reading.summary.denials == 1
    assert len(reading.summary.failed) == 1


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.log"):
        read_logs([str(tmp_path / "a.log"), str(tmp_path / "b.log")])
    with pytest.raises(InputError, match=r"a\.log"):
        read_logs([str(tmp_path / "a.log")])


def test_the_command_explains_the_rest_and_says_3(log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing.log")
    assert command.main(["explain", "--policy", "reference", missing, log]) == InputError.exit_code
    said = capsys.readouterr()
    assert "httpd" in said.out
    assert "there is no file" in said.err
