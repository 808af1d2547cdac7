"""Finding log files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from pathlib import Path

import pytest

from avcdoctor.errors import InputError
from avcdoctor.sources.files import configured_log, find_logs, open_log, rotated


def test_rotated_files_are_oldest_first(tmp_path: Path) -> None:
    for name in ("audit.log", "audit.log.1", "audit.log.10.gz", "audit.log.2", "audit.log-20260101", "other.log.3"):
        (tmp_path / name).touch()
    names = [Path(path).name for path in rotated(tmp_path / "audit.log")]
    assert names == ["audit.log-20260101", "audit.log.10.gz", "audit.log.2", "audit.log.1", "audit.log"]


def test_the_hosts_own_trail(tmp_path: Path) -> None:
    (tmp_path / "etc/audit").mkdir(parents=True)
    (tmp_path / "etc/audit/auditd.conf").write_text("local_events = yes\nLog_File = /data/audit/trail.log\n")
    (tmp_path / "data/audit").mkdir(parents=True)
    (tmp_path / "data/audit/trail.log").touch()
    (tmp_path / "data/audit/trail.log.1").touch()
    assert configured_log(tmp_path) == "/data/audit/trail.log"
    found = find_logs([], str(tmp_path))
    assert [os.path.relpath(path, tmp_path) for path in found] == ["data/audit/trail.log.1", "data/audit/trail.log"]


def test_no_trail(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no audit log"):
        find_logs([], str(tmp_path))


def test_globs_and_directories(tmp_path: Path) -> None:
    for name in ("audit.log", "audit.log.1", "audit.log.2"):
        (tmp_path / name).touch()
    expected = [str(tmp_path / name) for name in ("audit.log.2", "audit.log.1", "audit.log")]
    assert find_logs([str(tmp_path / "audit.log*")]) == expected
    assert find_logs([str(tmp_path)]) == expected
    assert find_logs(["-"]) == ["-"]


def test_a_glob_that_matches_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        find_logs([str(tmp_path / "x*")])


def test_a_name_with_glob_characters_is_a_name_if_it_is_there(tmp_path: Path) -> None:
    file = tmp_path / "a[1].log"
    file.touch()
    assert find_logs([str(file)]) == [str(file)]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, bytes])
def test_compressed_files(tmp_path: Path, pack: object) -> None:
    file = tmp_path / "log"
    file.write_bytes(pack(b"some lines\n"))  # type: ignore[operator]
    with open_log(str(file)) as log:
        assert log.read() == b"some lines\n"


def test_what_can_not_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="directory"):
        open_log(str(tmp_path))
    with pytest.raises(InputError, match="can't be opened"):
        open_log(str(tmp_path / "none"))
