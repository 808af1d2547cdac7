"""A baseline: the incidents of an earlier JSON report, so that only what is new counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import FrozenSet, List, Sequence, Tuple

from avcdoctor.errors import InputError
from avcdoctor.model import Incident, safe_text
from avcdoctor.sources.regular import read_regular

_MOST = 256 << 20


def load(path: Path) -> FrozenSet[str]:
    """The ids of a report's incidents; an id stays the same for the same cause, source and objects.

    Raises:
        InputError: the file can't be read, or is no report of avcdoctor.
    """
    shown = safe_text(str(path))
    try:
        document = json.loads(read_regular(path, _MOST))
        if document["schema_version"] != 1:
            raise ValueError("another schema_version")
        return frozenset(str(incident["id"]) for incident in document["incidents"])
    except OSError as error:
        raise InputError(f"the baseline {shown}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"the baseline {shown} is no JSON report", "make one with avcdoctor explain --format json -o FILE"
        ) from error


def split(incidents: Sequence[Incident], known: FrozenSet[str]) -> Tuple[List[Incident], List[Incident]]:
    """Incidents that are new, and those that the baseline has."""
    return [one for one in incidents if one.id not in known], [one for one in incidents if one.id in known]
