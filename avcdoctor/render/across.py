"""What a report says across hosts: which of them stand out, how an incident came from one to the next."""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.group.timeline import Timeline
from avcdoctor.model import Buckets, HostSeen, Incident, Known, Report, safe_text
from avcdoctor.render.words import minute, name_word, plural, some

_FEW = 3
_MANY = 3  # hosts; of fewer, none stands out
_LISTED = 200  # hosts of an incident with their counts and times
_NAMED = 1000  # further ones by name


class Alone(NamedTuple):
    """A host, and the incidents that it alone has."""

    host: str
    incidents: Tuple[Incident, ...]


class Listed(NamedTuple):
    """The hosts of one incident: those with most denials, names of others, and how many are not named."""

    total: int
    seen: Tuple[HostSeen, ...]
    names: Tuple[str, ...]
    more: int


def standing_out(report: Report) -> Tuple[Alone, ...]:
    """Hosts with an incident that nobody else has, those with most of them first."""
    names = report.input.hosts
    if len(names) < _MANY:
        return ()
    found: Dict[str, List[Incident]] = {}
    for incident in report.incidents:
        everywhere = incident.hosts
        if everywhere and not everywhere & (everywhere - 1):  # a single bit
            found.setdefault(names[everywhere.bit_length() - 1], []).append(incident)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Alone(host, tuple(incidents)) for host, incidents in ordered)


def alone_sentence(report: Report) -> str:
    """Say which hosts stand out."""
    found = standing_out(report)
    if not found:
        return ""
    whose = [f"{name_word(one.host)} ({', '.join(some([item.id for item in one.incidents], _FEW))})" for one in found]
    what = "1 host has an incident" if len(found) == 1 else f"{len(found):,} hosts have incidents"
    return f"{what} that no other has: {', '.join(some(whose, _FEW))}"


def spread_sentence(known: Known) -> str:
    """Say which incidents of the baseline came to more hosts."""
    if not known.spread:
        return ""
    told = [
        f"{one.incident} to {', '.join(some([name_word(name) for name in one.hosts], _FEW))}" for one in known.spread
    ]
    return f"{plural(len(told), 'known incident')} came to more hosts: {'; '.join(some(told, _FEW))}."


def arrival_sentence(incident: Incident) -> str:
    """Say where an incident was first, and which host it came to last; nothing for one host."""
    firsts = _firsts([incident])
    if len(firsts) < 2:
        return ""
    ordered = sorted((first, name) for name, first in firsts.items())
    (begin, where), (end, latest) = ordered[0], ordered[-1]
    return f"first on {name_word(where)} {minute(begin)}, last came to {name_word(latest)} {minute(end)}"


def arrivals(incidents: Iterable[Incident]) -> Buckets:
    """How many hosts had their first denial in each stretch of time."""
    timeline = Timeline()
    for first in _firsts(incidents).values():
        timeline.add(first)
    return timeline.buckets()


def listed(incident: Incident, names: Sequence[str]) -> Listed:
    """The hosts of an incident, as many as a page has room for.

    Args:
        incident: the incident.
        names: every host that the log names, in the order of `InputSummary.hosts`.
    """
    everywhere = incident.hosts
    count = bin(everywhere).count("1")
    seen = _together(incident)[:_LISTED]
    told = {one.name for one in seen}
    others = sorted(name for place, name in enumerate(names) if everywhere >> place & 1 and name not in told)
    return Listed(count, seen, tuple(safe_text(name) for name in others[:_NAMED]), max(0, len(others) - _NAMED))


def _together(incident: Incident) -> Tuple[HostSeen, ...]:
    """The hosts whose counts are kept, with what all groups of the incident say."""
    found: Dict[str, HostSeen] = {}
    for group in incident.finding.groups:
        for one in group.hosts:
            mine = found.get(one.name)
            found[one.name] = one if mine is None else _both(mine, one)
    return tuple(sorted(found.values(), key=lambda one: (-one.seen, one.name)))


def _both(one: HostSeen, other: HostSeen) -> HostSeen:
    first, last = _least(one.first, other.first), _least(one.last, other.last, largest=True)
    return HostSeen(one.name, one.seen + other.seen, first, last)


def _least(one: Optional[int], other: Optional[int], *, largest: bool = False) -> Optional[int]:
    known = [time for time in (one, other) if time is not None]
    return (max if largest else min)(known, default=None)


def _firsts(incidents: Iterable[Incident]) -> Dict[str, int]:
    """When each host had its first denial, as far as times are kept."""
    found: Dict[str, int] = {}
    for incident in incidents:
        for group in incident.finding.groups:
            for one in group.hosts:
                if one.first is not None and one.first < found.get(one.name, one.first + 1):
                    found[one.name] = one.first
    return found
