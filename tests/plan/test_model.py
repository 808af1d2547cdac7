"""A plan's nouns: what its steps want of each item, and one verdict for all of them."""

from __future__ import annotations

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.model import Wishes, check_agreement
from tests.apply.reports import (
    act,
    boolean_incident,
    holding,
    incident,
    label_incident,
    plan_of,
    port_incident,
    remedy,
    report,
)

PORT = make_plan(report(port_incident())).steps[0]
SSH = remedy("port", (act("port-add", protocol="tcp", low=8099, high=8099, type="ssh_port_t"),))
OTHER = make_plan(report(incident("other", (), (SSH,)))).steps[0]


def test_contradicting_steps_are_refused() -> None:
    with pytest.raises(UsageError, match="port and other want different things of port tcp 8099"):
        check_agreement([PORT, OTHER])


def test_a_step_that_clashes_leaves_no_wish_behind() -> None:
    wishes = Wishes()
    assert wishes.add(PORT) is None
    assert wishes.add(PORT) is None
    clash = wishes.add(OTHER)
    assert clash is not None
    assert (clash.other, clash.item) == ("port", "port tcp 8099")
    for step in make_plan(report(label_incident(), boolean_incident())).steps:
        assert wishes.add(step) is None


def test_one_command_is_one_action_whatever_it_remembers() -> None:
    one = act("restorecon", path="/srv/a", recursive=False, type="etc_t", was="user_home_t")
    other = act("restorecon", path="/srv/a", recursive=False, type="etc_t", was="var_t")
    plan = holding(plan_of(one), other, act("manual", text="a"), act("manual", text="a"), act("manual", text="b"))
    assert [(action.do, action.parameters.get("was", "")) for action in plan.actions] == [
        ("restorecon", "user_home_t"),
        ("manual", ""),
        ("manual", ""),
    ]
    assert [action.argv for action in plan.undo] == [("chcon", "-t", "user_home_t", "--", "/srv/a")]
