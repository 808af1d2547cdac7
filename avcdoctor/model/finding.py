"""Findings and incidents: groups that share one cause, what proves it, and the ways out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Optional, Tuple

from avcdoctor.model.group import Group
from avcdoctor.model.proposals import Proposal
from avcdoctor.model.remedy import Remedy


@dataclass(frozen=True)
class RuledOut:
    """A remedy kind that was considered and does not help here, and why."""

    kind: str
    why: str


@dataclass(frozen=True)
class Finding:
    """Groups that share one cause, what proves the cause, and what could be done, in order of preference."""

    cause: str
    title: str
    why: str
    groups: Tuple[Group, ...]
    rule: Optional[str] = None
    evidence: Tuple[str, ...] = ()
    next: str = ""  # what would fail next if only the permission seen were allowed
    ruled_out: Tuple[RuledOut, ...] = ()
    proposals: Tuple[Proposal, ...] = ()
    root: Tuple[str, ...] = ()  # what makes groups one finding; the incident's id comes from it
    never: Tuple[str, ...] = ()  # what people try here and must not, and why it fails
    warnings: Tuple[str, ...] = ()
    see: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Incident:
    """A finding with its remedies: what the report shows."""

    id: str  # stable for the same cause, source and objects: the same incident in tomorrow's log has the same id
    finding: Finding
    remedies: Tuple[Remedy, ...] = ()
    same_hosts: Optional[int] = None  # the hosts whose first remedy is this one, as `Group.host_set`; None is all

    @property
    def hosts(self) -> int:
        """The hosts that have it, as `Group.host_set`."""
        everywhere = 0
        for group in self.finding.groups:
            everywhere |= group.host_set
        return everywhere

    @property
    def denials(self) -> int:
        """How many denials the incident's groups hold together."""
        return sum(group.count for group in self.finding.groups)


def incident_id(*parts: str) -> str:
    """A short id that stays the same for the same cause, whatever the counts.

    Args:
        parts: what makes the incident one: its cause, its rule, and what it is about.
    """
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:8]
