"""Merges the reports that hosts made of themselves: incidents with the same id are one, with their hosts counted."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from avcdoctor.errors import InputError, PlanError
from avcdoctor.group.hosts import HostNumbers, Hosts, Times
from avcdoctor.group.timeline import MOST, SHORTEST, Timeline
from avcdoctor.model import (
    APPLICABILITIES,
    KERNEL,
    MANAGER,
    REMEDY_KINDS,
    TEXT,
    Action,
    Buckets,
    Counted,
    Finding,
    Group,
    Incident,
    InputSummary,
    PolicyInfo,
    Remedy,
    Report,
    RuledOut,
    Simulation,
    safe_text,
)

_LARGEST = 64 << 20  # bytes of one host's report
_MOST_VALUES = 64
_MOST_WAYS = 64  # remedies of one incident that differ by host: those with the smallest digests, so that parts merge

_IDENTIFIER = re.compile(r"[0-9a-f]{8,40}")
Key = Tuple[str, str, str, str]


@dataclass
class _Way:
    """One incident over the hosts whose reports begin with the same remedy for it.

    Args:
        incident: whose words are shown; those of the first host by name, so that the order of merging does not matter.
    """

    incident: Incident
    host: str
    hosts: Hosts = field(default_factory=Hosts)


@dataclass
class _Seen:
    """One incident over all hosts that reported it; `ways` are kept by a digest of their remedy."""

    ways: Dict[str, _Way] = field(default_factory=dict)
    groups: Dict[Key, Group] = field(default_factory=dict)
    hosts: Hosts = field(default_factory=Hosts)

    def shown(self) -> _Way:
        """The way of most hosts: one host alone decides nothing for the others."""
        return min(self.ways.items(), key=lambda item: (-bin(item[1].hosts.members).count("1"), item[0]))[1]


@dataclass
class Merged:
    """Incidents of many reports; two of these merge in any order."""

    seen: Dict[str, _Seen] = field(default_factory=dict)
    numbers: HostNumbers = field(default_factory=HostNumbers)
    hosts: Dict[str, str] = field(default_factory=dict)  # host to the policy that judged it
    denials: int = 0
    records: int = 0
    scanned: int = 0
    unreadable: int = 0
    unchanged: bool = False  # a host had nothing new to read

    def add(self, host: str, report: Report) -> None:
        """Take in one host's report."""
        self.hosts[host] = report.policy.name
        self._count(report.input)
        for incident in report.incidents:
            way = _Way(incident, host)
            way.hosts.note(0)
            seen = _Seen({first_way(incident): way})
            seen.groups = {group.key: replace(group, hosts=(), host_set=0) for group in incident.finding.groups}
            first, last = _span(incident.finding.groups)
            seen.hosts.add(0, Times(incident.denials, first, last))
            self._take(incident.id, seen, [self.numbers.of(host)])

    def merge(self, other: Merged) -> None:
        """Take in what was merged elsewhere."""
        self.hosts.update(other.hosts)
        self._count(other)
        numbers = [self.numbers.of(name) for name in other.numbers.names]
        for identifier, seen in other.seen.items():
            self._take(identifier, seen, numbers)

    def _count(self, other: Union[InputSummary, Merged]) -> None:
        self.denials += other.denials
        self.records += other.records
        self.scanned += other.scanned
        self.unreadable += other.unreadable
        self.unchanged |= other.unchanged

    def _take(self, identifier: str, theirs: _Seen, numbers: Sequence[int]) -> None:
        """Add an incident; `numbers` gives our number of a host for each of its own."""
        mine = self.seen.get(identifier)
        if mine is None:
            mine = self.seen[identifier] = _Seen()
        for digest, way in theirs.ways.items():
            known_way = mine.ways.setdefault(digest, _Way(way.incident, way.host))
            if way.host < known_way.host:
                known_way.incident, known_way.host = way.incident, way.host
            known_way.hosts.merge(way.hosts, numbers)
        mine.ways = dict(sorted(mine.ways.items())[:_MOST_WAYS])
        for key, group in theirs.groups.items():
            known = mine.groups.get(key)
            mine.groups[key] = group if known is None else joined(known, group)
        mine.hosts.merge(theirs.hosts, numbers)
        mine.hosts.trim(self.numbers.names)

    def incidents(self, numbers: HostNumbers) -> Tuple[Incident, ...]:
        """The incidents, by their ids.

        Args:
            numbers: the places of hosts in `Group.host_set`; hosts that it lacks are added.
        """
        places = [numbers.of(name) for name in self.numbers.names]
        found = []
        for _, seen in sorted(self.seen.items()):
            hosts = Hosts()
            hosts.merge(seen.hosts, places)
            hosts.trim(numbers.names)
            named, members = hosts.most_seen(numbers.names), hosts.members
            groups = sorted(seen.groups.values(), key=lambda group: (-group.count, group.key))
            shown = tuple(replace(group, hosts=named, host_set=members) for group in groups)
            way = seen.shown()
            same = Hosts()
            same.merge(way.hosts, places)
            finding = replace(way.incident.finding, groups=shown)
            found.append(replace(way.incident, finding=finding, same_hosts=same.members))
        return tuple(found)


