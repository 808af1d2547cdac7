"""How urgent an incident is, and the order in which incidents are shown."""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from avcdoctor.model import Counted, Incident


class Rank(NamedTuple):
    """A rank's place in the order, its word and its colour; the word alone carries the meaning."""

    order: int
    word: str
    style: str


DANGER = Rank(0, "danger", "bold red")
BLOCKED = Rank(1, "blocked", "yellow")
LOGGED = Rank(2, "logged", "cyan")
ALLOWED = Rank(3, "allowed", "dim")
"""Something that should stay denied; something that was stopped; what was only logged; what is allowed by now."""


def rank(incident: Incident) -> Rank:
    """The rank of one incident."""
    if incident.remedies and incident.remedies[0].kind == "keep-denied":
        return DANGER
    if incident.finding.cause == "already-allowed":
        return ALLOWED
    logged = sum(group.permissive for group in incident.finding.groups)
    return LOGGED if logged and logged >= incident.denials else BLOCKED


def hosts(incident: Incident) -> Tuple[Counted, ...]:
    """The hosts of an incident with most denials, the first ones first; see `host_count` for how many there are."""
    counts: Dict[str, int] = {}
    for group in incident.finding.groups:
        for seen in group.hosts:
            counts[seen.name] = counts.get(seen.name, 0) + seen.seen
    return tuple(Counted(*item) for item in sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def host_count(incidents: Iterable[Incident]) -> int:
    """On how many hosts these were seen; 0 where no record names its host."""
    everywhere = 0
    for incident in incidents:
        for group in incident.finding.groups:
            everywhere |= group.host_set
    return bin(everywhere).count("1")


def last(incident: Incident) -> int:
    """When the incident was seen last, milliseconds since the epoch; 0 where its log has no times."""
    return max((group.last or 0 for group in incident.finding.groups), default=0)


SORTS: Dict[str, Callable[[Incident], Tuple[object, ...]]] = {
    "danger": lambda one: (rank(one).order, -one.denials),
    "count": lambda one: (-one.denials,),
    "last": lambda one: (-last(one),),
    "host": lambda one: (-host_count([one]), *(item.value for item in hosts(one)[:1])),
}
"""The orders that can be asked for; in each of them equals stand as in the first one."""


def ordered(incidents: Sequence[Incident], by: str = "danger") -> List[Incident]:
    """Incidents in the order of one of `SORTS`."""
    return sorted(sorted(incidents, key=SORTS["danger"]), key=SORTS[by])
