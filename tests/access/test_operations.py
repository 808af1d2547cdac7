"""The table of what operations need."""

from __future__ import annotations

import pytest

from avcdoctor.access.operations import ADDS, CHANGES, OPERATIONS, PLANTS, READS, RUNS, WRITES, needs, under_way
from avcdoctor.host import Host


def test_a_denied_permission_tells_the_operation() -> None:
    assert [one.name for one in under_way("file", frozenset({"execute_no_trans"}))] == ["run"]
    assert [one.name for one in under_way("file", frozenset({"open", "write"}))] == ["write"]
    assert [one.name for one in under_way("dir", frozenset({"add_name"}))] == ["add"]
    assert [one.name for one in under_way("dir", frozenset({"write", "remove_name"}))] == ["remove"]
    assert under_way("file", frozenset({"getattr"})) == ()
    assert under_way("tcp_socket", frozenset({"name_bind"})) == ()


def test_what_permissions_do_is_told_once() -> None:
    assert WRITES < PLANTS < CHANGES
    assert ADDS < PLANTS
    assert not READS & CHANGES
    assert not RUNS & CHANGES


def test_an_operation_that_is_not_in_the_table_is_an_error() -> None:
    with pytest.raises(StopIteration):
        needs("file", "fly")


def test_every_permission_of_the_table_is_one_of_the_class(system: Host) -> None:
    assert system.policy is not None
    for tclass, operations in OPERATIONS.items():
        known = system.policy.class_permissions(tclass)
        for operation in operations:
            assert not known or operation.permissions <= known, (tclass, operation.name)
            assert not known or operation.told_by <= known, (tclass, operation.name)
