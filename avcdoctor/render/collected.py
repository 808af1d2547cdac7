"""What a host sends to a fleet's centre: its report without records or anything that follows from the rest, packed."""

from __future__ import annotations

import gzip
import json
from typing import Any, Dict

from avcdoctor.model import Report
from avcdoctor.render.json import document
from avcdoctor.render.promise import keep_promise

_NOT_SENT = ("rank", "provenance", "hosts", "fix")  # of an incident
_NOT_OF_A_GROUP = ("node", "hosts", "most_affected", "source_contexts", "target_contexts", "examples", "cut")
_MOST_VALUES = 12  # objects, programs and ports of a group


def collected(report: Report) -> bytes:
    """A JSON report of the same schema in gzip's form; the same report gives the same bytes.

    Args:
        report: of one host.
    """
    value = document(keep_promise(report))
    value["input"].update(files=[], unreadable_examples=[])
    for incident in value["incidents"]:
        incident.update(see=[])
        _without(incident, *_NOT_SENT)
        for group in incident["groups"]:
            _without(group, *_NOT_OF_A_GROUP)
            for name in ("objects", "processes", "ports"):
                group[name] = group[name][:_MOST_VALUES]
        for remedy in incident["remedies"]:
            remedy.update(undo=[], rules=[])
            for action in remedy["actions"]:
                action["argv"] = []
                action["parameters"].pop("te", None)
    return gzip.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), 9, mtime=0)


def _without(value: Dict[str, Any], *names: str) -> None:
    for name in names:
        value.pop(name, None)
