"""What a report comes to: how much was denied, what is dangerous, and what one command would put right."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple

from avcdoctor.errors import NoRemedyError
from avcdoctor.model import Incident, Report
from avcdoctor.plan.choose import choose, make_plan, needs_asking
from avcdoctor.plan.model import Step
from avcdoctor.render import rank
from avcdoctor.render.words import plural, time_range


class Summary(NamedTuple):
    """The incidents of a report, each in one place.

    Args:
        dangerous: those that should stay denied.
        steps: what `avcdoctor fix` takes.
        asking: those whose first remedy has to be asked for.
        by_hand: those whose first remedy is for a person, or that have none.
        logged: how many were only logged.
        allowed: those that the policy allows by now.
    """

    denials: int
    incidents: int
    hosts: int
    first: Optional[int]
    last: Optional[int]
    dangerous: Tuple[Incident, ...]
    steps: Tuple[Step, ...]
    asking: Tuple[Incident, ...]
    by_hand: Tuple[Incident, ...]
    logged: int
    allowed: Tuple[Incident, ...]


def summary(report: Report) -> Summary:
    """Sum up a report."""
    steps = _steps(report)
    planned = {step.incident for step in steps}
    groups = [group for incident in report.incidents for group in incident.finding.groups]
    firsts = [group.first for group in groups if group.first is not None]
    lasts = [group.last for group in groups if group.last is not None]
    places: Dict[str, List[Incident]] = {"danger": [], "allowed": [], "asking": [], "hand": [], "planned": []}
    for incident in rank.ordered(report.incidents):
        places[_place(incident, incident.id in planned)].append(incident)
    return Summary(
        denials=sum(incident.denials for incident in report.incidents),
        incidents=len(report.incidents),
        hosts=rank.host_count(report.incidents),
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        dangerous=tuple(places["danger"]),
        steps=steps,
        asking=tuple(places["asking"]),
        by_hand=tuple(places["hand"]),
        logged=sum(rank.rank(incident) is rank.LOGGED for incident in report.incidents),
        allowed=tuple(places["allowed"]),
    )


def sentence(found: Summary) -> str:
    """How much was denied, where and when."""
    where = f" on {plural(found.hosts, 'host')}" if found.hosts > 1 else ""
    when = time_range(found.first, found.last, with_day=True)
    return f"{plural(found.denials, 'denial')} in {plural(found.incidents, 'incident')}{where}" + (
        f", {when}" if when else ""
    )


def fix_sentence(found: Summary) -> str:
    """What `avcdoctor fix` would put right; nothing where it would take no remedy."""
    if not found.steps:
        return ""
    ended = sum(step.resolves for step in found.steps)
    sure = all(step.simulation.after == "allowed" for step in found.steps)
    safe = sum(step.applicability == "safe" for step in found.steps)
    review = len(found.steps) - safe
    kinds = [f"{safe:,} put back what the policy intends"] if safe else []
    kinds += [f"{review:,} grant something new"] if review else []
    whose = f" ({', '.join(kinds)})" if len(found.steps) > 1 else ""
    what = f"{plural(len(found.steps), 'remedy', 'remedies')}{whose}"
    verb = ("ends" if len(found.steps) == 1 else "end") if sure else "should end"
    share = f"all {ended:,}" if ended == found.denials > 1 else f"{ended:,} of {found.denials:,}"
    doubt = "" if sure else "; not all could be checked"
    return f"{what} {verb} {share} {'denial' if found.denials == 1 else 'denials'}{doubt}"


def asking_sentence(found: Summary) -> str:
    """What is left to a choice: local modules, dontaudit rules, wide booleans."""
    if not found.asking:
        return ""
    verb = "has a first remedy" if len(found.asking) == 1 else "have a first remedy"
    return f"{plural(len(found.asking), 'incident')} {verb} that is never taken unasked (a module or a wide boolean)"


def _steps(report: Report) -> Tuple[Step, ...]:
    try:
        return make_plan(report).steps
    except NoRemedyError:
        return ()


def _place(incident: Incident, planned: bool) -> str:
    word = rank.rank(incident)
    if word is rank.DANGER:
        return "danger"
    if word is rank.ALLOWED:
        return "allowed"
    if planned:
        return "planned"
    first = incident.remedies[0] if incident.remedies else None
    asks = first is not None and choose(incident).next and needs_asking(first) and first.simulation.after != "denied"
    return "asking" if asks else "hand"
