"""Choosing remedies: what is taken, what is left out and why, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avcdoctor.errors import NoRemedyError, UsageError
from avcdoctor.model import Remedy, Simulation
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.errors import EmptyPlanError
from tests.apply.reports import (
    act,
    boolean_incident,
    group,
    incident,
    label_incident,
    port_incident,
    remedy,
    report,
    script_incident,
)


def test_each_incident_gets_its_first_remedy() -> None:
    plan = make_plan(report(script_incident(), label_incident(), boolean_incident()))
    assert [step.kind for step in plan.steps] == ["exec-type", "restorecon", "boolean"]
    assert [action.do for action in plan.actions] == ["fcontext-add", "restorecon", "restorecon", "boolean-set"]
    assert plan.automatic
    assert plan.applicability == "review"
    assert plan.simulation.after == "allowed"
    assert plan.simulation.why == "9 of 9 denials end"


def test_commands_are_made_from_parameters() -> None:
    plan = make_plan(report(script_incident()))
    assert plan.actions[0].argv == (
        "semanage", "fcontext", "-a", "-f", "f", "-t", "keepalived_unconfined_script_exec_t",
        r"/etc/keepalived/check\.sh",
    )  # fmt: skip
    assert [action.argv for action in plan.undo] == [
        ("semanage", "fcontext", "-d", "-f", "f", r"/etc/keepalived/check\.sh"),
        ("restorecon", "-v", "/etc/keepalived/check.sh"),
    ]


def test_a_remedy_can_be_chosen_by_number_and_rule() -> None:
    plan = make_plan(report(script_incident(), label_incident()), ["KEEPALIVED001"], remedy=3)
    assert [step.kind for step in plan.steps] == ["module"]
    assert [str(access) for access in plan.accesses()] == [
        "allow keepalived_t ping_exec_t:file { execute getattr map open read };"
    ]


def test_a_chosen_manual_step_makes_the_plan_not_automatic() -> None:
    plan = make_plan(report(script_incident()), remedy=2)
    assert not plan.automatic


def test_a_number_needs_one_incident() -> None:
    with pytest.raises(UsageError, match="exactly one incident"):
        make_plan(report(script_incident(), label_incident()), remedy=1)
    with pytest.raises(UsageError, match="no remedy 4"):
        make_plan(report(script_incident()), remedy=4)


def test_unknown_and_ambiguous_incidents_are_named() -> None:
    two = report(incident("ab1", (), ()), incident("ab2", (), ()))
    with pytest.raises(UsageError, match="no incident 'x'"):
        make_plan(two, ["x"])
    with pytest.raises(UsageError, match="more than one"):
        make_plan(two, ["ab"])


def test_all_safe_leaves_out_what_grants_something_new() -> None:
    plan = make_plan(report(script_incident(), label_incident()), all_safe=True)
    assert [step.incident for step in plan.steps] == ["label"]
    assert plan.skipped[0].incident == "script"
    assert plan.applicability == "safe"


def test_safe_is_only_what_puts_labels_back() -> None:
    bold = remedy("boolean", (act("boolean-set", name="allow_all", value=True),), "safe")
    plan = make_plan(report(incident("bold", (), (bold,))))
    assert plan.applicability == "review"


GOOD = remedy("port", (act("port-add", protocol="tcp", low=81, high=81, type="http_port_t"),))
BY_HAND = remedy("app-fix", (act("manual", text="fix the program"),), "manual")
REFUTED = remedy(
    "boolean", (act("boolean-set", name="x", value=True),), simulation=Simulation("denied", "denied", "a constraint")
)
MODULE = remedy("module", (act("module-install", name="avcdoctor_x", cil="(allow a_t b_t (file (read)))"),))
QUIET = remedy("dontaudit", (act("module-install", name="avcdoctor_q", cil="(dontaudit a_t b_t (file (read)))"),))
WIDE = replace(
    remedy("boolean", (act("boolean-set", name="all", value=True),)), wide="all opens 460 kinds of object to a_t"
)
KEEP = remedy("keep-denied", (act("manual", text="look"),), "manual", Simulation("denied", "denied", ""))
READS = (group("a_t", "b_t", "file", ("read",)),)


@pytest.mark.parametrize(
    ("first", "why", "next_"),
    [
        (BY_HAND, "its first remedy is a step for a person: remedy app-fix", "remedy port: --incident a --remedy 2"),
        (REFUTED, "its first remedy does not pass (a constraint): remedy boolean", "remedy port: --incident a --rem"),
        (MODULE, "not taken unasked, since it loads a local module", "--incident a --remedy 1 or --allow-modules"),
        (QUIET, "not taken unasked, since it hides denials", "--incident a --remedy 1 or --allow-modules"),
        (WIDE, "not taken unasked, since all opens 460 kinds of object to a_t", "--incident a --remedy 1"),
        (KEEP, "it should stay denied", ""),
    ],
)
def test_the_first_remedy_or_none_and_it_says_why(first: Remedy, why: str, next_: str) -> None:
    story = incident("a", READS, (first, GOOD))
    plan = make_plan(report(story, label_incident()))
    assert [step.incident for step in plan.steps] == ["label"]
    assert why in plan.skipped[0].why
    assert plan.skipped[0].next.startswith(next_)
    assert bool(plan.skipped[0].next) == bool(next_)
    with pytest.raises(NoRemedyError, match="a: it"):
        make_plan(report(story))


@pytest.mark.parametrize("first", [MODULE, QUIET, WIDE])
def test_what_needs_asking_is_taken_when_it_was_asked_for(first: Remedy) -> None:
    story = report(incident("a", READS, (first, GOOD)))
    assert make_plan(story, ["a"], remedy=1).steps[0].kind == first.kind
    if first is WIDE:
        with pytest.raises(EmptyPlanError):
            make_plan(story, allow_modules=True)
    else:
        assert make_plan(story, allow_modules=True).steps[0].kind == first.kind


def test_what_the_policy_allows_already_is_said_so() -> None:
    story = incident("a", READS, (BY_HAND,))
    allowed = replace(story, finding=replace(story.finding, cause="already-allowed"))
    with pytest.raises(EmptyPlanError, match="the policy already allows it"):
        make_plan(report(allowed))
    with pytest.raises(EmptyPlanError, match="holds no incident"):
        make_plan(report())


def test_many_reasons_are_not_one_paragraph() -> None:
    with pytest.raises(EmptyPlanError) as caught:
        make_plan(report(*(incident(f"i{number}", READS, (BY_HAND,)) for number in range(60))))
    assert len(str(caught.value)) < 400
    assert "and 57 more incidents" in str(caught.value)
    assert len(caught.value.skipped) == 60


def test_of_two_that_contradict_the_first_is_taken() -> None:
    other = remedy("port", (act("port-add", protocol="tcp", low=8099, high=8099, type="ssh_port_t"),))
    plan = make_plan(report(port_incident(), incident("other", (), (other,)), label_incident()))
    assert [step.incident for step in plan.steps] == ["port", "label"]
    assert plan.skipped[0].why == "port tcp 8099 is wanted differently by incident port, which comes first"
    assert plan.skipped[0].next == "--incident other"


def test_the_same_action_is_done_once() -> None:
    twice = incident("again", label_incident().finding.groups, label_incident().remedies)
    assert len(make_plan(report(label_incident(), twice)).actions) == 1


def test_checks_follow_the_new_label_and_port() -> None:
    plan = make_plan(report(label_incident(), port_incident(), script_incident()))
    asked = {(check.source, check.target, check.tclass, check.via) for check in plan.checks}
    assert asked == {
        ("httpd_t", "httpd_sys_content_t", "file", ""),
        ("httpd_t", "http_port_t", "tcp_socket", ""),
        ("keepalived_t", "keepalived_unconfined_script_exec_t", "file", ""),
        ("keepalived_t", "ping_exec_t", "file", "keepalived_unconfined_script_exec_t"),
    }


def test_together_says_what_is_not_proven() -> None:
    unknown = remedy(
        "boolean",
        (act("boolean-set", name="x", value=True),),
        simulation=Simulation("denied", "unknown", "no such type"),
    )
    plan = make_plan(report(label_incident(), incident("open", (group("a_t", "b_t", "file", ["read"]),), (unknown,))))
    assert plan.simulation.after == "unknown"
    assert "no such type" in plan.simulation.why


@pytest.mark.parametrize(
    "cil",
    [
        "(allow keepalived_t shadow_t (file (read)))",
        "(allow keepalived_t ping_exec_t (file (write)))",
        "(allow httpd_t ping_exec_t (file (getattr)))",
        "(allow keepalived_t ping_exec_t (dir (search)))",
        "(allow keepalived_t self (capability (sys_admin)))",
    ],
)
def test_a_module_that_goes_beyond_the_incident_is_refused(cil: str) -> None:
    groups = (group("keepalived_t", "ping_exec_t", "file", ("execute",)),)
    wide = remedy("module", (act("module-install", name="avcdoctor_x", cil=cil),))
    with pytest.raises(EmptyPlanError, match="remedy 1 is refused: its module would go beyond what was denied"):
        make_plan(report(incident("wide", groups, (wide,))), remedy=1)


def test_what_was_denied_on_the_program_itself_is_not_asked_again() -> None:
    story = script_incident()
    own = group("keepalived_t", "etc_t", "file", ("execute_no_trans",), path="/etc/keepalived/check.sh")
    both = incident("both", (*story.finding.groups, own), story.remedies)
    asked = make_plan(report(both)).checks
    assert not any(check.target == "etc_t" for check in asked)
    assert any(check.target == "ping_exec_t" for check in asked)
