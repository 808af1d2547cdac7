"""Following a log through everything that happens to logs."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path
from typing import List

import pytest

from avcdoctor.errors import InputError
from avcdoctor.sources import checkpoint
from avcdoctor.sources.follow import Follower
from avcdoctor.sources.inotify import Watch


def lines(first: int, last: int) -> bytes:
    return b"".join(b"type=X msg=audit(1700000000.000:%d): n=%d\n" % (number, number) for number in range(first, last))


def add(log: Path, data: bytes) -> None:
    with log.open("ab", buffering=0) as file:
        file.write(data)


def got(follower: Follower) -> bytes:
    return b"".join(piece.data for piece in follower.read())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.log"


def test_only_what_comes_is_read(log: Path) -> None:
    add(log, lines(0, 3))
    follower = Follower(str(log))
    assert got(follower) == b""
    add(log, lines(3, 5))
    assert got(follower) == lines(3, 5)
    assert got(follower) == b""


def test_from_the_start(log: Path) -> None:
    add(log, lines(0, 3))
    assert got(Follower(str(log), from_start=True)) == lines(0, 3)


def test_a_line_is_given_when_it_is_whole(log: Path) -> None:
    whole = lines(0, 1)
    add(log, whole[:10])
    follower = Follower(str(log))
    assert got(follower) == b""
    add(log, whole[10:20])
    assert got(follower) == b""
    add(log, whole[20:] + lines(1, 2))
    assert got(follower) == lines(0, 2)


def test_rotation_by_rename_loses_nothing(log: Path) -> None:
    add(log, lines(0, 1))
    follower = Follower(str(log), from_start=True)
    assert got(follower) == lines(0, 1)
    add(log, lines(1, 3))
    log.rename(log.with_name("audit.log.1"))
    add(log, lines(3, 5))
    assert got(follower) == lines(1, 5)
    add(log.with_name("audit.log.1"), lines(90, 91))  # the writer lingered on the old file
    assert got(follower) == lines(90, 91)


def test_several_rotations_between_two_looks(log: Path) -> None:
    add(log, lines(0, 1))
    follower = Follower(str(log), from_start=True)
    assert got(follower) == lines(0, 1)
    for number in range(1, 5):
        for old in range(4, 0, -1):
            if log.with_name(f"audit.log.{old}").exists():
                log.with_name(f"audit.log.{old}").rename(log.with_name(f"audit.log.{old + 1}"))
        log.rename(log.with_name("audit.log.1"))
        add(log, lines(number * 10, number * 10 + 3))
    assert got(follower) == b"".join(lines(number * 10, number * 10 + 3) for number in range(1, 5))


def test_rotation_while_no_new_file_is_there_yet(log: Path) -> None:
    add(log, lines(0, 1))
    follower = Follower(str(log))
    log.rename(log.with_name("audit.log.1"))
    add(log.with_name("audit.log.1"), lines(1, 2))
    assert got(follower) == lines(1, 2)
    add(log, lines(2, 3))
    assert got(follower) == lines(2, 3)


def test_copytruncate_goes_on_at_the_start_and_says_so(log: Path) -> None:
    said: List[str] = []
    add(log, lines(0, 5))
    follower = Follower(str(log), from_start=True, warn=said.append)
    assert got(follower) == lines(0, 5)
    add(log, lines(5, 7))  # not read yet when the copy is made
    shutil.copy(log, log.with_name("audit.log.1"))
    os.truncate(log, 0)
    add(log, lines(7, 8))
    assert got(follower) == lines(5, 8)
    assert "truncated" in said[0]


def test_a_truncation_is_noticed_although_the_file_has_grown_past_it(log: Path) -> None:
    add(log, lines(0, 2))
    follower = Follower(str(log), from_start=True)
    assert got(follower) == lines(0, 2)
    os.truncate(log, 0)
    add(log, lines(50, 60))
    assert got(follower) == lines(50, 60)


def test_deletion_and_creation(log: Path) -> None:
    said: List[str] = []
    add(log, lines(0, 1))
    follower = Follower(str(log), from_start=True, warn=said.append)
    assert got(follower) == lines(0, 1)
    log.unlink()
    assert got(follower) == b""
    add(log, lines(1, 2))
    assert got(follower) == lines(1, 2)


def test_a_log_that_is_not_there_yet(log: Path) -> None:
    said: List[str] = []
    follower = Follower(str(log), warn=said.append)
    assert got(follower) == b""
    assert got(follower) == b""
    assert len(said) == 1
    add(log, lines(0, 2))
    assert got(follower) == lines(0, 2)


def test_a_symlink_to_another_directory(tmp_path: Path) -> None:
    other = tmp_path / "disk"
    other.mkdir()
    target = other / "audit.log"
    add(target, lines(0, 1))
    link = tmp_path / "audit.log"
    link.symlink_to(target)
    follower = Follower(str(link))
    assert set(follower.directories()) == {str(tmp_path), str(other)}
    add(target, lines(1, 2))
    assert got(follower) == lines(1, 2)


def test_a_checkpoint_goes_on_through_rotations(log: Path, tmp_path: Path) -> None:
    add(log, lines(0, 3) + b"type=X msg=aud")
    follower = Follower(str(log), from_start=True)
    assert got(follower) == lines(0, 3)
    saved = tmp_path / "state.json"
    position = follower.position(5)
    assert position is not None
    checkpoint.save(saved, position)
    follower.close()
    add(log, b"it(1.2:3): rest\n")
    log.rename(log.with_name("audit.log.1"))
    add(log, lines(3, 4))
    again = Follower(str(log), position=checkpoint.load(saved))
    assert again.went_on
    assert got(again) == b"type=X msg=audit(1.2:3): rest\n" + lines(3, 4)


def test_a_checkpoint_whose_file_is_gone(log: Path, tmp_path: Path) -> None:
    said: List[str] = []
    add(log, lines(0, 3))
    position = checkpoint.Position(1, 2, 3, "", 1000)
    follower = Follower(str(log), position=position, warn=said.append)
    assert not follower.went_on
    assert said
    assert got(follower) == lines(0, 3)


def test_an_inode_given_to_another_file_is_not_mistaken(log: Path) -> None:
    add(log, lines(0, 3))
    follower = Follower(str(log), from_start=True)
    got(follower)
    position = follower.position()
    assert position is not None
    log.write_bytes(lines(40, 60))  # the same inode with another beginning
    assert not Follower(str(log), position=position).went_on


@pytest.mark.parametrize("text", ["", "{", "[]", '{"device": "x"}', '{"device": 1}', "null"])
def test_a_broken_checkpoint_is_named(tmp_path: Path, text: str) -> None:
    saved = tmp_path / "state.json"
    saved.write_text(text)
    with pytest.raises(InputError, match="checkpoint"):
        checkpoint.load(saved)


def test_no_checkpoint_yet(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path / "none.json") is None


def test_a_change_ends_the_wait(tmp_path: Path) -> None:
    watch = Watch([str(tmp_path)])
    assert watch.wait(0.01) is False
    timer = threading.Timer(0.1, add, [tmp_path / "x", b"1"])
    timer.start()
    before = time.monotonic()
    assert watch.wait(20) is True
    assert time.monotonic() - before < 10
    timer.join()
    watch.close()


def test_without_anything_to_watch_the_time_ends_the_wait() -> None:
    watch = Watch(["/nonexistent"])
    assert watch.wait(0.01) is False
    watch.close()
