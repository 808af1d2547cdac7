"""The whole access that a denied permission belongs to."""

from __future__ import annotations

from typing import Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.access.whole import whole

FILE = [
    "read",
    "write",
    "append",
    "open",
    "getattr",
    "execute",
    "execute_no_trans",
    "map",
    "create",
    "unlink",
    "rename",
    "setattr",
    "ioctl",
    "lock",
]
DIRECTORY = ["read", "write", "add_name", "remove_name", "search", "getattr", "open", "create", "rmdir", "setattr"]


@pytest.mark.parametrize(
    ("tclass", "seen", "needed"),
    [
        ("file", {"read"}, {"getattr", "open", "read"}),
        ("file", {"open"}, {"getattr", "open", "read"}),
        ("file", {"execute"}, {"getattr", "open", "read", "execute", "map"}),
        ("file", {"write"}, {"getattr", "open", "write"}),
        ("file", {"append"}, {"getattr", "open", "append"}),
        ("file", {"create"}, {"getattr", "open", "create"}),
        ("dir", {"read"}, {"getattr", "open", "read", "search"}),
        ("dir", {"add_name"}, {"search", "write", "add_name"}),
        ("dir", {"remove_name"}, {"search", "write", "remove_name"}),
        ("lnk_file", {"read"}, {"getattr", "read"}),
    ],
)
def test_what_an_operation_needs_in_all(tclass: str, seen: Set[str], needed: Set[str]) -> None:
    assert whole(tclass, frozenset(seen)) >= needed


def test_looking_at_a_program_is_about_to_run_it_but_asks_for_no_more() -> None:
    assert whole("file", frozenset({"getattr"})) == {"getattr"}
    assert "execute" in whole("file", frozenset({"getattr"}), "ping_exec_t")


def test_looking_at_a_document_is_not() -> None:
    assert whole("file", frozenset({"getattr"}), "etc_t") == {"getattr"}


@pytest.mark.parametrize("target", ["etc_t", "ping_exec_t"])
def test_reading_never_brings_writing(target: str) -> None:
    for permission in ("read", "getattr", "open", "execute", "map"):
        assert not {"write", "append", "create", "unlink"} & whole("file", frozenset({permission}), target)


@pytest.mark.parametrize("tclass", ["capability", "process", "dbus", "tcp_socket", "nosuchclass"])
def test_other_classes_bring_no_reading_of_files(tclass: str) -> None:
    assert not {"open", "execute", "map"} & whole(tclass, frozenset({"read"}))


@given(st.sampled_from(["file", "dir", "lnk_file"]), st.sets(st.sampled_from(FILE + DIRECTORY), min_size=1))
def test_it_only_adds_and_asking_again_adds_nothing(tclass: str, seen: Set[str]) -> None:
    once = whole(tclass, frozenset(seen))
    assert once >= seen
    assert whole(tclass, once) == once


def test_using_a_semaphore_is_more_than_finding_it() -> None:
    found = whole("sem", frozenset({"unix_read", "unix_write"}))
    assert found == {"associate", "getattr", "read", "unix_read", "unix_write", "write"}
    assert whole("shm", frozenset({"associate"})) == {"associate", "getattr", "read", "unix_read"}
    assert whole("sem", frozenset({"destroy"})) == {"destroy"}
