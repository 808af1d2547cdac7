"""A remedy's promise is held against the rules that came into force."""

from __future__ import annotations

import pytest

from lab.difference import Difference, unpromised

MAP = ("a_t", "b_t", "file", "map")
READ = ("a_t", "b_t", "file", "read")
SELF = ("a_t", "a_t", "process", "getcap")


def found(*added: tuple[str, str, str, str], removed: tuple[tuple[str, str, str, str], ...] = ()) -> Difference:
    return Difference(frozenset(added), frozenset(removed), frozenset(rule[0] for rule in added))


MODULE = ("allow a_t b_t:file { map read };", "allow a_t self:process { getcap };", "for every program in a_t")


@pytest.mark.parametrize(
    ("kind", "grants", "difference"),
    [
        ("module", MODULE, found(MAP, READ, SELF)),
        ("fcontext", ("every other domain that may use c_t may use the files too",), found()),
        ("boolean", ("x_connect concerns 1 domain: a_t",), found(READ)),
        ("boolean", ("x_connect concerns 2 domains: a_t, b_t",), found(READ)),
    ],
)
def test_as_promised(kind: str, grants: tuple[str, ...], difference: Difference) -> None:
    assert unpromised(kind, grants, difference) is None


@pytest.mark.parametrize(
    ("kind", "grants", "difference", "said"),
    [
        ("module", MODULE[:1], found(MAP, READ, SELF), "beyond the promise: a_t a_t:process getcap"),
        ("module", MODULE, found(MAP, READ), "promised but absent: a_t a_t:process getcap"),
        ("port", (), found(READ), "rules were added"),
        ("boolean", ("x_connect concerns 1 domain: a_t",), found(READ, ("c_t", "b_t", "file", "read")), "are for 2"),
        ("boolean", (), found(READ), "does not say whom"),
        ("restorecon", (), found(removed=(READ,)), "went away"),
    ],
)
def test_not_as_promised(kind: str, grants: tuple[str, ...], difference: Difference, said: str) -> None:
    assert said in (unpromised(kind, grants, difference) or "")
