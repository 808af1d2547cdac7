"""Which incidents a person asked for: one set of filters for the command line and for ignore files."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Iterable, Optional, Sequence, Tuple

from avcdoctor.model import REMEDY_KINDS, Group, Incident, Report


@dataclass(frozen=True)
class Filters:
    """Patterns as in a shell (`httpd_*`); one of each kind has to match, and a kind without patterns matches all.

    Args:
        source: the source type.
        target: the target type.
        tclass: the class.
        process: a program, by its comm.
        path: an object: a path, a name or a port.
        node: the host.
        cause: the cause's id.
        rule: the rule's id.
        remedy_kind: the kind of the first remedy.
        incident: the incident's id, or its beginning.
    """

    source: Tuple[str, ...] = ()
    target: Tuple[str, ...] = ()
    tclass: Tuple[str, ...] = ()
    process: Tuple[str, ...] = ()
    path: Tuple[str, ...] = ()
    node: Tuple[str, ...] = ()
    cause: Tuple[str, ...] = ()
    rule: Tuple[str, ...] = ()
    remedy_kind: Tuple[str, ...] = ()
    incident: Tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))

    def match(self, incident: Incident, hosts: Sequence[str] = ()) -> bool:
        """Whether an incident is asked for: its own values match, and one of its groups matches all the others.

        Args:
            incident: the incident.
            hosts: every host that the log names, in the order of `InputSummary.hosts`.
        """
        return any(self.covers(incident, group, hosts) for group in incident.finding.groups)

    def covers(self, incident: Incident, group: Group, hosts: Sequence[str] = ()) -> bool:
        """Whether one group of an incident is asked for."""
        finding = incident.finding
        first = incident.remedies[0].kind if incident.remedies else ""
        return (
            any(is_called(incident, one) for one in self.incident or ("",))
            and _one(self.cause, [finding.cause])
            and _one(self.rule, [finding.rule or ""])
            and _one(self.remedy_kind, [first])
            and self._of_group(group, hosts)
        )

    def _of_group(self, group: Group, hosts: Sequence[str]) -> bool:
        return (
            _one(self.source, [group.source])
            and _one(self.target, [group.target])
            and _one(self.tclass, [group.tclass])
            and _one(self.process, (item.value for item in group.processes))
            and _one(self.path, _objects(group))
            and _one(self.node, nodes(group, hosts))
        )


NAMES = tuple(field.name for field in fields(Filters))
"""The filters, named as in `Filters`."""


def unknown_kind(filters: Filters) -> str:
    """A remedy kind that no remedy has, or nothing: such a filter would never find anything, and a gate always pass."""
    kinds = (pattern for pattern in filters.remedy_kind if not _one((pattern,), REMEDY_KINDS))
    return next(kinds, "")


def option(name: str) -> str:
    """A filter's name as people write it: `class`, `remedy-kind`."""
    return {"tclass": "class"}.get(name, name).replace("_", "-")


def nodes(group: Group, hosts: Sequence[str] = ()) -> Tuple[str, ...]:
    """The hosts a group's denials come from, as far as the log names them; with `hosts`, those of few denials too."""
    if hosts:
        return tuple(name for place, name in enumerate(hosts) if group.host_set >> place & 1)
    return tuple(seen.name for seen in group.hosts)


def is_called(incident: Incident, name: str) -> bool:
    """Whether this is the incident's rule, its id, or the beginning of its id."""
    return incident.id.startswith(name) or incident.finding.rule == name


def selected(report: Report, filters: Optional[Filters]) -> Report:
    """The report with the incidents that are asked for."""
    hosts = report.input.hosts
    return keep(report, [one for one in report.incidents if filters.match(one, hosts)]) if filters else report


def keep(report: Report, incidents: Sequence[Incident]) -> Report:
    """The report with these of its incidents alone."""
    known = {incident.id for incident in incidents}
    cover = tuple(entry for entry in report.cover if entry[0] in known)
    return replace(report, incidents=tuple(incidents), cover=cover)


def _one(patterns: Tuple[str, ...], values: Iterable[str]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for value in values for pattern in patterns)


def _objects(group: Group) -> Iterable[str]:
    yield from (item.value for item in group.objects)
    yield from (item.value for item in group.ports)
    yield from (denial.path for denial in group.examples if denial.path)
