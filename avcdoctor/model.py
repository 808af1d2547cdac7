"""The nouns of avcdoctor: frozen dataclasses without any input, output or third-party import.

Strings from the log come in two kinds. *Text* is safe to show: control characters and undecodable bytes are
escaped when it enters the model (see `safe_text`). A *raw* name is what the system calls the object; it is kept
only where a command must name the object, and renderers quote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, NamedTuple, Optional, Tuple, Union

from avcdoctor.proposals import Proposal as Proposal  # noqa: PLC0414 - one of the nouns, in a file of its own

REMEDY_KINDS = (
    "restorecon",
    "fcontext",
    "exec-type",
    "move",
    "boolean",
    "port",
    "container-label",
    "domain-transition",
    "mount-option",
    "dac",
    "constraint",
    "app-fix",
    "package-update",
    "policy-update",
    "dontaudit",
    "module",
    "keep-denied",
)
"""Every remedy kind; the vocabulary of reports, rule packs and measured cases alike."""

APPLICABILITIES = ("safe", "review", "manual")
"""safe: restores what the policy intends. review: grants something new. manual: no program can apply it."""


KERNEL, MANAGER, TEXT = "kernel", "manager", "text"
PROVENANCES = (KERNEL, MANAGER, TEXT)
"""Who tells a denial: the kernel (the raw trail, or what the journal vouches for), an object manager that is known, or
a text that anybody could have written (syslog, interpreted output, pastes). A fix acts on the first two."""


def safe_text(value: Union[str, bytes]) -> str:
    """Make a string from the log safe to show: control characters and undecodable bytes become backslash escapes.

    Args:
        value: bytes from the log, or a string that may hold surrogate escapes.

    Returns:
        Printable text. Backslashes that were there before are doubled only when something else was escaped,
        so that ordinary text stays as it is.
    """
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    if text.isprintable():
        return text
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class Context(NamedTuple):
    """A security context; `level` is empty on systems without MLS."""

    user: str
    role: str
    type: str
    level: str = ""

    @classmethod
    def parse(cls, text: str) -> Context:
        """Split `user:role:type[:level]`.

        Raises:
            ValueError: fewer than three fields, or an empty one.
        """
        parts = text.split(":", 3)
        if len(parts) < 3 or not all(parts[:3]):
            raise ValueError(f"not a security context: {safe_text(text)!r}")
        return cls(*parts)

    def __str__(self) -> str:
        return ":".join(part for part in self if part)

    def with_type(self, type_: str) -> Context:
        """The same context with another type."""
        return self._replace(type=type_)


class EventId(NamedTuple):
    """What records of one event share. `milliseconds` (since the epoch) and `serial` are None where a log has none."""

    node: str = ""
    milliseconds: Optional[int] = None
    serial: Optional[int] = None


@dataclass(frozen=True)
class PathRecord:
    """A PATH record: one file the system call touched, as it was at the time of the event."""

    name: str
    raw: str
    nametype: str = ""
    mode: Optional[int] = None
    owner: str = ""
    group: str = ""
    context: str = ""
    device: str = ""
    inode: Optional[int] = None


@dataclass(frozen=True)
class Denial:
    """One AVC, USER_AVC or SELINUX_ERR record with what its event adds.

    Every string is text (see the module's first lines) but `raw_path` and `raw_name`, which name the object as the
    system does. `fields` holds the record's remaining fields as text, by their names in the record.
    """

    event: EventId
    record_type: str
    permissions: Tuple[str, ...]
    source: Context
    target: Context
    tclass: str
    permissive: Optional[bool] = None
    pid: Optional[int] = None
    comm: str = ""
    exe: str = ""
    path: str = ""
    raw_path: str = ""
    name: str = ""
    raw_name: str = ""
    device: str = ""
    inode: Optional[int] = None
    port: Optional[int] = None
    protocol: str = ""
    capability: Optional[int] = None
    ioctl: Optional[int] = None
    invalid_source: str = ""  # srawcon=: the context as stored, which the policy does not know
    invalid_target: str = ""  # trawcon=: likewise
    syscall: str = ""
    exit: str = ""  # errno name such as EACCES, or the number as it stood
    success: Optional[bool] = None
    uid: str = ""
    cwd: str = ""
    proctitle: Tuple[str, ...] = ()
    execve: Tuple[str, ...] = ()
    paths: Tuple[PathRecord, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    raw: Tuple[str, ...] = ()  # the records as they stood, as text
    provenance: str = TEXT  # one of `PROVENANCES`


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

    @property
    def key(self) -> Tuple[str, str, str, str]:
        """(provenance, source type, target type, class): what makes two denials one group."""
        return (self.provenance, self.source, self.target, self.tclass)

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


@dataclass(frozen=True)
class Action:
    """One typed, reversible step, as reports and plans hold it; `avcdoctor.actions` knows what each one means.

    Args:
        do: the step's name, one of `avcdoctor.actions`.
        argv: the command a person would type; an argument list, never a shell line. Empty for `manual`.
        parameters: what the step needs to be carried out without parsing `argv`.
    """

    do: str
    argv: Tuple[str, ...] = ()
    parameters: Mapping[str, Union[str, int, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class Simulation:
    """What the policy says of a remedy: before and after are "denied", "allowed" or "unknown"."""

    before: str
    after: str
    why: str
    policy: str = ""  # the policy that was asked


class GrantedRule(NamedTuple):
    """A part of a module's rule: what it allows, whether that was seen to be denied, and why it is there.

    Args:
        target: the target type; the source itself where the rule is about that.
    """

    source: str
    target: str
    tclass: str
    permissions: Tuple[str, ...]
    seen: bool
    why: str


@dataclass(frozen=True)
class Remedy:
    """One way out of an incident, made concrete and simulated."""

    kind: str
    title: str
    applicability: str
    lasting: bool
    resolves: int  # denials of the incident that this remedy ends
    simulation: Simulation
    grants: Tuple[str, ...] = ()
    actions: Tuple[Action, ...] = ()
    undo: Tuple[Action, ...] = ()
    notes: Tuple[str, ...] = ()  # what a person should know before choosing it
    groups: Tuple[Tuple[str, str, str, str], ...] = ()  # keys of the groups it resolves
    wide: str = ""  # what makes it open far more than the incident; such a remedy is never taken unasked
    rules: Tuple[GrantedRule, ...] = ()  # a module's rules: what was denied, and apart from it what was added


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


def raw_name(value: bytes) -> str:
    """Decode a file name so that encoding it as UTF-8 with surrogate escapes gives back the same bytes."""
    return value.decode("utf-8", "surrogateescape")
