"""Render a report as JSON lines: one object for each incident, with what a list shows of it."""

from __future__ import annotations

import json
from typing import Any, Dict

from avcdoctor.model import Incident, Report, safe_text
from avcdoctor.render import How, words
from avcdoctor.render.promise import keep_promise
from avcdoctor.render.rank import host_count, hosts, last, ordered, rank


def render(report: Report, how: How) -> str:
    """One JSON object a line, in the order that is asked for."""
    incidents = ordered(keep_promise(report).incidents, how.sort)
    return "".join(json.dumps(_object(incident), ensure_ascii=True) + "\n" for incident in incidents)


def _object(incident: Incident) -> Dict[str, Any]:
    finding = incident.finding
    first = incident.remedies[0] if incident.remedies else None
    seen = [group.first for group in finding.groups if group.first is not None]
    return {
        "id": incident.id,
        "rank": rank(incident).word,
        "denials": incident.denials,
        "rule": finding.rule,
        "cause": finding.cause,
        "title": safe_text(finding.title),
        "sources": sorted({safe_text(group.source) for group in finding.groups}),
        "targets": sorted({safe_text(group.target) for group in finding.groups}),
        "classes": sorted({safe_text(group.tclass) for group in finding.groups}),
        "first": words.iso(min(seen, default=None)),
        "last": words.iso(last(incident) or None),
        "hosts": [safe_text(item.value) for item in hosts(incident)],
        "host_count": host_count([incident]),
        "remedies": len(incident.remedies),
        "remedy": None
        if first is None
        else {"kind": first.kind, "title": safe_text(first.title), "applicability": first.applicability},
    }
