"""The report: every incident of what was read, the policy that judged it, and what was left out on request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Tuple

from avcdoctor.model.finding import Incident
from avcdoctor.model.group import InputSummary


@dataclass(frozen=True)
class PolicyInfo:
    """Which policy the verdicts come from.

    Args:
        origin: "host", "file", "root", "reference" or "none".
        name: what to call it in a sentence, such as "Debian's default policy (version 33)".
    """

    origin: str
    name: str
    path: str = ""
    version: int = 0
    mls: bool = False
    types: int = 0
    rules: int = 0
    unknown_types: Tuple[str, ...] = ()  # types of the log that this policy does not have
    notes: Tuple[str, ...] = ()


class Spread(NamedTuple):
    """An incident that an earlier report has, on hosts that it does not name there."""

    incident: str
    title: str
    hosts: Tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """Incidents that a report leaves out, since somebody knows them or did not ask for them.

    Args:
        spread: those of the baseline that came to more hosts.
    """

    filtered: int = 0
    ignored: int = 0
    ignored_denials: int = 0
    baseline: int = 0
    baseline_denials: int = 0
    spread: Tuple[Spread, ...] = ()


@dataclass(frozen=True)
class Report:
    """Everything `explain` has to say."""

    policy: PolicyInfo
    input: InputSummary
    incidents: Tuple[Incident, ...]
    cover: Tuple[Tuple[str, int], ...] = ()  # the smallest set of remedies: (incident id, index of its remedy)
    warnings: Tuple[str, ...] = ()
    known: Known = Known()
