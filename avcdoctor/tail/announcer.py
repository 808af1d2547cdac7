"""What `avcdoctor tail` says: each incident once and in full, then only how often it came again."""

from __future__ import annotations

import datetime
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from avcdoctor import output
from avcdoctor.errors import AvcdoctorError
from avcdoctor.gate.ignore import Entry, split
from avcdoctor.group.examples import Key
from avcdoctor.model import Group, Incident, InputSummary, PolicyInfo, Reading, Report
from avcdoctor.render import words
from avcdoctor.tail.notify import Notifier

_MOST_RELATED = 40  # groups of the same source that are diagnosed along with a new one
Write = Callable[[str], None]


class Speaker:
    """Says what is new.

    Args:
        write: takes each piece of text, which ends with a line break.
        as_json: one JSON object per line instead of words.
        policy: a policy to ask instead of the host's.
        rules: more rule packs.
        color: whether to use terminal colours.
        known: denials that are known and not told of.
        notifier: what else is told of each new incident.
        own_log: this machine writes the log.
    """

    def __init__(
        self,
        write: Write,
        *,
        as_json: bool,
        policy: Optional[str],
        rules: Sequence[Path],
        color: bool,
        known: Sequence[Entry] = (),
        notifier: Optional[Notifier] = None,
        own_log: bool = False,
    ) -> None:
        self._write = write
        self._as_json = as_json
        self._policy = policy
        self._own_log = own_log
        self._rules = rules
        self._color = color
        self._diagnose: Optional[Callable[[Reading], Report]] = None
        self._told: Dict[Tuple[str, str, str], str] = {}
        self._incident_of: Dict[Key, str] = {}
        self._since_summary: Dict[Key, int] = {}
        self._known = known
        self._ignored: Set[Key] = set()
        self._bare = 0  # groups told of without an incident
        self._notifier = notifier

    @property
    def told(self) -> int:
        """How many incidents and groups were told of that nobody knew."""
        return len(self._told) + self._bare

    def fresh(self, groups: Sequence[Group], everything: Sequence[Group]) -> None:
        """Say what groups mean that were not seen before.

        Args:
            groups: the new ones.
            everything: all groups so far; those of the same source help to see an incident whole.
        """
        new = {group.key for group in groups}
        sources = {group.source for group in groups}
        related = [group for group in everything if group.source in sources and group.key not in new]
        report = self._report([*groups, *related[:_MOST_RELATED]])
        told: Set[Key] = set()
        for incident in report.incidents if report is not None else ():
            keys = {group.key for group in incident.finding.groups}
            if self._is_known(incident):
                self._ignored |= keys
                told |= keys
            elif keys & new and report is not None:
                self._incident(incident, report, [group for group in groups if group.key in keys])
                told |= keys
        for group in groups:
            if group.key not in told:
                self._bare += 1
                self._group(group, None)

    def _is_known(self, incident: Incident) -> bool:
        """Whether an entry of the ignore file that holds today knows an incident."""
        return bool(split([incident], self._known, datetime.date.today())[1])

    def _report(self, groups: Sequence[Group]) -> Optional[Report]:
        try:
            if self._diagnose is None:
                self._diagnose = _diagnosis(self._policy, self._rules, self._own_log)
            return self._diagnose(Reading(tuple(groups), InputSummary()))
        except AvcdoctorError as error:
            output.note(f"denials are shown without a diagnosis: {error}")
            self._diagnose = _no_diagnosis
            return None

    def _incident(self, incident: Incident, report: Report, groups: Sequence[Group]) -> None:
        finding = incident.finding
        name = (finding.rule or finding.cause, finding.title, finding.groups[0].provenance)
        for group in groups:
            self._incident_of[group.key] = self._told.get(name, incident.id)
        if name in self._told:
            for group in groups:
                self._group(group, self._told[name])
            return
        self._told[name] = incident.id
        single = replace(report, incidents=(incident,), cover=())
        if self._as_json:
            self._object("incident", _document(single))
        else:
            from avcdoctor.render.text import one_incident  # noqa: PLC0415 - only where it is asked for

            self._write(one_incident(single, width=output.terminal_width(), color=self._color) + "\n")
        if self._notifier is not None:
            self._notifier.tell(_document(single))

    def _group(self, group: Group, incident: Optional[str]) -> None:
        if self._as_json:
            self._object("group", {**_fields(group), "incident": incident})
            return
        where = f" on {group.node}" if group.node else ""
        objects = ", ".join(words.names(words.objects(group))[:3])
        belongs = f"  (incident {incident})" if incident else ""
        span = words.time_range(group.first, group.last, with_day=True)
        self._write(f"{span}  {words.arrow(group)}  {objects}{where}{belongs}\n")

    def more(self, gained: Mapping[Key, int]) -> None:
        """Count denials of groups that were told of before."""
        for key, count in gained.items():
            if key in self._ignored:
                continue
            self._since_summary[key] = self._since_summary.get(key, 0) + count

    def every(self) -> None:
        """Say what came again since the last time; nothing if nothing did."""
        counts: Dict[str, int] = {}
        for key, count in self._since_summary.items():
            _, source, target, tclass = key
            name = self._incident_of.get(key) or f"{source} --{tclass}--> {target}"
            counts[name] = counts.get(name, 0) + count
        self._since_summary.clear()
        if not counts:
            return
        if self._as_json:
            self._object("counts", {"again": counts})
            return
        listed = ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1])[:12])
        self._write(f"{time.strftime('%H:%M:%S')}  again: {listed}\n")

    def end(self, summary: InputSummary, groups: int) -> None:
        """Say in the end what was seen altogether."""
        if self._as_json:
            counts = {"denials": summary.denials, "groups": groups, "incidents": len(self._told)}
            more = {"granted": summary.granted, "unreadable": summary.unreadable, "ignored_groups": len(self._ignored)}
            self._object("summary", {**counts, **more})
            return
        counted = f"{words.plural(summary.denials, 'denial')} in {words.plural(groups, 'group')}"
        unreadable = f", {words.plural(summary.unreadable, 'line')} could not be read" if summary.unreadable else ""
        ignored = f", {words.plural(len(self._ignored), 'group')} ignored" if self._ignored else ""
        output.note(f"{counted}, {words.plural(len(self._told), 'incident')}{unreadable}{ignored}")
        if self._notifier is not None and self._notifier.held_back:
            output.note(
                f"--on-incident: {words.plural(self._notifier.held_back, 'incident')} held back: too many at once"
            )

    def _object(self, what: str, fields: Mapping[str, object]) -> None:
        self._write(json.dumps({"what": what, **fields}, ensure_ascii=True) + "\n")


