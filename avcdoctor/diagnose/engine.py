"""Runs the causes over all groups, in the order of proof, and joins groups that share one cause."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.diagnose.case import Case, Diagnosis, unique
from avcdoctor.diagnose.identity import identities, parted
from avcdoctor.diagnose.locate import located
from avcdoctor.diagnose.offers import complete, same
from avcdoctor.diagnose.registry import causes
from avcdoctor.diagnose.reported import reported
from avcdoctor.host import Host
from avcdoctor.knowledge import Knowledge
from avcdoctor.model import TEXT, Finding, Group, Proposal, RuledOut


def find(groups: Sequence[Group], host: Host, knowledge: Knowledge, *, own_log: bool = False) -> List[Finding]:
    """Diagnose groups of denials.

    Args:
        groups: what was read; each is looked at once, whatever its count.
        host: facts about the machine or the policy in use.
        knowledge: the rule packs.
        own_log: the host wrote the log, so that its files are those the log is about.

    Returns:
        Findings, those with most denials first; every group is in exactly one.
    """
    joined: Dict[Tuple[str, ...], List[Tuple[Group, Diagnosis]]] = {}
    for group, diagnosis in _each(groups, host, knowledge, own_log):
        told = TEXT if group.provenance == TEXT else ""  # what somebody wrote is no part of what the kernel told
        root = (told, *(diagnosis.root or group.key[1:]))
        joined.setdefault(root, []).append((group, diagnosis))
    findings = [_finding(members) for members in joined.values()]
    return sorted(findings, key=lambda one: (-sum(group.count for group in one.groups), one.groups[0].key))


def _each(
    groups: Sequence[Group], host: Host, knowledge: Knowledge, own_log: bool
) -> Iterator[Tuple[Group, Diagnosis]]:
    for seen in groups:
        if not seen.told:
            from avcdoctor.diagnose import untold  # noqa: PLC0415 - few logs hold such

            yield untold.diagnose(seen, host, knowledge, diagnose)
            continue
        for group in parted(host, located(seen, host, knowledge)):
            case = Case(group, host, knowledge, tuple(groups), own_log)
            yield group, _with_disagreements(diagnose(case), host, group)


def _with_disagreements(diagnosis: Diagnosis, host: Host, group: Group) -> Diagnosis:
    """The diagnosis with what the machine says beside the log's word, whatever the cause."""
    told = unique((*(line for one in identities(host, group) for line in one.told), *reported(host, group)))
    return replace(diagnosis, evidence=tuple(unique((*diagnosis.evidence, *told))))


def diagnose(case: Case) -> Diagnosis:
    """Ask the causes in order: the first that answers leads, the others add what they ruled out or would do."""
    lead: Optional[Diagnosis] = None
    proposals: List[Proposal] = []
    ruled_out: List[RuledOut] = []
    for cause in causes():
        answer = cause.diagnose(case)
        if isinstance(answer, RuledOut):
            ruled_out.append(answer)
        elif answer is not None:
            lead = lead or answer
            proposals.extend(answer.proposals)
            ruled_out.extend(answer.ruled_out if answer is lead else ())
            if answer.final or lead.final or cause.ends:
                break
    assert lead is not None, "policy_gap always answers"  # noqa: S101 - an invariant, not a check of input
    return complete(case, lead, proposals, ruled_out)


def _finding(members: Sequence[Tuple[Group, Diagnosis]]) -> Finding:
    """One finding out of diagnoses with the same root; the one with most denials gives the words."""
    ordered = sorted(members, key=lambda one: (-one[0].count, one[0].key))
    groups, diagnoses = tuple(group for group, _ in ordered), [diagnosis for _, diagnosis in ordered]
    lead = diagnoses[0]
    proposals: List[Proposal] = []
    for diagnosis in diagnoses:
        for proposal in diagnosis.proposals:
            if not any(same(proposal, one) for one in proposals):
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
        root=lead.root,
        never=tuple(unique(line for one in diagnoses for line in one.never)),
        warnings=tuple(unique(line for one in diagnoses for line in one.warnings)),
        see=tuple(unique(line for one in diagnoses for line in one.see)),
    )
