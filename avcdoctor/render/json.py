"""Render a report as JSON for programs; the names are fixed by `report.schema.json`."""

from __future__ import annotations

import json as standard_json
from dataclasses import asdict
from typing import Any, Dict, List, Sequence

from avcdoctor.model import Denial, Group, HostSeen, Incident, PolicyInfo, Report, Rest, safe_text
from avcdoctor.plan.choose import choose
from avcdoctor.render import How, words
from avcdoctor.render.across import standing_out
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.rank import rank
from avcdoctor.render.steps import remedy_document

SCHEMA_VERSION = 1
_MOST_HOSTS = 20  # of a group that are told one by one


def json(report: Report) -> str:
    """Render a report as one JSON object, pure ASCII, ending with a line break.

    Args:
        report: what was found.

    Returns:
        JSON of schema version 1. `argv` and `parameters` hold the names as the system does: bytes that are not UTF-8
        are lone surrogates, as Python's `os.fsencode` reads them back; all other strings are safe to show.
    """
    return standard_json.dumps(document(keep_promise(report)), indent=2) + "\n"


def render(report: Report, _how: How) -> str:
    """See `json`."""
    return json(report)


def document(report: Report) -> Dict[str, Any]:
    """Build the JSON object of a report as plain dictionaries and lists."""
    summary = report.input
    return {
        "schema_version": SCHEMA_VERSION,
        "policy": _policy(report.policy),
        "input": {
            "files": [safe_text(name) for name in summary.files],
            "records": summary.records,
            "scanned": summary.scanned,
            "denials": summary.denials,
            "unreadable": summary.unreadable,
            "granted": summary.granted,
            "first": words.iso(summary.first),
            "last": words.iso(summary.last),
            "unreadable_examples": [
                {"where": safe_text(item.where), "reason": safe_text(item.reason), "text": safe_text(item.text)}
                for item in summary.unreadable_examples
            ],
            "provenance": dict(summary.provenance),
            "hosts": len(summary.hosts),
            "rest": [_rest(rest) for rest in summary.rest],
            "failed": _texts(summary.failed),
            "warnings": _texts(summary.warnings),
            "unchanged": summary.unchanged,
        },
        "incidents": [_incident(incident, summary.hosts) for incident in report.incidents],
        "cover": [{"incident": identifier, "remedy": index} for identifier, index in report.cover],
        "warnings": _texts(report.warnings),
        "known": {
            **{name: count for name, count in asdict(report.known).items() if name != "spread"},
            "spread": [
                {"incident": one.incident, "title": safe_text(one.title), "hosts": _texts(one.hosts)}
                for one in report.known.spread
            ],
        },
        "alone": {safe_text(one.host): [incident.id for incident in one.incidents] for one in standing_out(report)},
    }


def _policy(policy: PolicyInfo) -> Dict[str, Any]:
    return {
        "origin": policy.origin,
        "name": safe_text(policy.name),
        "path": safe_text(policy.path),
        "version": policy.version,
        "mls": policy.mls,
        "types": policy.types,
        "rules": policy.rules,
        "unknown_types": _texts(policy.unknown_types),
        "notes": _texts(policy.notes),
    }


def _incident(incident: Incident, hosts: Sequence[str]) -> Dict[str, Any]:
    finding = incident.finding
    return {
        "id": incident.id,
        "rank": rank(incident).word,
        "rule": finding.rule,
        "cause": finding.cause,
        "title": safe_text(finding.title),
        "why": safe_text(finding.why),
        "denials": incident.denials,
        "provenance": sorted({group.provenance for group in finding.groups}),
        "hosts": _hosts(finding.groups, hosts),
        "groups": [_group(group) for group in finding.groups],
        "evidence": _texts(finding.evidence),
        "next": safe_text(finding.next),
        "ruled_out": [{"kind": item.kind, "why": safe_text(item.why)} for item in finding.ruled_out],
        "never": _texts(finding.never),
        "warnings": _texts(finding.warnings),
        "see": _texts(finding.see),
        "remedies": [remedy_document(remedy) for remedy in incident.remedies],
        "fix": _fix(incident),
    }


def _fix(incident: Incident) -> Dict[str, Any]:
    """What `avcdoctor fix` does about an incident: the index of the remedy it takes, or why it takes none."""
    choice = choose(incident)
    return {"remedy": choice.chosen, "why": safe_text(choice.why), "next": safe_text(choice.next)}


def _hosts(groups: Sequence[Group], names: Sequence[str]) -> List[str]:
    """The hosts that have an incident, by name."""
    everywhere = 0
    for group in groups:
        everywhere |= group.host_set
    return sorted(safe_text(name) for place, name in enumerate(names) if everywhere >> place & 1)


def _host(seen: HostSeen) -> Dict[str, Any]:
    name = safe_text(seen.name)
    return {"host": name, "count": seen.seen, "first": words.iso(seen.first), "last": words.iso(seen.last)}


def _rest(rest: Rest) -> Dict[str, Any]:
    return {
        "provenance": rest.provenance,
        "tclass": safe_text(rest.tclass),
        "groups": rest.groups,
        "count": rest.count,
        "permission_counts": {safe_text(name): count for name, count in rest.permissions.items()},
        "first": words.iso(rest.first),
        "last": words.iso(rest.last),
    }


def _group(group: Group) -> Dict[str, Any]:
    return {
        "node": safe_text(group.node),
        "provenance": group.provenance,
        "hosts": group.host_count,
        "most_affected": [_host(seen) for seen in group.hosts[:_MOST_HOSTS]],
        "source": safe_text(group.source),
        "target": safe_text(group.target),
        "inferred": list(group.inferred),
        "tclass": safe_text(group.tclass),
        "permissions": [safe_text(name) for name in group.permissions],
        "count": group.count,
        "first": words.iso(group.first),
        "last": words.iso(group.last),
        "permissive": 0 < group.count <= group.permissive,
        "permissive_count": group.permissive,
        "permission_counts": {safe_text(name): count for name, count in group.permissions.items()},
        "objects": _texts(words.objects(group)),
        "processes": _texts(item.value for item in group.processes),
        "ports": _texts(item.value for item in group.ports),
        "source_contexts": _texts(item.value for item in group.source_contexts),
        "target_contexts": _texts(item.value for item in group.target_contexts),
        "examples": [_example(denial) for denial in group.examples[:3]],
        "cut": dict(group.cut),
        "times": {
            "seconds": group.times.width // 1000,
            "counts": {words.iso(begin): count for begin, count in group.times.counts},
        },
    }


def _example(denial: Denial) -> Dict[str, Any]:
    return {
        "time": words.iso(denial.event.milliseconds),
        "serial": denial.event.serial,
        "records": _texts(denial.raw),
    }


def _texts(values: Any) -> List[str]:
    return [safe_text(value) for value in values]
