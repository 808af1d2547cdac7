"""Not denied any more: the policy at hand already allows it, so the log is older than the policy."""

from __future__ import annotations

from typing import Optional, Tuple

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import boolean
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.host import Policy
from avcdoctor.model import Proposal, RuledOut

PAGES = (
    Page(
        "already-allowed",
        "the policy at hand allows this",
        "The log says denied, the policy that was asked says allowed. So the log is older than the policy, or another "
        "policy, other booleans or permissive mode stood behind it.",
        "type rules, constraints and booleans of the policy at hand all allow the access with these very contexts",
        "nothing on this machine; on the log's machine, update the policy or compare the booleans",
    ),
)


@cause(200, *PAGES, ends=True)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say that the policy at hand allows all of this, or nothing."""
    typed = _typed_since(case)
    if typed is not None:
        return typed
    policy = case.policy
    if policy is None or case.denial.record_type == "SELINUX_ERR" or not case.answer.allowed:
        return None
    options = deciding(case, policy)
    meant = tuple(one for one in options if boolean.is_meant(case, one))
    if meant and case.own_log and _is_told(case, meant):
        return _set_since(case, policy, meant)
    if not case.local:
        return None
    if meant:
        return _by_option(case, policy, meant)
    # An option that this policy has, too, and that does not decide this here, is not the answer elsewhere.
    told = () if case.own_log else tuple(one for one in boolean.told_by_packs(case) if one[0] not in policy.booleans)
    if told:
        return _option_elsewhere(case, policy, told)
    return Diagnosis(
        cause="already-allowed",
        title=f"{case.described().replace(' may not ', ' could not ', 1)}; {policy.name} allows it",
        why=f"{policy.name} allows exactly this. {_why_denied_then(case)}",
        root=("already-allowed", case.source),
        evidence=(
            f"{case.source} {case.target}:{case.tclass} {{ {' '.join(sorted(case.permissions))} }} is allowed",
            *(f"it is so while {name} is {'on' if value else 'off'}" for name, value in options),
        ),
        ruled_out=(RuledOut("module", "the rule is in the policy already"),),
        proposals=(Proposal("policy-update", {"allowed_here": True}),),
    )


def _typed_since(case: Case) -> Optional[Diagnosis]:
    """The port has a type by now that the program may use, on the machine that wrote the log."""
    now = case.host.port_type(case.protocol, case.port) if case.own_log and case.port is not None else None
    if now is None or now == case.target or not case.allows(now):
        return None
    words = f"{case.protocol} {case.port} is {now} by now"
    return Diagnosis(
        cause="already-allowed",
        title=f"{case.described().replace(' may not ', ' could not ', 1)}; {words}",
        why=f"The port was {case.target} when this was written, and somebody gave it the type {now} since, which "
        f"{case.source} may use: the denial is older. Nothing is left to do, unless it comes again.",
        root=("already-allowed", case.source, words),
        evidence=(f"the log says that {case.protocol} {case.port} is {case.target}; {words}",),
        ruled_out=(RuledOut("port", f"{words}"),),
        proposals=(Proposal("policy-update", {"allowed_here": True}),),
    )


def _is_told(case: Case, options: Tuple[Tuple[str, bool], ...]) -> bool:
    """Whether the machine that wrote the log has these values, by its kernel or by its sosreport."""
    if case.host.report is not None:
        return all(case.host.boolean(name) is value for name, value in options)
    return case.host.loaded


def _set_since(case: Case, policy: Policy, options: Tuple[Tuple[str, bool], ...]) -> Diagnosis:
    """The option has the right value by now on the machine that wrote the log."""
    words = " and ".join(f"{name} is {'on' if value else 'off'}" for name, value in options)
    return Diagnosis(
        cause="already-allowed",
        title=f"{case.described().replace(' may not ', ' could not ', 1)}; {words} by now",
        why=f"{words} by now on the machine that wrote the log, and {policy.name} then allows this: the denial is "
        "older. Nothing is left to do, unless it comes again.",
        root=("already-allowed", case.source, words),
        evidence=(f"{words} by now",),
        ruled_out=(RuledOut("boolean", f"{words} already"), RuledOut("module", "the rule is in the policy already")),
        proposals=(Proposal("policy-update", {"allowed_here": True}),),
    )


def _why_denied_then(case: Case) -> str:
    """Which of the few reasons it has that a log shows what the policy at hand allows."""
    if case.host.loaded and case.own_log:
        return (
            "The denial is older than the policy that is loaded now, or than the present values of its booleans: "
            "nothing is left to do."
        )
    logged = "It was only logged, not refused. " if case.permissive else ""
    return (
        f"{logged}The log was written under an older policy, another distribution's, or other "
        "values of booleans: updating the policy there ends it."
    )


def deciding(case: Case, policy: Policy) -> Tuple[Tuple[str, bool], ...]:
    """Booleans without whose present value it would be denied."""
    names = {name for rule in policy.conditional(case.source, case.target, case.tclass) for name in rule.booleans}
    state = policy.booleans
    return tuple(
        (name, state[name])
        for name in sorted(names)
        if not case.permissions <= policy.allowed(case.source, case.target, case.tclass, {name: not state[name]})
    )


def _option_elsewhere(case: Case, policy: Policy, told: Tuple[Tuple[str, bool], ...]) -> Diagnosis:
    """This policy always allows what other distributions keep behind an option, and the log is from another machine."""
    name, value = told[0]
    return Diagnosis(
        cause="boolean",
        title=case.described(),
        why=f"{policy.name} allows this in any case, but the log shows that the machine it comes from does not. Other "
        f"policies have an option for just this: {name} has to be {'on' if value else 'off'} there.",
        root=("boolean", case.source, name),
        evidence=(f"{policy.name} allows it without an option", f"{name}: not checked"),
        proposals=(
            *(Proposal("boolean", {"name": one, "value": on, "elsewhere": True}) for one, on in told[:2]),
            Proposal("policy-update", {}),
        ),
    )


def _by_option(case: Case, policy: Policy, options: Tuple[Tuple[str, bool], ...]) -> Diagnosis:
    words = " and ".join(f"{name} is {'on' if value else 'off'}" for name, value in options)
    return Diagnosis(
        cause="boolean",
        title=case.described(),
        why=f"{policy.name} allows this because {words}. Where the log comes from, that option had the other value "
        "when it was written.",
        root=("boolean", case.source, options[0][0]),
        evidence=(f"{words} in {policy.name}",),
        proposals=tuple(
            Proposal("boolean", {"name": name, "value": value, "elsewhere": True}) for name, value in options
        ),
    )
