"""A group knows what makes it one, on how many hosts it was seen, and whether a policy can be asked about it."""

from __future__ import annotations

import pytest

from avcdoctor.model import KERNEL, TEXT, Group, HostSeen, InputSummary, Reading


def group(source: str = "httpd_t", target: str = "var_t", **more: object) -> Group:
    return Group(source, target, "file", {"read": 1}, 1, **more)  # type: ignore[arg-type]  # fields by their names


@pytest.mark.parametrize(
    ("source", "target", "told"), [("httpd_t", "var_t", True), ("", "var_t", False), ("httpd_t", "", False)]
)
def test_both_types_have_to_be_known(source: str, target: str, told: bool) -> None:
    assert group(source, target).told is told


def test_who_tells_it_belongs_to_the_key() -> None:
    assert group(provenance=KERNEL).key != group(provenance=TEXT).key
    assert group().key == (TEXT, "httpd_t", "var_t", "file")


def test_a_name_only_where_one_host_has_it() -> None:
    one, two = HostSeen("a", 1), HostSeen("b", 1)
    assert group(hosts=(one,), host_set=0b1).node == "a"
    assert group(hosts=(one, two), host_set=0b11).node == ""
    assert group(hosts=(one, two), host_set=0b11).host_count == 2
    assert group().host_count == 0


def test_a_text_vouches_for_nothing() -> None:
    kernel, text = group(provenance=KERNEL), group(provenance=TEXT)
    assert Reading((kernel, text), InputSummary()).vouched().groups == (kernel,)