def first_way(incident: Incident) -> str:
    """A digest of what an incident's first remedy does, by which two hosts have the same one."""
    told = [
        (one.kind, one.applicability, one.simulation.after, action.do, sorted(action.parameters.items()))
        for one in incident.remedies[:1]
        for action in one.actions
    ]
    return hashlib.sha256(repr(told).encode("utf-8", "surrogateescape")).hexdigest()


def joined(one: Group, other: Group) -> Group:
    """Two groups of the same key as one."""
    permissions = dict(one.permissions)
    for name, times in other.permissions.items():
        permissions[name] = permissions.get(name, 0) + times
    firsts = [time for time in (one.first, other.first) if time is not None]
    lasts = [time for time in (one.last, other.last) if time is not None]
    return replace(
        one,
        permissions=dict(sorted(permissions.items())),
        count=one.count + other.count,
        permissive=one.permissive + other.permissive,
        first=min(firsts, default=None),
        last=max(lasts, default=None),
        objects=_counted(one.objects, other.objects),
        processes=_counted(one.processes, other.processes),
        ports=_counted(one.ports, other.ports),
        times=_times(one.times, other.times),
    )


def _times(one: Buckets, other: Buckets) -> Buckets:
    timeline = Timeline.of(one)
    timeline.merge(Timeline.of(other))
    return timeline.buckets()


def _counted(one: Sequence[Counted], other: Sequence[Counted]) -> Tuple[Counted, ...]:
    counts: Dict[str, int] = {}
    for item in (*one, *other):
        counts[item.value] = counts.get(item.value, 0) + item.seen
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Counted(value, seen) for value, seen in ordered[:_MOST_VALUES])


def _span(groups: Sequence[Group]) -> Tuple[Optional[int], Optional[int]]:
    firsts = [group.first for group in groups if group.first is not None]
    lasts = [group.last for group in groups if group.last is not None]
    return min(firsts, default=None), max(lasts, default=None)


def load(data: bytes, name: str) -> Report:
    """Read a report that a host made with `collect` or `explain --format json`.

    It is a stranger's text: every string is made safe, and commands are derived anew from the actions' parameters.

    Args:
        data: the file's bytes.
        name: what to call it in an error.

    Raises:
        InputError: it is no such report.
    """
    shown = safe_text(name)
    if len(data) > _LARGEST:
        raise InputError(f"{shown} is larger than {_LARGEST >> 20} MiB", "a report of one host is far smaller")
    try:
        value = json.loads(_unpacked(data))
        if not isinstance(value, dict) or value.get("schema_version") != 1:
            raise InputError(f"{shown} is no report of avcdoctor", "make it with: avcdoctor collect -o FILE")
        return _report(value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError, zlib.error) as error:
        raise InputError(f"{shown} is no report of avcdoctor, or damaged: {type(error).__name__}") from None


