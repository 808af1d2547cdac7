"""One verdict for all steps of a plan, asked of the policy with everything in place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from avcdoctor.host import Host, open_host
from avcdoctor.model import Action, Context, Denial, EventId, Group, Simulation
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.model import Plan
from avcdoctor.plan.simulate import proven_plan, simulated
from tests.apply.reports import act, boolean_incident, group, incident, port_incident, remedy, report, script_incident


def test_steps_that_help_each_other_are_allowed(system: Host) -> None:
    plan = simulated(make_plan(report(script_incident(), boolean_incident(), port_incident())), system)
    assert plan.simulation.after == "allowed"
    assert plan.simulation.why == "all steps together: 9 of 9 denials end"


def spoiled() -> Plan:
    """A plan whose second step takes back what the first one reaches; make_plan would not put them together."""
    needs = (group("httpd_t", "postgresql_port_t", "tcp_socket", ("name_connect",)),)
    plans = [
        make_plan(report(incident(name, needs, (remedy("boolean", (act(
            "boolean-set", name="httpd_can_network_connect", value=value),)),))))
        for name, value in (("on", True), ("off", False))
    ]  # fmt: skip
    return replace(plans[0], steps=tuple(step for plan in plans for step in plan.steps))


def test_a_step_that_spoils_another_is_seen(system: Host) -> None:
    plan = simulated(spoiled(), system)
    assert plan.simulation.after == "denied"
    assert "spoil" in plan.simulation.why


def test_what_only_its_own_simulation_knows_stands(system: Host) -> None:
    elsewhere = (act("boolean-set", name="httpd_can_network_connect", value=True),)
    runs = (group("httpd_t", "shadow_t", "file", ("read",)),)  # as if a program then ran in another domain
    plan = simulated(make_plan(report(incident("sendmail", runs, (remedy("boolean", elsewhere),)))), system)
    assert plan.simulation.after == "allowed"


def test_what_the_policy_does_not_know_keeps_its_own_verdict(system: Host) -> None:
    groups = (group("made_up_t", "other_t", "file", ("read",)),)
    unknown = Simulation("denied", "unknown", "this policy does not know made_up_t")
    actions = (act("boolean-set", name="x", value=True),)
    plan = simulated(
        make_plan(report(incident("i", groups, (remedy("boolean", actions, simulation=unknown),)))), system
    )
    assert plan.simulation.after == "unknown"
    assert "does not know made_up_t" in plan.simulation.why


def test_a_module_counts(system: Host) -> None:
    cil = "(allow keepalived_t shadow_t (file (getattr open read)))\n"
    groups = (group("keepalived_t", "shadow_t", "file", ("read",)),)
    actions = (act("module-install", name="avcdoctor_x", cil=cil),)
    plan = make_plan(report(incident("i", groups, (remedy("module", actions),))), allow_modules=True)
    assert simulated(plan, system).simulation.after == "allowed"


def test_a_step_that_does_not_help_leaves_the_others(system: Host) -> None:
    plan = proven_plan(report(), system, lambda _: spoiled())
    assert [step.incident for step in plan.steps] == ["off"]
    assert "the other steps of this plan spoil it" in plan.skipped[0].why
    refuted = Simulation("denied", "denied", "a constraint")
    chosen = make_plan(report(incident("no", (), (remedy("boolean", (act("boolean-set", name="x", value=True),),
                                                           simulation=refuted),))), remedy=1)  # fmt: skip
    with pytest.raises(EmptyPlanError, match="remedy 1 does not pass"):
        proven_plan(report(), system, lambda _: chosen)


HTTPD = Context("system_u", "system_r", "httpd_t", "s0")


def seen(target: str, permission: str, level: str = "s0", ioctl: Optional[int] = None) -> Group:
    """What httpd was refused, with the contexts and the ioctl number that the log has."""
    label = Context("system_u", "object_r", target, level)
    denial = Denial(EventId(), "AVC", (permission,), HTTPD, label, "file", ioctl=ioctl)
    return replace(group("httpd_t", target, "file", (permission,)), examples=(denial,))


def made(kind: str, one: Group, *actions: Action) -> Plan:
    """A plan of one remedy that says of itself that it helps."""
    return make_plan(report(incident("i", (one,), (remedy(kind, actions),))), allow_modules=True)


BOOLEAN = act("boolean-set", name="can_read_home", value=True)
LEVEL = act("chcon-level", path="/srv/www", recursive=True, level="s0", was="s0:c1")


@pytest.mark.parametrize(
    ("plan", "after"),
    [
        (made("boolean", seen("home_t", "read"), BOOLEAN), "allowed"),
        (made("boolean", seen("home_t", "read", "s0:c1"), BOOLEAN), "denied"),
        (made("container-label", seen("content_t", "read", "s0:c1"), LEVEL), "allowed"),
        (made("container-label", seen("content_t", "read", "s0:c1"), replace(LEVEL, parameters={
            **LEVEL.parameters, "level": "s0:c2"})), "denied"),
    ],
)  # fmt: skip
def test_a_category_that_refuses_what_the_rules_allow_is_seen(plan: Plan, after: str, tiny_path: Path) -> None:
    judged = simulated(plan, open_host(str(tiny_path)))
    assert judged.simulation.after == after
    assert ("h1 dom h2 (failed)" in judged.simulation.why) is (after == "denied")


def labelled(number: int) -> Plan:
    actions = (act("restorecon", path="/srv/www/tty", recursive=False, type="device_t"),)
    return made("restorecon", seen("content_t", "ioctl", ioctl=number), *actions)


def installed(number: int, allowed: str) -> Plan:
    cil = f"(allow httpd_t device_t (file (ioctl)))\n(allowx httpd_t device_t (ioctl file ({allowed})))\n"
    return made("module", seen("device_t", "ioctl", ioctl=number), act("module-install", name="avcdoctor_x", cil=cil))


@pytest.mark.parametrize(
    ("plan", "after"),
    [
        (labelled(0x5401), "allowed"),
        (labelled(0x9999), "denied"),
        (installed(0x9999, "0x9999"), "allowed"),
        (installed(0x9999, "(range 0x9000 0x9fff)"), "allowed"),
        (installed(0x9999, "0x9998"), "denied"),
    ],
)
def test_an_ioctl_number_that_no_rule_names_is_seen(plan: Plan, after: str, tiny_path: Path) -> None:
    judged = simulated(plan, open_host(str(tiny_path)))
    assert judged.simulation.after == after
    assert ("ioctl 0x9999" in judged.simulation.why) is (after == "denied")


def test_what_is_refused_in_spite_of_the_rules_is_left_out_of_a_plan(tiny_path: Path) -> None:
    with pytest.raises(EmptyPlanError, match=r"does not pass .*ioctl 0x9999"):
        proven_plan(report(), open_host(str(tiny_path)), lambda _: labelled(0x9999))
