"""Says for each policy gap whether a newer policy closes it."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional, Tuple

from avcdoctor.host import Answer, Policy, Question
from avcdoctor.host.newest import Newest
from avcdoctor.model import Action, Group, Incident, Remedy, Report, Simulation

_GAPS = frozenset({"policy-update", "package-update", "module"})
"""Remedy kinds that lead where a rule is missing; only there a newer policy is the question."""


def judge(report: Report, newest: Newest) -> Report:
    """Ask a newer policy about every incident that is a policy gap.

    Args:
        report: what was found.
        newest: the policy to ask.

    Returns:
        The report; a gap that the newer policy closes has `policy-update`, checked, as first remedy, and one that it
        leaves open says so in its evidence.
    """
    return replace(report, incidents=tuple(_judged(one, newest) for one in report.incidents))


def is_gap(incident: Incident) -> bool:
    """Whether a missing rule is what an incident is about."""
    return bool(incident.remedies) and incident.remedies[0].kind in _GAPS


def passes(policy: Policy, group: Group) -> Optional[bool]:
    """Whether a policy allows what a group was denied, constraints included; None where it lacks a type or class.

    Args:
        policy: the policy to ask.
        group: the denials.
    """
    wanted = frozenset(group.permissions) & policy.class_permissions(group.tclass)
    return Answer(Question.of(group, wanted), policy).allowed


def _judged(incident: Incident, newest: Newest) -> Incident:
    if not is_gap(incident):
        return incident
    groups = incident.finding.groups
    answers = [passes(newest.policy, group) for group in groups]
    ended = [group for group, answer in zip(groups, answers) if answer]
    if not ended:
        unknown = all(answer is None for answer in answers)
        said = "does not know these types" if unknown else "denies it, too: report it"
        finding = replace(incident.finding, evidence=(*incident.finding.evidence, f"{newest.name} {said}"))
        return replace(incident, finding=finding)
    others = tuple(one for one in incident.remedies if one.kind != "policy-update")
    return replace(incident, remedies=(_update(ended, incident, newest), *others))


def _update(ended: List[Group], incident: Incident, newest: Newest) -> Remedy:
    count = sum(group.count for group in ended)
    left = incident.denials - count
    why = f"{newest.name} was asked" + (f"; {left} of {incident.denials} denials stay" if left else "")
    text = f"`{' '.join(newest.update)}`" if newest.update else f"install {newest.name}"
    keys: Tuple[Tuple[str, str, str, str], ...] = tuple(group.key for group in ended)
    return Remedy(
        kind="policy-update",
        title=f"{newest.name} allows this: update",
        applicability="manual",
        lasting=True,
        resolves=count,
        simulation=Simulation("denied", "allowed", why, newest.name),
        actions=(Action("manual", (), {"text": text}),),
        groups=keys,
    )
