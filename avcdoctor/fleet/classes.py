"""Says which policy judges which hosts, and joins the verdicts of several policies into one report."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import yaml

from avcdoctor import api
from avcdoctor.errors import InputError
from avcdoctor.fleet.reports import Key, first_way, joined
from avcdoctor.fleet.work import Part
from avcdoctor.group.hosts import HostNumbers
from avcdoctor.host import Host, open_host
from avcdoctor.knowledge import Knowledge
from avcdoctor.model import Group, HostSeen, Incident, InputSummary, Reading, Report, safe_text

_LARGEST = 1 << 20
_KEYS = frozenset({"match", "policy", "root", "group"})


@dataclass(frozen=True)
class Assignment:
    """One line of an inventory: which hosts, and what judges them.

    Args:
        match: a glob over host names.
        policy: a policy, as `--policy` takes it.
        root: an offline root.
        group: a name for these hosts.
    """

    match: str
    policy: str = ""
    root: str = ""
    group: str = ""


@dataclass(frozen=True)
class Class:
    """Hosts that the same policy with the same settings judges; `hosts` is None for all that no other class has."""

    name: str
    policy: str
    root: str
    hosts: Optional[frozenset[str]] = None
    count: int = 0


def inventory(path: Path) -> Tuple[Assignment, ...]:
    """Read an inventory: a YAML list under `hosts` of {match, policy or root, group}.

    Args:
        path: the file.

    Raises:
        InputError: it can't be read, or is none.
    """
    shown = safe_text(str(path))
    try:
        if path.stat().st_size > _LARGEST or not path.is_file():
            raise InputError(f"{shown} is no inventory", "a YAML file of at most 1 MiB")
        value = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InputError(
            f"the inventory {shown} can't be read: {safe_text(' '.join(str(error).split()))[:200]}"
        ) from None
    lines = value.get("hosts") if isinstance(value, dict) else None
    if not isinstance(lines, list):
        raise InputError(f"{shown} is no inventory", "it is a mapping with a list under hosts")
    return tuple(_rule(line, number, shown) for number, line in enumerate(lines, 1))


def _rule(line: Any, number: int, shown: str) -> Assignment:
    texts = isinstance(line, dict) and all(isinstance(one, str) for pair in line.items() for one in pair)
    if not texts or "match" not in line or not set(line) <= _KEYS or ("policy" in line and "root" in line):
        raise InputError(
            f"{shown}: entry {number} can't be used",
            "it has match, and one of policy and root; group if wanted, all texts",
        )
    return Assignment(**line)


def classes_of(names: Sequence[str], rules: Sequence[Assignment], policy: str, root: str) -> Tuple[Class, ...]:
    """Put hosts together by what judges them; policies with the same bytes are one.

    Args:
        names: all hosts.
        rules: the inventory; the first rule that matches a host counts.
        policy: what judges hosts that no rule matches.
        root: likewise.
    """
    found: Dict[Tuple[str, str], List[str]] = {}
    first: Dict[Tuple[str, str], Assignment] = {}
    for name in names:
        rule = next((one for one in rules if fnmatchcase(name, one.match)), Assignment("*", policy, root))
        key = (rule.root, _digest(rule.policy))
        found.setdefault(key, []).append(name)
        first.setdefault(key, rule)
    if not found:
        return (Class("", policy, root),)
    ordered = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(
        Class(first[key].group, first[key].policy, first[key].root, frozenset(hosts), len(hosts))
        for key, hosts in ordered
    )


def _digest(policy: str) -> str:
    path = Path(policy)
    return hashlib.sha256(path.read_bytes()).hexdigest() if policy and path.is_file() else policy


def judged(part: Part, classes: Sequence[Class], known: Knowledge) -> Report:
    """Explain what was read, each class of hosts by its own policy, and join the answers.

    Args:
        part: what was read.
        classes: who judges whom.
        known: the rule packs.

    Returns:
        One report. An incident that several classes have names them, and a remedy says on how many it was allowed.
    """
    reading = part.gathered.reading()
    reports: List[Tuple[Class, Report, Host]] = []
    for one in classes:
        host = open_host(one.policy or None, one.root or None)
        groups = reading.groups if len(classes) == 1 else _restricted(reading.groups, one, reading.summary.hosts)
        reports.append((one, api.report(Reading(groups, reading.summary), host, known), host))
    incidents = _joined([(_name(one, report), report) for one, report, _ in reports], reading.groups)
    numbers = HostNumbers()
    for name in reading.summary.hosts:
        numbers.of(name)
    own = {incident.id: incident for incident in part.merged.incidents(numbers)}
    together = [_told_too(one, own.pop(one.id)) if one.id in own else one for one in incidents]
    together += own.values()
    together.sort(key=lambda one: (-hosts_of(one), -one.denials, one.id))
    summary = _summary(reading.summary, part, numbers)
    notes = tuple(f"{report.policy.name} judged {one.count:,} hosts" for one, report, _ in reports if len(reports) > 1)
    return replace(
        reports[0][1], input=summary, incidents=tuple(together), cover=(), warnings=(*notes, *_own_policies(part))
    )


def hosts_of(incident: Incident) -> int:
    """On how many hosts an incident was seen, as far as its groups tell."""
    return bin(incident.hosts).count("1")


def _summary(read: InputSummary, part: Part, numbers: HostNumbers) -> InputSummary:
    for name in sorted({*part.read, *part.merged.hosts}):
        numbers.of(name)
    failed = part.failed
    if part.failures:
        more = part.failures - len(failed)
        words = f"{part.failures:,} of {part.inputs:,} inputs could not be read: " + "; ".join(failed)
        failed = [words + (f"; and {more:,} more" if more else "")]
    return replace(
        read,
        denials=read.denials + part.merged.denials,
        unreadable=read.unreadable + part.merged.unreadable,
        records=read.records + part.merged.records,
        scanned=read.scanned + part.merged.scanned,
        unchanged=read.unchanged or part.merged.unchanged,
        hosts=tuple(numbers.names),
        failed=(),
        warnings=(*read.warnings, *failed),
    )


def _own_policies(part: Part) -> Tuple[str, ...]:
    counts: Dict[str, int] = {}
    for name in part.merged.hosts.values():
        counts[name] = counts.get(name, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(f"{count:,} hosts were judged where they were, by {name}" for name, count in ordered[:10])


def _name(one: Class, report: Report) -> str:
    return one.name or report.policy.name


def _restricted(groups: Sequence[Group], one: Class, names: Sequence[str]) -> Tuple[Group, ...]:
    """The groups as the hosts of a class have them; what is not counted by host is shared out by their denials."""
    found = []
    numbers = sum(1 << number for number, name in enumerate(names) if one.hosts is None or name in one.hosts)
    for group in groups:
        mine = group.host_set & numbers
        if not mine:
            continue
        if mine == group.host_set:
            found.append(group)
            continue
        hosts = tuple(seen for seen in group.hosts if one.hosts is None or seen.name in one.hosts)
        exact = len(group.hosts) == group.host_count
        share = bin(mine).count("1") / group.host_count
        count = max(1, sum(seen.seen for seen in hosts) if exact else round(group.count * share))
        found.append(_part(group, hosts, mine, count))
    return tuple(found)


def _part(group: Group, hosts: Tuple[HostSeen, ...], members: int, count: int) -> Group:
    def part(times: int) -> int:
        return max(1, times * count // group.count)

    times = tuple((begin, part(seen)) for begin, seen in group.times.counts)
    return replace(
        group,
        hosts=hosts,
        host_set=members,
        count=count,
        permissions={name: part(seen) for name, seen in group.permissions.items()},
        permissive=group.permissive * count // group.count,
        times=group.times._replace(counts=times),
        **_times(hosts),
    )


def _times(hosts: Sequence[HostSeen]) -> Mapping[str, Any]:
    firsts = [one.first for one in hosts if one.first is not None]
    lasts = [one.last for one in hosts if one.last is not None]
    return {"first": min(firsts, default=None), "last": max(lasts, default=None)}


def _joined(reports: Sequence[Tuple[str, Report]], groups: Sequence[Group]) -> List[Incident]:
    """One incident for each id; its words and remedies are those of the class with most hosts that has it."""
    whole = {group.key: group for group in groups}
    by_id: Dict[str, List[Tuple[str, Incident]]] = {}
    for name, report in reports:
        for incident in report.incidents:
            by_id.setdefault(incident.id, []).append((name, incident))
    return [_one(members, len(reports), whole) for members in by_id.values()]


def _one(members: Sequence[Tuple[str, Incident]], classes: int, whole: Mapping[Key, Group]) -> Incident:
    incident = members[0][1]
    for _, other in members[1:]:
        incident = _with(incident, other)
    if len(members) > 1:
        incident = _exact(incident, whole)
    if classes == 1:
        return incident
    names = ", ".join(name for name, _ in members)
    finding = replace(
        incident.finding,
        evidence=(*incident.finding.evidence, f"judged so by {len(members)} of {classes} policies: {names}"),
    )
    remedies = []
    for remedy in incident.remedies:
        same = [
            one
            for _, other in members
            for one in other.remedies
            if (one.kind, one.title, one.actions) == (remedy.kind, remedy.title, remedy.actions)
        ]
        allowed = sum(one.simulation.after == "allowed" for one in same)
        why = f"{remedy.simulation.why}; allowed after on {allowed} of {len(members)} policies"
        after = remedy.simulation.after if allowed in (0, len(members)) else "unknown"
        applicability = remedy.applicability if allowed == len(members) else "manual"
        remedies.append(
            replace(remedy, simulation=replace(remedy.simulation, why=why, after=after), applicability=applicability)
        )
    return replace(incident, finding=finding, remedies=tuple(remedies))


def _exact(incident: Incident, whole: Mapping[Key, Group]) -> Incident:
    """Put the group as it was read where all of its hosts came together again."""
    groups = [
        whole[group.key] if group.key in whole and whole[group.key].host_set == group.host_set else group
        for group in incident.finding.groups
    ]
    return replace(incident, finding=replace(incident.finding, groups=tuple(groups)))


def _told_too(one: Incident, own: Incident) -> Incident:
    """An incident that logs tell, and hosts that were judged where they are: these keep to their own remedy."""
    same = one.hosts
    if first_way(one) == first_way(own):
        same |= own.hosts if own.same_hosts is None else own.same_hosts
    return replace(_with(one, own), same_hosts=same)


def _with(one: Incident, other: Incident) -> Incident:
    """The first incident with the groups of both."""
    groups = {group.key: group for group in one.finding.groups}
    for group in other.finding.groups:
        mine = groups.get(group.key)
        groups[group.key] = group if mine is None else _both(mine, group)
    ordered = tuple(sorted(groups.values(), key=lambda group: (-group.count, group.key)))
    return replace(one, finding=replace(one.finding, groups=ordered))


def _both(one: Group, other: Group) -> Group:
    known = {seen.name: seen for seen in one.hosts}
    for seen in other.hosts:
        mine = known.get(seen.name)
        known[seen.name] = seen if mine is None else mine._replace(seen=mine.seen + seen.seen)
    hosts = tuple(sorted(known.values(), key=lambda seen: (-seen.seen, seen.name)))
    return replace(joined(one, other), hosts=hosts, host_set=one.host_set | other.host_set)
