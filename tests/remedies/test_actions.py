"""Typed actions: the command a person would type, and its inverse."""

from __future__ import annotations

from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.remedies import actions
from avcdoctor.remedies.actions import Steps
from avcdoctor.remedies.commands import canonical, inverse

MAKERS = {
    "a label for a file": lambda: actions.fcontext("/srv/a b.html", False, "x_t"),
    "a label for a link": lambda: actions.fcontext("/srv/link", False, "x_t", "l"),
    "a label for a tree": lambda: actions.fcontext("/srv/www", True, "x_t"),
    "an equivalence": lambda: actions.equivalence("/export/home", "/home"),
    "booleans": lambda: actions.booleans((("a", True), ("b", False))),
    "a port that is nobody's": lambda: actions.port("tcp", 8999, "http_port_t", False),
    "a port with an entry": lambda: actions.port("udp", 53, "dns_port_t", True),
    "a module": lambda: actions.module("avcdoctor_x", "(allow a_t b_t (file (read)))", "module x 1.0;"),
    "a move": lambda: actions.move("/etc/a.sh", "/usr/libexec/a.sh"),
    "owner and mode": lambda: actions.ownership("/srv/a", ("app", "app", 0o600), ("app", "root", 0o640)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_commands_come_from_the_parameters(name: str) -> None:
    maker: Callable[[], Steps] = MAKERS[name]
    done, undo = maker()
    assert done
    assert undo
    assert all(canonical(action) == action for action in (*done, *undo))
    for action in done:
        assert all(back in undo for back in inverse(action) if back.do != "restorecon")


def test_a_label_is_taken_back_before_the_files_are_restored() -> None:
    _done, undo = actions.fcontext("/srv/www", True, "x_t")
    assert [action.do for action in undo] == ["fcontext-delete", "restorecon"]


def test_a_link_s_rule_is_for_links() -> None:
    done, undo = actions.fcontext("/srv/link", False, "x_t", "l")
    assert done[0].argv == ("semanage", "fcontext", "-a", "-f", "l", "-t", "x_t", "/srv/link")
    assert undo[0].argv == ("semanage", "fcontext", "-d", "-f", "l", "/srv/link")


NAMES = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=20)


@given(NAMES.filter(lambda name: name not in (".", "..")), st.booleans())
def test_hostile_names_stay_one_argument(name: str, tree: bool) -> None:
    path = f"/srv/{name}"
    done, undo = actions.fcontext(path, tree, "x_t")
    assert done[1].argv[-1] == path
    assert all(canonical(action) == action for action in (*done, *undo))