def _unpacked(data: bytes) -> bytes:
    """What `collect` packed; never more of it than a report may hold."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    whole = unpacker.decompress(data, _LARGEST)
    if not unpacker.eof:
        raise ValueError("cut off, or too large")
    return whole


def _report(value: Mapping[str, Any]) -> Report:
    policy, read = value["policy"], value["input"]
    return Report(
        policy=PolicyInfo("file", _text(policy["name"])),
        input=InputSummary(
            denials=_number(read["denials"]),
            records=_number(read["records"]),
            scanned=_number(read.get("scanned", 0)),
            unreadable=_number(read["unreadable"]),
            unchanged=read.get("unchanged") is True,
        ),
        incidents=tuple(_incident(one) for one in _list(value["incidents"])),
    )


def _incident(value: Mapping[str, Any]) -> Incident:
    finding = Finding(
        cause=_text(value["cause"]),
        title=_text(value["title"]),
        why=_text(value["why"]),
        groups=tuple(_group(one) for one in _list(value["groups"])),
        rule=None if value.get("rule") is None else _text(value["rule"]),
        evidence=_texts(value.get("evidence")),
        next=_text(value.get("next", "")),
        ruled_out=tuple(RuledOut(_text(one["kind"]), _text(one["why"])) for one in _list(value.get("ruled_out", []))),
        never=_texts(value.get("never")),
        warnings=_texts(value.get("warnings")),
    )
    if not finding.groups:
        raise ValueError("an incident without groups")
    identifier = _text(value["id"])
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValueError("an id that is none")
    return Incident(identifier, finding, tuple(_remedy(one) for one in _list(value["remedies"])))


def _group(value: Mapping[str, Any]) -> Group:
    counts = value.get("permission_counts") or dict.fromkeys(value["permissions"], 0)
    provenance = value.get("provenance", KERNEL)
    return Group(
        source=_text(value["source"]),
        target=_text(value["target"]),
        tclass=_text(value["tclass"]),
        permissions={_text(name): _number(times) for name, times in sorted(counts.items())},
        count=_number(value["count"]),
        first=_time(value.get("first")),
        last=_time(value.get("last")),
        permissive=_number(value.get("permissive_count", 0)),
        objects=tuple(Counted(_text(one), 1) for one in _list(value.get("objects", []))[:_MOST_VALUES]),
        processes=tuple(Counted(_text(one), 1) for one in _list(value.get("processes", []))[:_MOST_VALUES]),
        ports=tuple(Counted(_text(one), 1) for one in _list(value.get("ports", []))[:_MOST_VALUES]),
        provenance=provenance if provenance in (KERNEL, MANAGER, TEXT) else TEXT,
        times=_buckets(value.get("times")),
    )


def _buckets(value: Any) -> Buckets:
    """How many denials there were in each stretch of time; a width that is none of our own is refused."""
    if value is None or not value["counts"]:
        return Buckets()
    width = _number(value["seconds"]) * 1000
    doubled, rest = divmod(width, SHORTEST)
    counts = sorted((_time(begin) or 0, _number(count)) for begin, count in value["counts"].items())
    if rest or doubled & (doubled - 1) or not 0 < doubled < 1 << 40 or len(counts) > MOST:
        raise ValueError("no stretches of time")
    return Buckets(width, tuple(counts))


def _remedy(value: Mapping[str, Any]) -> Remedy:
    kind, applicability = value["kind"], value["applicability"]
    if kind not in REMEDY_KINDS or applicability not in APPLICABILITIES:
        raise ValueError("an unknown kind of remedy")
    simulation = value["simulation"]
    actions, back = _commands(json.dumps(_list(value["actions"])))
    return Remedy(
        kind=kind,
        title=_text(value["title"]),
        applicability=applicability,
        lasting=value["lasting"] is True,
        resolves=_number(value["resolves"]),
        simulation=Simulation(
            _text(simulation["before"]),
            _text(simulation["after"]),
            _text(simulation["why"]),
            _text(simulation.get("policy", "")),
        ),
        grants=_texts(value.get("grants")),
        actions=actions,
        undo=back,
        notes=_texts(value.get("notes")),
        wide=_text(value.get("wide", "")),
    )


@lru_cache(maxsize=4096)
def _commands(told: str) -> Tuple[Tuple[Action, ...], Tuple[Action, ...]]:
    """Actions with their commands, and what takes them back; hosts of one kind tell the same ones.

    Args:
        told: the actions as JSON.
    """
    from avcdoctor.actions.registry import canonical, undo  # noqa: PLC0415 - workers that read logs start without it

    try:
        actions = tuple(canonical(_action(one)) for one in json.loads(told))
        return actions, undo(actions)
    except PlanError as error:
        return (Action("manual", (), {"text": f"not shown: {safe_text(error.message)}"}),), ()


def _action(value: Mapping[str, Any]) -> Action:
    parameters = value.get("parameters", {})
    if not isinstance(parameters, dict):
        raise PlanError("an action without parameters")
    return Action(_text(value["do"]), (), parameters)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return safe_text(value)


def _texts(value: Any) -> Tuple[str, ...]:
    return tuple(_text(one) for one in _list(value or []))


def _list(value: Any) -> List[Any]:
    if not isinstance(value, list):
        raise TypeError("a list expected")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a count expected")
    return value


def _time(value: Any) -> Optional[int]:
    if value is None:
        return None
    return round(datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp() * 1000)
