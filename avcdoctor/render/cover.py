"""The smallest set of remedies that covers a log, in words: what one step ends is said once."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Tuple

from avcdoctor.model import Incident, Remedy, Report
from avcdoctor.render.words import label, plural


class Way(NamedTuple):
    """One remedy of the covering set and the incidents it ends, each with the remedy's number there, counted from 1."""

    remedy: Remedy
    choices: Tuple[Tuple[Incident, int], ...]

    @property
    def incident(self) -> Incident:
        """The first of its incidents."""
        return self.choices[0][0]

    @property
    def number(self) -> int:
        """The remedy's number in that incident."""
        return self.choices[0][1]

    @property
    def names(self) -> str:
        """The incident's id, and how many more there are."""
        more = len(self.choices) - 1
        return self.incident.id + (f" and {more:,} more" if more else "")

    @property
    def labels(self) -> str:
        """What its incidents are called: their rules or causes."""
        return ", ".join(dict.fromkeys(label(incident) for incident, _ in self.choices))


def ways(report: Report) -> List[Way]:
    """Resolve the report's covering set; the same step for several incidents is one way.

    Entries that point nowhere are left out, and so is what rightly stays denied: nothing ends it.
    """
    incidents = {incident.id: incident for incident in report.incidents}
    found: Dict[object, Way] = {}
    for identifier, index in report.cover:
        incident = incidents.get(identifier)
        if incident is None or not 0 <= index < len(incident.remedies):
            continue
        remedy = incident.remedies[index]
        if remedy.kind == "keep-denied":
            continue
        steps = tuple((action.do, action.argv, tuple(action.parameters.items())) for action in remedy.actions)
        key = (remedy.kind, remedy.title, steps)
        known = found.get(key, Way(remedy, ()))
        found[key] = known._replace(choices=(*known.choices, (incident, index + 1)))
    return list(found.values())


def sentence(report: Report, chosen: List[Way]) -> str:
    """Say how much of the log the covering set ends, and whether all of it was checked."""
    total = sum(incident.denials for incident in report.incidents)
    remedies = [incident.remedies[number - 1] for way in chosen for incident, number in way.choices]
    ended = sum(remedy.resolves for remedy in remedies)
    whole = f"all {total:,} denials" if total > 1 else "the denial"
    what = whole if ended == total else f"{plural(ended, 'denial')} of {total:,}"
    sure = all(remedy.simulation.after == "allowed" for remedy in remedies)
    verb = ("ends" if len(chosen) == 1 else "end") if sure else "should end"
    doubt = "" if sure else " (not all could be checked)"
    return f"{plural(len(chosen), 'remedy', 'remedies')} {verb} {what}{doubt}"
