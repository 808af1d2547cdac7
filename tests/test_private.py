"""Files of avcdoctor's own are closed to others, and what a killed run left is swept."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from avcdoctor import private


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.mark.parametrize("before", [None, 0o666, 0o600])
def test_a_report_is_for_its_owner_alone(tmp_path: Path, before: int | None) -> None:
    place = tmp_path / "report"
    if before is not None:
        place.write_text("old")
        place.chmod(before)
    private.write_private(place, b"new")
    assert (place.read_bytes(), mode_of(place)) == (b"new", 0o600)
    assert list(tmp_path.iterdir()) == [place]


def test_a_link_is_replaced_and_never_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    for target in (victim, tmp_path / "nothing"):
        place = tmp_path / "report"
        place.unlink(missing_ok=True)
        place.symlink_to(target)
        private.write_private(place, b"new")
        assert not place.is_symlink()
        assert (place.read_bytes(), victim.read_text()) == (b"new", "kept")
    assert not (tmp_path / "nothing").exists()


def test_a_device_stays_a_device() -> None:
    private.write_private(Path("/dev/null"), b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_names_can_not_be_guessed() -> None:
    names = {private.unguessable() for _ in range(1000)}
    assert len(names) == 1000
    assert all(private.is_left_over(name) for name in names)
    assert not any(map(private.is_left_over, (".avcdoctor-", ".avcdoctor-x", "a" * 43, f"{private.unguessable()}0")))


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "report"
    place.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        private.write_private(place, b"new")
    assert place.read_text() == "old"
    assert list(tmp_path.iterdir()) == [place]


def test_what_a_killed_run_left_is_swept_and_a_living_one_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "_YOUNG", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    words = (
        "import tempfile, sys; tempfile.tempdir = sys.argv[1]; from avcdoctor import private; "
        "print(private.lasting_workdir(), flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = [subprocess.Popen([sys.executable, "-c", words, str(tmp_path)], **pipes) for _ in range(2)]  # type: ignore[call-overload]
    folders = [Path(child.stdout.readline().strip()) for child in children]
    (folders[0] / "copy").write_text("x")
    children[0].send_signal(signal.SIGKILL)
    children[0].wait()
    assert folders[0].is_dir()
    with private.workdir() as mine:
        assert mode_of(mine) == 0o700
        assert [folder.is_dir() for folder in folders] == [False, True]
    children[1].communicate("")
    assert list(tmp_path.iterdir()) == []


def test_what_is_deeper_than_python_calls_reach_is_removed_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "_YOUNG", 0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "avcdoctor-work-left"
    left.mkdir(mode=0o700)
    here = os.open(left, os.O_RDONLY)
    for _ in range(2 * sys.getrecursionlimit()):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    with private.workdir():
        assert not left.exists()
