"""One verdict for all steps of a plan, asked of the policy with everything in place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avcdoctor.host import Host
from avcdoctor.model import Simulation
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
    assert "the other steps of the plan would spoil it" in plan.skipped[0].why
    refuted = Simulation("denied", "denied", "a constraint")
    chosen = make_plan(report(incident("no", (), (remedy("boolean", (act("boolean-set", name="x", value=True),),
                                                           simulation=refuted),))), remedy=1)  # fmt: skip
    with pytest.raises(EmptyPlanError, match="remedy 1 does not pass"):
        proven_plan(report(), system, lambda _: chosen)
