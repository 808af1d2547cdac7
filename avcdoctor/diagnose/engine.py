"""Runs the causes over all groups, in the order of proof, and joins groups that share one cause."""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple, Union

from avcdoctor.diagnose import (
    allowed,
    boolean,
    capability,
    constraint,
    container,
    danger,
    invalid_label,
    leaked,
    memory,
    module_request,
    mount,
    noise,
    policy_gap,
    port,
    rules,
    script_domain,
    unknown_place,
    wrong_domain,
    wrong_label,
)
from avcdoctor.diagnose.case import Case, Diagnosis, unique
from avcdoctor.host import Host
from avcdoctor.knowledge import Knowledge, facts
from avcdoctor.model import Finding, Group, Proposal, RuledOut

Answer = Union[Diagnosis, RuledOut, None]
Cause = Callable[[Case], Answer]

CAUSES: Tuple[Cause, ...] = (
    invalid_label.diagnose,
    danger.diagnose,
    rules.diagnose,
    capability.diagnose,
    module_request.diagnose,
    container.diagnose,
    constraint.diagnose,
    wrong_domain.diagnose,
    script_domain.diagnose,
    noise.diagnose,
    leaked.diagnose,
    memory.diagnose,
    mount.diagnose,
    wrong_label.diagnose,
    unknown_place.diagnose,
    allowed.diagnose,
    port.diagnose,
    boolean.diagnose,
    policy_gap.diagnose,
)
"""Every cause, the one to be believed first at the head.

`allowed` stands behind what is wrong on the machine: a log may come from another one, and there the label or the
domain is wrong whatever the policy at hand allows. It ends the search: what is allowed
needs no option, port or rule.
"""


_EXCLUDED: Mapping[str, FrozenSet[str]] = {
    # The policy's own label does it; rules of one's own would override what the policy has for parts of that tree.
    "wrong-label": frozenset({"fcontext", "move"}),
    "unit-program-label": frozenset({"fcontext"}),
    # What is harmless needs no access.
    "noise": frozenset({"fcontext", "restorecon", "move", "boolean"}),
}
"""Remedies of other causes that must not follow a leading cause."""

_BETTER = frozenset({"restorecon", "fcontext", "exec-type", "port", "boolean", "move"})
"""What is better than an allow rule where the target's type is shared by many things."""

_LOCAL = frozenset(
    {"wrong-label", "wrong-domain", "script-type", "unknown-place", "unit-program-label", "port", "no-own-domain"}
)
"""Causes that lie on the machine: no newer policy would put them right."""


def find(groups: Sequence[Group], host: Host, knowledge: Knowledge) -> List[Finding]:
    """Diagnose groups of denials.

    Args:
        groups: what was read; each is looked at once, whatever its count.
        host: facts about the machine or the policy in use.
        knowledge: the rule packs.

    Returns:
        Findings, those with most denials first; every group is in exactly one.
    """
    joined: Dict[Tuple[str, ...], List[Tuple[Group, Diagnosis]]] = {}
    for group in groups:
        case = Case(group, host, knowledge, tuple(groups))
        diagnosis = diagnose(case)
        root = (group.node, *diagnosis.root) if diagnosis.root else (group.node, *group.key)
        joined.setdefault(root, []).append((group, diagnosis))
    findings = [_finding(members) for members in joined.values()]
    return sorted(findings, key=lambda one: -sum(group.count for group in one.groups))


def diagnose(case: Case) -> Diagnosis:
    """Ask the causes in order: the first that answers leads, the others add what they ruled out or would do."""
    lead: Optional[Diagnosis] = None
    proposals: List[Proposal] = []
    ruled_out: List[RuledOut] = []
    for cause in CAUSES:
        answer = cause(case)
        if isinstance(answer, RuledOut):
            ruled_out.append(answer)
        elif answer is not None:
            lead = lead or answer
            proposals.extend(answer.proposals)
            ruled_out.extend(answer.ruled_out if answer is lead else ())
            if answer.final or lead.final or cause is allowed.diagnose:
                break
    assert lead is not None, "policy_gap always answers"  # noqa: S101 - an invariant of CAUSES, not a check of input
    return _complete(case, lead, proposals, ruled_out)


def _complete(case: Case, lead: Diagnosis, proposals: Sequence[Proposal], ruled_out: Sequence[RuledOut]) -> Diagnosis:
    """The leading diagnosis with the other causes' proposals behind its own, without what was ruled out."""
    excluded = {one.kind for one in lead.ruled_out}
    if lead.cause in _LOCAL:
        excluded.add("policy-update")
    excluded |= _EXCLUDED.get(lead.cause, frozenset())
    if _is_shared(case.target) and any(one.kind in _BETTER for one in lead.proposals):
        excluded.add("module")
        reason = f"{case.target} is shared by too much: a rule for it would open all of that"
        ruled_out = [*ruled_out, RuledOut("module", reason)]
    kept: List[Proposal] = list(lead.proposals)
    for proposal in proposals:
        if proposal.kind not in excluded and not any(_same(proposal, one) for one in kept):
            kept.append(proposal)
    offered = {one.kind for one in lead.proposals}
    reasons = {one.kind: one for one in reversed(list(ruled_out)) if one.kind not in offered}
    return Diagnosis(
        **{**lead.__dict__, "proposals": tuple(kept), "ruled_out": tuple(reversed(list(reasons.values())))}
    )


def _is_shared(type_: str) -> bool:
    """Whether a type stands for whole areas: generic files, homes, ranges of ports."""
    return facts.is_generic(type_) or facts.in_group(type_, "home") or type_ in port.RANGES


def _same(left: Proposal, right: Proposal) -> bool:
    """Whether two proposals come to the same thing."""
    if left.kind != right.kind:
        return False
    if "like" in left.parameters and "like" in right.parameters:
        return left.parameters["like"] == right.parameters["like"]
    telling = ("name", "type", "like", "settings")
    return all((left.parameters.get(name) or "") == (right.parameters.get(name) or "") for name in telling)


def _finding(members: Sequence[Tuple[Group, Diagnosis]]) -> Finding:
    """One finding out of diagnoses with the same root; the one with most denials gives the words."""
    groups = tuple(group for group, _diagnosis in members)
    diagnoses = [diagnosis for _group, diagnosis in sorted(members, key=lambda one: -one[0].count)]
    lead = diagnoses[0]
    proposals: List[Proposal] = []
    for diagnosis in diagnoses:
        for proposal in diagnosis.proposals:
            if not any(_same(proposal, one) for one in proposals):
                proposals.append(proposal)
    reasons = {one.kind: one for diagnosis in reversed(diagnoses) for one in diagnosis.ruled_out}
    return Finding(
        cause=lead.cause,
        title=lead.title,
        why=lead.why,
        groups=groups,
        rule=lead.rule,
        evidence=tuple(unique(line for one in diagnoses for line in one.evidence)),
        next=next((one.next for one in diagnoses if one.next), ""),
        ruled_out=tuple(reasons.values()),
        proposals=tuple(proposals),
        never=tuple(unique(line for one in diagnoses for line in one.never)),
        warnings=tuple(unique(line for one in diagnoses for line in one.warnings)),
        see=tuple(unique(line for one in diagnoses for line in one.see)),
    )
