"""Plans remedies for groups of hosts: which remedy of each incident, and the hosts it is for."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, List, Mapping, NamedTuple, Sequence, Tuple

from avcdoctor.model import TEXT, Incident, Report
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.model import Plan, Skipped

_NAME = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}")  # no range, port, pattern or option of Ansible's
_CONTROLLER = re.compile(r"(?i)localhost(?:[46]?\.localdomain[46]?)?|127\.[0-9.]+|all|ungrouped|incident_.*")


class FleetPlan(NamedTuple):
    """A plan, the hosts of each step by its incident, and how many names can't stand in an inventory."""

    plan: Plan
    hosts: Mapping[str, Tuple[str, ...]]
    refused: int


def planned(
    report: Report, *, allow_review: bool = False, allow_modules: bool = False, trust_log: bool = False
) -> FleetPlan:
    """Choose remedies and their hosts. A host gets no remedy but one that was found for it.

    Args:
        report: of a fleet.
        allow_review: also remedies that grant something new.
        allow_modules: also local modules, which need `allow_review` as well.
        trust_log: also hosts of which only text that anybody could have written tells.

    Raises:
        EmptyPlanError: nothing is left to do.
    """
    hosts: Dict[str, Tuple[str, ...]] = {}
    skipped: List[Skipped] = []
    refused: set[str] = set()
    for incident in report.incidents:
        names, why = _hosts(incident, report.input.hosts, refused, trust_log=trust_log)
        if why:
            skipped.append(Skipped(incident.id, incident.finding.title, why))
        else:
            hosts[incident.id] = names
    reachable = replace(report, incidents=tuple(one for one in report.incidents if one.id in hosts))
    try:
        plan = make_plan(reachable, all_safe=not allow_review, allow_modules=allow_modules)
    except EmptyPlanError as error:
        raise EmptyPlanError((*error.skipped, *skipped)) from None
    mine = {step.incident: hosts[step.incident] for step in plan.steps}
    return FleetPlan(replace(plan, skipped=(*plan.skipped, *skipped)), mine, len(refused))


def _hosts(
    incident: Incident, names: Sequence[str], refused: set[str], *, trust_log: bool
) -> Tuple[Tuple[str, ...], str]:
    """The hosts that an incident's remedy is for, or why there are none."""
    told = 0
    for group in incident.finding.groups:
        if trust_log or group.provenance != TEXT:
            told |= group.host_set
    if not told:
        return (), "no record that the kernel vouches for names a host"
    if incident.same_hosts is not None:
        told &= incident.same_hosts
    found = [name for place, name in enumerate(names) if told >> place & 1]
    good = tuple(sorted(name for name in found if _NAME.fullmatch(name) and not _CONTROLLER.fullmatch(name)))
    refused.update(set(found) - set(good))
    return good, "" if good else "none of its hosts has a name that can stand in an inventory"
