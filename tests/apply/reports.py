"""Reports made by hand for the tests of fix: one incident per remedy kind, so that no log is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping, Optional, Sequence, Tuple, Union

from avcdoctor.actions.registry import canonical, unforeseen
from avcdoctor.host.patterns import pattern_for
from avcdoctor.model import (
    REMEDY_KINDS,
    Action,
    Counted,
    Finding,
    Group,
    Incident,
    InputSummary,
    PolicyInfo,
    Remedy,
    Report,
    Simulation,
)
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.model import Plan

Value = Union[str, int, bool]
ALLOWED = Simulation("denied", "allowed", "the policy allows it", "test policy")


def act(do: str, **parameters: Value) -> Action:
    return Action(do, (), parameters)


def group(source: str, target: str, tclass: str, permissions: Sequence[str], count: int = 3, path: str = "") -> Group:
    counts: Mapping[str, int] = dict.fromkeys(permissions, count)
    objects = (Counted(path, count),) if path else ()
    return Group(source, target, tclass, counts, count, objects=objects, provenance="kernel")


def remedy(
    kind: str,
    actions: Sequence[Action],
    applicability: str = "review",
    simulation: Simulation = ALLOWED,
    grants: Tuple[str, ...] = (),
) -> Remedy:
    return Remedy(kind, f"remedy {kind}", applicability, True, 3, simulation, grants, tuple(actions))


def kind_of(*actions: Action) -> str:
    """A kind of remedy that may hold all of these actions."""
    return next(kind for kind in REMEDY_KINDS if not unforeseen(kind, actions))


def holding(plan: Plan, *actions: Action) -> Plan:
    """The plan with one step more, which may hold any actions, those that only take back included."""
    step = replace(plan.steps[-1], incident="more", actions=tuple(canonical(action) for action in actions), checks=())
    return replace(plan, steps=(*plan.steps, step))


def plan_of(*actions: Action) -> Plan:
    """A plan with these actions alone, whatever they are."""
    plan = holding(make_plan(report(unasked(boolean_incident()))), *actions)
    return replace(plan, steps=plan.steps[1:])


def incident(name: str, groups: Sequence[Group], remedies: Sequence[Remedy], rule: Optional[str] = None) -> Incident:
    finding = Finding("cause", f"title of {name}", "why", tuple(groups), rule=rule)
    return Incident(name, finding, tuple(remedies))


def report(*incidents: Incident) -> Report:
    policy = PolicyInfo("file", "test policy", "/policy", 33, True, 10, 10)
    return Report(policy, InputSummary(), tuple(incidents))


def script_incident(path: str = "/etc/keepalived/check.sh") -> Incident:
    """A script that runs in its caller's domain: relabel it, move it, or allow it."""
    label = "keepalived_unconfined_script_exec_t"
    by_label = (
        act("fcontext-add", pattern=pattern_for(path), type=label, file_type="f"),
        act("restorecon", path=path, recursive=False, type=label),
    )
    cil = "(allow keepalived_t ping_exec_t (file (execute getattr map open read)))\n"
    by_module = (act("module-install", name="avcdoctor_keepalived", cil=cil),)
    by_move = (act("file-move", path=path, to="/usr/libexec/keepalived/check.sh"), act("manual", text="edit the conf"))
    groups = (group("keepalived_t", "ping_exec_t", "file", ("execute", "getattr"), path="/usr/bin/ping"),)
    remedies = (remedy("exec-type", by_label), remedy("move", by_move), remedy("module", by_module))
    return incident("script", groups, remedies, rule="KEEPALIVED001")


def label_incident(path: str = "/var/www/html/index.html") -> Incident:
    """Content moved into place with its old label."""
    actions = (act("restorecon", path=path, recursive=False, type="httpd_sys_content_t"),)
    groups = (group("httpd_t", "user_home_t", "file", ("getattr", "open", "read"), path=path),)
    return incident("label", groups, (remedy("restorecon", actions, "safe"),))


def boolean_incident() -> Incident:
    actions = (act("boolean-set", name="httpd_can_network_connect_db", value=True),)
    groups = (group("httpd_t", "postgresql_port_t", "tcp_socket", ("name_connect",)),)
    return incident("boolean", groups, (remedy("boolean", actions),))


def port_incident(port: int = 8099) -> Incident:
    actions = (act("port-add", protocol="tcp", low=port, high=port, type="http_port_t"),)
    groups = (group("httpd_t", "unreserved_port_t", "tcp_socket", ("name_bind",)),)
    return incident("port", groups, (remedy("port", actions),))


def unasked(one: Incident) -> Incident:
    """The same incident without its groups, for a policy that is not rebuilt: nothing is asked of it afterwards."""
    told = tuple(group.key for group in one.finding.groups)
    return incident(one.id, (), [replace(remedy, groups=told) for remedy in one.remedies], one.finding.rule)
