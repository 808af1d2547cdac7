"""A baseline: the incidents of an earlier JSON report, so that only what is new counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Collection, FrozenSet, List, Mapping, Sequence, Tuple

from avcdoctor.errors import InputError
from avcdoctor.gate.filters import nodes
from avcdoctor.model import Incident, Spread, safe_text
from avcdoctor.sources.regular import read_regular

_MOST = 256 << 20

Baseline = Mapping[str, FrozenSet[str]]
"""Ids of incidents, and the hosts that had each; an id stays the same for the same cause, source and objects."""


def load(path: Path) -> Baseline:
    """Read what an earlier report found.

    Raises:
        InputError: the file can't be read, or is no report of avcdoctor.
    """
    shown = safe_text(str(path))
    try:
        document = json.loads(read_regular(path, _MOST))
        if document["schema_version"] != 1:
            raise ValueError("another schema_version")
        return {str(one["id"]): frozenset(str(name) for name in one.get("hosts", ())) for one in document["incidents"]}
    except OSError as error:
        raise InputError(f"the baseline {shown}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"the baseline {shown} is no JSON report", "make one with avcdoctor explain --format json -o FILE"
        ) from error


def split(incidents: Sequence[Incident], known: Collection[str]) -> Tuple[List[Incident], List[Incident]]:
    """Incidents that are new, and those that the baseline has."""
    return [one for one in incidents if one.id not in known], [one for one in incidents if one.id in known]


def spread(incidents: Sequence[Incident], known: Baseline, hosts: Sequence[str]) -> Tuple[Spread, ...]:
    """Incidents of the baseline that came to hosts which it does not name; those it names no host of are left out.

    Args:
        incidents: those that the baseline has.
        known: the baseline.
        hosts: every host that the log names, in the order of `InputSummary.hosts`.
    """
    found = []
    for incident in incidents:
        now = {safe_text(name) for group in incident.finding.groups for name in nodes(group, hosts)}
        more = now - known[incident.id]
        if more and known[incident.id]:
            found.append(Spread(incident.id, incident.finding.title, tuple(sorted(more))))
    return tuple(found)
