"""Which file a denial is about, and when that is proven."""

from __future__ import annotations

from typing import List, Optional

import pytest

from avcdoctor.model import PathRecord
from avcdoctor.parse.objects import Found, find_path, is_real, path_records
from avcdoctor.parse.records import Record


def paths(*bodies: str, cwd: bytes = b"/srv/site") -> List[PathRecord]:
    return path_records([Record("PATH", b"1.000:1", b"", body.encode(), b"") for body in bodies], cwd)


def find(
    name: str, inode: Optional[int], records: List[PathRecord], tclass: str = "file", permission: str = "read"
) -> Found:
    return find_path(b"", name.encode(), inode, tclass=tclass, permissions=(permission,), paths=records)


def test_the_records_own_path_wins() -> None:
    found = find_path(b"/a/b", b"", 5, tclass="file", permissions=("read",), paths=paths('name="/c" inode=5'))
    assert found == ("/a/b", "/a/b")


def test_a_relative_name_is_joined_with_the_directory() -> None:
    assert find("x", 5, paths('name="./sub//x" inode=5')) == ("/srv/site/sub/x", "/srv/site/sub/x")


def test_dots_that_may_follow_a_symlink_stay() -> None:
    assert find("x", 5, paths('name="../x" inode=5')).raw == "/srv/site/../x"


def test_a_path_that_led_through_a_symlink_is_told_but_not_named_in_commands() -> None:
    assert find("target", 5, paths('name="/srv/link" inode=5')) == ("/srv/link", "")


def test_the_root_of_a_file_system_has_no_name_of_its_own() -> None:
    assert find("/", 2, paths('name="/mnt/share" inode=2'), "dir") == ("/mnt/share", "/mnt/share")


def test_a_new_name_is_denied_by_its_directory() -> None:
    records = paths('name="/srv/site/" inode=4 nametype=PARENT', 'name="/srv/site/new" nametype=CREATE')
    assert find("new", None, records, "dir", "add_name").raw == "/srv/site"
    assert find("new", None, records, "file", "create").raw == "/srv/site/new"


def test_a_directory_on_the_way_is_likely_but_not_proven() -> None:
    records = paths('name="/srv/data/app/x.db" nametype=UNKNOWN')
    assert find("data", 9, records, "dir", "search") == ("/srv/data", "")


def test_a_name_that_occurs_twice_on_the_way_is_not_guessed() -> None:
    assert find("a", 9, paths('name="/a/b/a/x" nametype=UNKNOWN'), "dir", "search") == ("", "")


def test_another_inode_is_another_file() -> None:
    assert find("x", 9, paths('name="/srv/x" inode=5 nametype=NORMAL')) == ("", "")


def test_no_name_no_path() -> None:
    assert find("", None, paths("name=(null) inode=5")) == ("", "")


@pytest.mark.parametrize(
    "path", [b"socket:[1]", b"pipe:[1]", b"/memfd:x (deleted)", b"/tmp/x (deleted)", b"relative", b"\0abstract", b""]
)
def test_what_is_no_path_a_command_could_name(path: bytes) -> None:
    assert not is_real(path)


def test_both_spellings_of_a_mode() -> None:
    raw, interpreted = paths('name="/x" mode=0100644', "name=/x mode=file,644")
    assert raw.mode == interpreted.mode == 0o100644
    assert paths("name=/x mode=block,660")[0].mode == 0o060660
