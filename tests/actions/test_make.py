"""The actions that remedies are built from: each has a command and a way back, whatever a log calls a file."""

from __future__ import annotations

from typing import Callable, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.actions import make
from avcdoctor.actions.registry import canonical, undo
from avcdoctor.model import Action

MAKERS: dict[str, Callable[[], Tuple[Action, ...]]] = {
    "a label for a file": lambda: make.fcontext("/srv/a b.html", False, "x_t"),
    "a label for a link": lambda: make.fcontext("/srv/link", False, "x_t", "l"),
    "a label for a tree": lambda: make.fcontext("/srv/www", True, "x_t"),
    "an equivalence": lambda: make.equivalence("/export/home", "/home"),
    "booleans": lambda: make.booleans((("a", True), ("b", False))),
    "a port that is nobody's": lambda: (make.port("tcp", 8999, "http_port_t", False),),
    "a port with an entry": lambda: (make.port("udp", 53, "dns_port_t", True),),
    "a module": lambda: make.module("avcdoctor_x", "(allow a_t b_t (file (read)))", "module x 1.0;"),
    "a move": lambda: make.move("/etc/a.sh", "/usr/libexec/a.sh"),
    "owner and mode": lambda: make.ownership("/srv/a", ("app", "app", 0o600), ("app", "root", 0o640)),
    "a level": lambda: (make.level("/srv/a", True, "s0:c1,c2", "s0"),),
    "the policy's label": lambda: (make.restorecon("/srv/a", False, "etc_t", "user_home_t"),),
}


@pytest.mark.parametrize("name", MAKERS)
def test_commands_come_from_the_parameters_and_lead_back(name: str) -> None:
    done = MAKERS[name]()
    back = undo(done)
    assert done
    assert len(back) == len(done)
    assert all(canonical(action) == action and action.argv for action in (*done, *back))


def test_owner_and_mode_come_back() -> None:
    back = undo(make.ownership("/srv/a", ("app", "app", 0o600), ("app", "root", 0o640)))
    assert [one.argv for one in back] == [("chmod", "0600", "--", "/srv/a"), ("chown", "-h", "--", "app:app", "/srv/a")]


def test_a_link_s_rule_is_for_links() -> None:
    done = make.fcontext("/srv/link", False, "x_t", "l")
    assert done[0].argv == ("semanage", "fcontext", "-a", "-f", "l", "-t", "x_t", "/srv/link")
    assert undo(done)[0].argv == ("semanage", "fcontext", "-d", "-f", "l", "/srv/link")


@pytest.mark.parametrize("was", ["", "a b", "$(id)", "x_t\n"])
def test_what_a_log_calls_a_type_is_remembered_only_if_it_can_be_one(was: str) -> None:
    assert "was" not in make.restorecon("/srv/a", False, "etc_t", was).parameters


NAMES = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=("Cs",)), min_size=1, max_size=20)


@given(NAMES.filter(lambda name: name not in (".", "..")), st.booleans())
def test_hostile_names_stay_one_argument(name: str, tree: bool) -> None:
    path = f"/srv/{name}"
    done = make.fcontext(path, tree, "x_t")
    assert done[1].argv[-1] == path
    assert all(canonical(action) == action for action in (*done, *undo(done)))