def _document(single: Report) -> Mapping[str, Any]:
    """A report's only incident, as in the JSON report."""
    from avcdoctor.render.json import document  # noqa: PLC0415 - only where it is asked for
    from avcdoctor.render.promise import keep_promise  # noqa: PLC0415 - likewise

    incident: Mapping[str, Any] = document(keep_promise(single))["incidents"][0]
    return incident


def _fields(group: Group) -> Dict[str, object]:
    return {
        "node": group.node,
        "source": group.source,
        "target": group.target,
        "tclass": group.tclass,
        "permissions": list(group.permissions),
        "count": group.count,
        "objects": [item.value for item in group.objects[:8]],
        "processes": [item.value for item in group.processes[:8]],
        "ports": [item.value for item in group.ports[:8]],
        "permissive": bool(group.permissive),
    }


def _diagnosis(policy: Optional[str], rules: Sequence[Path], own_log: bool) -> Callable[[Reading], Report]:
    """Open the policy and the rule packs once, when the first denial comes."""
    from avcdoctor import api  # noqa: PLC0415 - a quiet log needs no policy
    from avcdoctor.host import open_host  # noqa: PLC0415 - likewise

    host, known = open_host(policy, None), api.knowledge(rules)
    return lambda reading: api.report(reading, host, known, own_log=own_log)


def _no_diagnosis(reading: Reading) -> Report:
    return Report(policy=PolicyInfo("none", "no policy"), input=reading.summary, incidents=())


def lines_to_syslog() -> Write:
    """Each line goes to syslog, for a program that auditd runs and whose standard output nobody reads."""
    import syslog  # noqa: PLC0415 - only a plugin needs it

    syslog.openlog("avcdoctor", syslog.LOG_PID, syslog.LOG_DAEMON)

    def write(text: str) -> None:
        lines: List[str] = text.splitlines()
        for line in lines:
            syslog.syslog(syslog.LOG_WARNING, line)

    return write
