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
    node: str = ""
    milliseconds: Optional[int] = None
    serial: Optional[int] = None


def sighting(denial: Denial) -> Sighting:
    """The part of a denial that is counted."""
    return Sighting(
        key=(denial.provenance, denial.source.type, denial.target.type, denial.tclass),
        permissions=denial.permissions,
        permissive=denial.permissive is True,
        source_context=str(denial.source),
        target_context=str(denial.target),
        program=denial.comm,
        object=object_of(denial.name, denial.fields),
        port="" if denial.port is None else str(denial.port),
        invalid=denial.invalid_target or denial.invalid_source,
        node=denial.event.node,
        milliseconds=denial.event.milliseconds,
        serial=denial.event.serial,
    )


OBJECT_FIELDS = ("path", "interface", "member", "kmod", "service", "property", "cmdline")
"""Fields that `object_of` looks at."""


def object_of(name: str, fields: Mapping[str, str]) -> str:
    """What a denial is about in its own record's words: a name, a path, a kernel module, a message or a service."""
    if name or fields.get("path"):
        return name or fields["path"]
    if "interface" in fields and "member" in fields:
        return f"{fields['interface']}.{fields['member']}"
    return fields.get("kmod") or fields.get("service") or fields.get("property") or fields.get("cmdline") or ""


Order = Tuple[int, int, str]
_LATE = 1 << 62


def order_of(seen: Sighting) -> Order:
    """Which of two denials is the better example: the earlier event."""
    milliseconds = _LATE if seen.milliseconds is None else seen.milliseconds
    return (milliseconds, _LATE if seen.serial is None else seen.serial, seen.node)


class Slot:
    """The place of a denial that is to be kept whole; it is filled when its event is complete.

    Until somebody needs the denial, `unread` may hold the event's lines and the denial's own one instead.
    """

    __slots__ = ("came", "denial", "order", "seen", "unread", "uses")

    def __init__(self, seen: Sighting, order: Order, came: int) -> None:
        self.seen = seen
        self.order = order
        self.came = came  # its number in the order in which places were given
        self.uses = 0  # values it is the example of
        self.denial: Optional[Denial] = None
        self.unread: Optional[Tuple[Tuple[bytes, ...], bytes]] = None


class Examples:
    """Which denials of a group are kept whole: the first to bring a value, a number of values of each kind.

    Within a log the first is the one that comes first. Where parts are merged it is the earliest, so that the outcome
    does not depend on the order in which they are.
    """

    __slots__ = ("_given", "count", "known")

    def __init__(self) -> None:
        self._given = 0
        self.known: Dict[str, Dict[object, Slot]] = {kind: {} for kind, _ in _EXAMPLES}
        self.count = 0

    @property
    def kept(self) -> List[Slot]:
        """The places, the earliest first."""
        slots = {id(slot): slot for known in self.known.values() for slot in known.values()}
        return sorted(slots.values(), key=lambda slot: slot.order)

    def has(self, kind: str, value: str) -> bool:
        """Whether a value brings nothing new."""
        return not value or value in self.known[kind] or len(self.known[kind]) >= LIMITS[kind]

    def knows(self, program: str, name: str, port: str) -> bool:
        """Whether these bring nothing new, whatever else a denial brings."""
        return self.has("program", program) and self.has("object", name) and self.has("port", port)

    def reserve(self, seen: Sighting, by_time: bool = False) -> Optional[Slot]:
        """A place for the denial if it is an example of something.

        Args:
            seen: the denial.
            by_time: it comes from another part, so an earlier one takes the place of a later one.
        """
        self._given += 1
        slot = Slot(seen, order_of(seen), self._given)
        self._claim(slot, by_time)
        return slot if slot.uses else None

    def settle(self) -> None:
        """Let the earliest take their places, as in a part that comes from elsewhere."""
        slots = sorted(self.kept, key=lambda slot: (slot.order, slot.came))
        self.known = {kind: {} for kind, _ in _EXAMPLES}
        self.count = 0
        for slot in slots:
            slot.uses = 0
            self._claim(slot, by_time=True)

    def _claim(self, slot: Slot, by_time: bool) -> None:
        """Make a denial the example of what it brings."""
        for kind, value in _kinds(slot.seen):
            known = self.known[kind]
            if not value:
                continue
            worse = value if value in known else None
            if worse is None and len(known) >= LIMITS[kind]:
                worse = max(known, key=lambda one: known[one].order)
            if worse is not None:
                if not by_time or known[worse].order <= slot.order:
                    continue
                gone = known.pop(worse)
                gone.uses -= 1
                self.count -= gone.uses == 0
            known[value] = slot
            slot.uses += 1
        self.count += slot.uses > 0


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
