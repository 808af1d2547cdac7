"""What is counted of a denial, and which denials are worth keeping whole."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.model import Denial

_EXAMPLES = (
    ("permissions", 8),
    ("program", 3),
    ("object", 3),
    ("port", 3),
    ("target", 2),
    ("source", 2),
    ("invalid", 2),
)
"""A denial is kept whole when it is among the first to bring a new value of one of these; how many of each."""

Key = Tuple[str, str, str, str]
Detail = Tuple[str, str, str, int]
"""A program, an object, a port, and how often they were seen together."""


class Sighting(NamedTuple):
    """What grouping needs to know of a denial; everything in it stands in the denial's own record."""

    key: Key
    permissions: Tuple[str, ...]
    permissive: bool
    source_context: str
    target_context: str
    program: str
    object: str
    port: str
    invalid: str


def sighting(denial: Denial) -> Sighting:
    """The part of a denial that is counted."""
    return Sighting(
        key=(denial.event.node, denial.source.type, denial.target.type, denial.tclass),
        permissions=denial.permissions,
        permissive=denial.permissive is True,
        source_context=str(denial.source),
        target_context=str(denial.target),
        program=denial.comm,
        object=object_of(denial.name, denial.fields),
        port="" if denial.port is None else str(denial.port),
        invalid=denial.invalid_target or denial.invalid_source,
    )


def object_of(name: str, fields: Mapping[str, str]) -> str:
    """What a denial is about in its own record's words: a name, a path, a kernel module, a message or a service."""
    if name or fields.get("path"):
        return name or fields["path"]
    if "interface" in fields and "member" in fields:
        return f"{fields['interface']}.{fields['member']}"
    return fields.get("kmod") or fields.get("service") or fields.get("property") or fields.get("cmdline") or ""


class Slot:
    """The place of a denial that is to be kept whole; it is filled when its event is complete.

    Until somebody needs the denial, `unread` may hold the event's lines and the denial's own one instead.
    """

    __slots__ = ("denial", "seen", "unread")

    def __init__(self, seen: Sighting, denial: Optional[Denial] = None) -> None:
        self.seen = seen
        self.denial = denial
        self.unread: Optional[Tuple[Tuple[bytes, ...], bytes]] = None


class Examples:
    """Which denials of a group are kept whole: the first to bring each new value, up to a number for each kind."""

    __slots__ = ("kept", "known")

    def __init__(self) -> None:
        self.kept: List[Slot] = []
        self.known: Dict[str, Dict[object, None]] = {kind: {} for kind, _ in _EXAMPLES}

    def full(self, kind: str) -> bool:
        """Whether enough values of a kind have their example."""
        return len(self.known[kind]) >= LIMITS[kind]

    def has(self, kind: str, value: str) -> bool:
        """Whether a value brings nothing new."""
        return not value or value in self.known[kind] or self.full(kind)

    def knows(self, program: str, name: str, port: str) -> bool:
        """Whether these bring nothing new, whatever else a denial brings."""
        return self.has("program", program) and self.has("object", name) and self.has("port", port)

    def reserve(self, seen: Sighting) -> Optional[Slot]:
        """A place for the denial if it brings something new, which is then noted."""
        new = False
        for kind, value in _kinds(seen):
            known = self.known[kind]
            if value and value not in known and not self.full(kind):
                known[value] = None
                new = True
        if not new:
            return None
        self.kept.append(Slot(seen))
        return self.kept[-1]


LIMITS = dict(_EXAMPLES)
"""How many values of each kind get an example."""


def _kinds(seen: Sighting) -> Iterable[Tuple[str, object]]:
    return (
        ("permissions", seen.permissions),
        ("program", seen.program),
        ("object", seen.object),
        ("port", seen.port),
        ("target", seen.target_context),
        ("source", seen.source_context),
        ("invalid", seen.invalid),
    )
