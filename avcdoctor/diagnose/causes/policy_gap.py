"""What is left when nothing is wrong on the machine: the policy lacks a rule."""

from __future__ import annotations

from typing import List, Tuple

from avcdoctor.access import names
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import noise
from avcdoctor.diagnose.causes.capability import meaning
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.knowledge.domains import in_family
from avcdoctor.model import Proposal, RuledOut

_STATE_CHANGING = frozenset({"bpf", "perfmon", "sys_module", "sys_rawio", "sys_ptrace"})


PAGES = (
    Page(
        "policy-gap",
        "the policy lacks a rule",
        "Nothing on the machine looks wrong: the access is sensible, and no rule allows it.",
        "every other cause was ruled out",
        "update the policy; where the newest lacks the rule, too, report it, and load a minimal module until then",
    ),
)


@cause(240, *PAGES)
def diagnose(case: Case) -> Diagnosis:
    """The last cause: always answers."""
    reasons: List[str] = [_sentence(case)]
    capability = meaning(case)
    if capability:
        reasons.append(f"The capability lets a program {capability.split(': ', 1)[-1]}.")
    if in_family(case.target, "undomained-peer") and case.tclass.endswith("socket"):
        reasons.append(f"The other side runs in {case.target}, which means that its service has no domain of its own.")
    if case.permissive:
        reasons.append("It was only logged, not refused: the domain or the machine is in permissive mode.")
    proposals: Tuple[Proposal, ...] = (Proposal("policy-update", {}), Proposal("module", {}))
    package = facts.policy_package(case.source)
    if package:
        proposals = _with_package(case, package)
    if case.tclass.startswith("cap") and not case.permissions & _STATE_CHANGING:
        proposals += (Proposal("dontaudit", {}),)
    if noise.is_silenced(case):
        reasons.append("The policy at hand has a dontaudit rule for it: it would not even be logged there.")
        proposals = (*proposals[:1], Proposal("dontaudit", {"hidden": True}), *proposals[1:])
    if in_family(case.target, "undomained-peer") and case.tclass.endswith("socket"):
        proposals += (Proposal("domain-transition", {"peer": True}),)
    many = case.source == names.INIT or case.source_is("service-without-domain")
    return Diagnosis(
        cause="policy-gap",
        title=case.described(),
        why=" ".join(reasons),
        root=(
            "gap",
            case.source,
            case.program if many else "",
        ),
        evidence=_unknown(case),
        next=words.next_step(case.tclass, case.permissions),
        ruled_out=_ruled_out(case),
        proposals=proposals,
    )


def _with_package(case: Case, package: str) -> Tuple[Proposal, ...]:
    """The service's own policy package; behind the system's policy where that has the domain without it."""
    own, module = Proposal("package-update", {"package": package}), Proposal("module", {})
    whole = Proposal("policy-update", {})
    part_of_it = case.source_policy is case.host.policy and case.source_policy is not case.host.reference
    return (whole, own, module) if part_of_it and not _is_containers(case.source) else (own, module)


def _is_containers(domain: str) -> bool:
    return in_family(domain, "container", "runtime")


def _sentence(case: Case) -> str:
    policy = case.policy
    asked = " ".join(sorted(case.permissions))
    strange = _strangers(case)
    if policy is None and strange and case.host.policy is not None and not case.host.by_reference:
        return (
            f"{case.host.policy.name} does not know {words.listing(strange)}: the log was written under a newer or "
            f"another one, or a package that brings its own part of the policy is missing here. By the log that "
            f"policy does not let {case.source} {{ {asked} }} {case.target}:{case.tclass}; with it at hand (--root, "
            "--policy) the rest can be told."
        )
    if policy is None:
        return (
            f"Labels and domain look as they should; {case.source} lacks {{ {asked} }} on {case.target}:{case.tclass}."
        )
    if case.answer.allowed:
        return (
            f"{policy.name} allows {case.source} {{ {asked} }} {case.target}:{case.tclass}; the log was written under "
            "another policy, or under other values of its booleans."
        )
    if case.allows(case.target):
        return (
            f"{policy.name} has a rule that lets {case.source} {{ {asked} }} {case.target}:{case.tclass}, so it must "
            f"be the user, role or level: the process is {case.source_context}, the object {case.target_context}."
        )
    return (
        f"No rule of {policy.name} lets {case.source} {{ {asked} }} {case.target}:{case.tclass}; nothing on the "
        "machine looks wrong."
    )


def _strangers(case: Case) -> Tuple[str, ...]:
    """The types that the policy at hand does not know."""
    policy = case.host.policy
    known = policy is None or (policy.has_type(case.source) and policy.has_type(case.target))
    missing = () if known or policy is None else (case.source, case.target)
    return tuple(name for name in dict.fromkeys(missing) if policy is not None and not policy.has_type(name))


def _unknown(case: Case) -> Tuple[str, ...]:
    if case.host.policy is None:
        return ("no policy at hand: not checked against one",)
    return tuple(f"{name} is not a type of {case.host.policy.name}" for name in _strangers(case))


def _ruled_out(case: Case) -> Tuple[RuledOut, ...]:
    if case.answer.known and not case.answer.booleans and not case.answer.allowed:
        return (RuledOut("boolean", "none grants this"),)
    return ()
