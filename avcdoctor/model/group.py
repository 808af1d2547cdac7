"""Groups: denials of the same source type, target type and class counted together, and what was read to get them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, NamedTuple, Optional, Tuple

from avcdoctor.model.denial import TEXT, Denial


class Counted(NamedTuple):
    """A distinct value of a group (an object, a process, a context) and how often it was seen."""

    value: str
    seen: int


class Buckets(NamedTuple):
    """How many denials fell into each stretch of time.

    Args:
        width: how long a stretch is, in milliseconds.
        counts: when a stretch begins (milliseconds since the epoch) and how many denials it holds; empty ones are
            left out.
    """

    width: int = 0
    counts: Tuple[Tuple[int, int], ...] = ()


class HostSeen(NamedTuple):
    """A host that a group was seen on: how often, and when first and last (milliseconds since the epoch)."""

    name: str
    seen: int
    first: Optional[int] = None
    last: Optional[int] = None


@dataclass(frozen=True)
class Group:
    """Denials with the same source type, target type and class, told by the same: an aggregate with bounded memory.

    Hosts are counted like programs and paths: `hosts` holds those with most denials, and `host_set` has a bit for each
    one's place in `InputSummary.hosts`. Both are empty where no record names its host.

    `examples` are denials kept whole: the first ones, and those that brought a new program, path or port.
    `cut` says what was left out for the sake of memory: a name such as "objects" and how many sightings.
    `inferred` says which of "source" and "target" no record has: there it is what the policy lets one expect.
    """

    source: str
    target: str
    tclass: str
    permissions: Mapping[str, int]
    count: int
    first: Optional[int] = None  # milliseconds since the epoch
    last: Optional[int] = None
    permissive: int = 0  # how many of `count` carry permissive=1
    objects: Tuple[Counted, ...] = ()
    processes: Tuple[Counted, ...] = ()
    ports: Tuple[Counted, ...] = ()
    source_contexts: Tuple[Counted, ...] = ()
    target_contexts: Tuple[Counted, ...] = ()
    examples: Tuple[Denial, ...] = ()
    cut: Mapping[str, int] = field(default_factory=dict)
    times: Buckets = Buckets()  # noqa: RUF009 - a tuple never changes
    provenance: str = TEXT  # one of `PROVENANCES`
    hosts: Tuple[HostSeen, ...] = ()
    host_set: int = 0
    inferred: Tuple[str, ...] = ()

    @property
    def key(self) -> Tuple[str, str, str, str]:
        """(provenance, source type, target type, class): what makes two denials one group."""
        return (self.provenance, self.source, self.target, self.tclass)

    @property
    def told(self) -> bool:
        """Whether both types are known, so that a policy can be asked; one that no record has is empty."""
        return bool(self.source and self.target)

    @property
    def host_count(self) -> int:
        """On how many hosts it was seen; 0 where no record names its host."""
        return bin(self.host_set).count("1")

    @property
    def node(self) -> str:
        """The host's name where it was seen on one that has a name, else empty."""
        return self.hosts[0].name if self.host_count == 1 else ""


@dataclass(frozen=True)
class Rest:
    """Denials of the rarest groups, put together by class where there are more groups than are kept."""

    provenance: str
    tclass: str
    groups: int
    count: int
    permissions: Mapping[str, int]
    first: Optional[int] = None
    last: Optional[int] = None


@dataclass(frozen=True)
class Unreadable:
    """A line that looked like a denial and could not be read."""

    where: str  # "FILE:LINE", or "FILE@BYTE"
    reason: str
    text: str


@dataclass(frozen=True)
class InputSummary:
    """What was read: every denial that looked like one is either in a group or counted here.

    Args:
        records: how many records were read; of the logs in `scanned`, only those that are about a denial.
        scanned: bytes of large raw logs, which are searched for denials and not read record by record.
        unchanged: nothing came to the log since an earlier run, so nothing was read.
        provenance: how many denials the kernel, object managers and mere texts tell.
        hosts: every host that a denial names.
        rest: denials whose groups were too many to be kept apart.
    """

    files: Tuple[str, ...] = ()
    records: int = 0
    denials: int = 0
    granted: int = 0
    unreadable: int = 0
    unreadable_examples: Tuple[Unreadable, ...] = ()
    failed: Tuple[str, ...] = ()  # inputs that could not be read at all, each with its reason
    warnings: Tuple[str, ...] = ()
    first: Optional[int] = None
    last: Optional[int] = None
    scanned: int = 0
    unchanged: bool = False
    provenance: Mapping[str, int] = field(default_factory=dict)
    hosts: Tuple[str, ...] = ()
    rest: Tuple[Rest, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The outcome of reading logs: groups and a summary of the input."""

    groups: Tuple[Group, ...]
    summary: InputSummary

    def vouched(self) -> Reading:
        """Only what the kernel and known object managers told: what a fix may act on unasked."""
        return Reading(tuple(group for group in self.groups if group.provenance != TEXT), self.summary)
