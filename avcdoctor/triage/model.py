"""The nouns of triage: what was seen, which layer it speaks of, and what follows; frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple

from avcdoctor.model import Remedy


@dataclass(frozen=True)
class LogLine:
    """One line of a log, taken apart; strings are text (see `avcdoctor.model.safe_text`)."""

    number: int  # counted from 1
    text: str
    message: str  # without time, host and program
    process: str = ""
    pid: Optional[int] = None
    time: str = ""  # as it stood
    seconds: Optional[float] = None  # of the day, for comparing lines with each other
    uid: str = ""  # the user who wrote it, where journald tells


@dataclass(frozen=True)
class Observation:
    """Something in the evidence that speaks for a layer."""

    layer: str
    what: str
    proof: str
    where: str = ""  # "line 3", or the file and line
    errno: str = ""
    path: str = ""
    process: str = ""
    time: str = ""
    seconds: Optional[float] = None
    line: str = ""
    rule: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RuledOutLayer:
    """A layer that was considered, and why it is not the one."""

    layer: str
    why: str


@dataclass(frozen=True)
class Explanation:
    """What an observation means and what to do, before it is joined with its evidence."""

    kind: str  # finer than the layer: "read-only", "strict-modes", ...
    title: str
    cause: str
    because: str
    remedies: Tuple[Remedy, ...] = ()
    also: Tuple[str, ...] = ()  # layers that share in it
    if_selinux: str = ""
    sure: Tuple[str, ...] = ()  # how to be sure, in words and commands
    see: Tuple[str, ...] = ()
    warnings: Tuple[str, ...] = ()
    likely: bool = False  # the circumstances speak for the layer, beyond the error number


@dataclass(frozen=True)
class TriageIncident:
    """Observations with one meaning: a layer, why, what else was ruled out, and the ways out."""

    id: str
    layer: str
    proof: str
    explanation: Explanation
    observations: Tuple[Observation, ...]
    rule: str = ""
    ruled_out: Tuple[RuledOutLayer, ...] = ()

    @property
    def undecided(self) -> bool:
        """Whether SELinux can't be excluded: only EACCES speaks, or EPERM for want of a capability."""
        first = self.observations[0]
        if self.proof not in ("errno", "symptom") or self.layer == "selinux":
            return False
        lacking = first.errno == "EPERM" and self.layer == "capability"  # SELinux takes capabilities away with EPERM
        return first.errno == "EACCES" or lacking or "selinux" in self.explanation.also


@dataclass(frozen=True)
class Triage:
    """The outcome: incidents, the leading one first, and what SELinux has to do with it.

    Args:
        layer: the leading incident's layer, or "" when nothing was recognised.
        selinux: "true", "false" or "unknown".
        blocked: whether an SELinux denial of this evidence was enforced.
        recognised: whether anything in the evidence is a record or a message of a log.
    """

    layer: str
    selinux: str
    selinux_why: str
    incidents: Tuple[TriageIncident, ...]
    blocked: bool = False
    recognised: bool = True
    lines: int = 0
    sources: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()
