"""Counts access vectors by their bytes: fields are read once for each distinct vector, not for each line."""

from __future__ import annotations

import re
from itertools import chain
from typing import Dict, Optional, Tuple

from avcdoctor.group.examples import Sighting, Slot, object_of, sighting
from avcdoctor.group.grouper import Grouper
from avcdoctor.group.timeline import SHORTEST, Timeline
from avcdoctor.model import Context
from avcdoctor.parse.denials import denials_of, port_of
from avcdoctor.parse.fields import first_of, split_fields, text
from avcdoctor.parse.records import split_records
from avcdoctor.read.counters import Tally

_MANY = 2048  # vectors above which those that differ in categories only are put together
_KERNEL = b"type=AVC msg=audit"
_PORT_CLASSES = frozenset({"tcp_socket", "udp_socket"})
_MOST_HELD = 12 << 20  # bytes; with more, what was seen is counted into groups and its bytes are forgotten
_A_PORT, _A_PAIR, _A_VECTOR = 120, 300, 1200  # bytes that one takes, about, besides its text
# User, role and type, then the level: of the source, of the target; class; whether it is permissive.
_TAIL = re.compile(
    rb" scontext=(%(name)s:%(name)s:%(name)s)((?::[A-Za-z0-9_.:,-]+)?)"
    rb" tcontext=(%(name)s:%(name)s:%(name)s)((?::[A-Za-z0-9_.:,-]+)?)"
    rb" tclass=([A-Za-z0-9_]+)(?: permissive=([01]))? ?\Z" % {b"name": rb"[A-Za-z0-9_.,-]+"}
)
_TIME = re.compile(rb"([0-9]{10}).?([0-9]{0,3})")
_PERMISSIONS = re.compile(rb"\{ ([a-z0-9_ ]+) \Z")
# What most vectors say between permissions and contexts; ASCII without backslashes is safe text as it stands.
_OBJECT = re.compile(
    rb' comm="([!#-\[\]-~]*)"(?: (?:(?:path|name)="([!#-\[\]-~]*)"|(?:dest|src)=([0-9]{1,5})|capability=[0-9]+ ?))? ?\Z'
)


_ENDS_IN_PORT = re.compile(rb'( comm="[!#-\[\]-~]*" (?:dest|src))=([0-9]{1,5}) ?\Z')


STRETCH = 8
"""Digits of a time in seconds that tell its stretch of 100 seconds, as long as a timeline's shortest one."""


class Pair:
    """One program and object of a vector, and how often they were seen together."""

    __slots__ = ("name", "port", "program", "times")

    def __init__(self, program: str, name: str, port: str) -> None:
        self.program = program
        self.name = name
        self.port = port
        self.times = 0


class Vector:
    """Denials with the same permissions, types and class; `pairs` tells them apart by program and object.

    `like` holds the contexts as well. Where those change from line to line, `contexts` counts them; with the target
    `settled`, no further source is to be kept whole. Where no further port is, `ports` counts them, and `pairs` does
    without.
    """

    __slots__ = ("contexts", "first", "last", "like", "pairs", "ports", "settled", "stretch", "timeline", "within")

    def __init__(self, like: Sighting, stamp: bytes) -> None:
        self.like = like
        self.pairs: Dict[bytes, Pair] = {}
        self.contexts: Dict[Tuple[bytes, bytes], int] = {}
        self.ports: Optional[Dict[bytes, int]] = None
        self.settled = b""
        self.first = stamp
        self.last = stamp
        self.timeline = Timeline()
        self.stretch = b""  # the first digits of the last time; records come in its order, so few others follow
        self.within = 0  # how many of that stretch are not in the timeline yet

    def see(self, stamp: bytes) -> None:
        """Note when the vector was seen once more."""
        self.first = min(self.first, stamp)
        self.last = max(self.last, stamp)
        if stamp[:STRETCH] == self.stretch:
            self.within += 1
        else:
            self.turn(stamp)

    def turn(self, stamp: bytes) -> None:
        """Note a time of another stretch than the last one."""
        self.settle()
        if stamp[:STRETCH].isdigit():
            self.stretch, self.within = stamp[:STRETCH], 1

    def settle(self) -> None:
        """Put what was counted last into the timeline."""
        if self.within:
            self.timeline.add_stretch(int(self.stretch) * SHORTEST, self.within)
            self.stretch, self.within = b"", 0


class VectorTable:
    """The vectors met so far.

    Args:
        grouper: where they are counted to.
        tally: where their number and times are counted.
    """

    def __init__(self, grouper: Grouper, tally: Tally) -> None:
        self.known: Dict[bytes, Optional[Vector]] = {}
        self.fresh = False  # whether the last vector that `learn` gave has contexts that may be worth an example
        self._without_levels: Dict[Tuple[bytes, ...], Vector] = {}
        self._grouper = grouper
        self._tally = tally
        self.held = 0  # bytes, about

    def learn(self, key: bytes, prefix: bytes, head: bytes, tail: bytes, stamp: bytes) -> Optional[Vector]:
        """Read a vector that was not met before.

        Args:
            key: what it is to be known by.
            prefix: what stands before the stamp's bracket: `type=AVC msg=audit`, perhaps with a node.
            head: from `{` to before `}`.
            tail: from ` scontext=` to the line's end.
            stamp: seconds and milliseconds.

        Returns:
            The vector, or None if its line has to be read in full each time.
        """
        self.fresh = False
        if len(self.known) >= _MANY and b":c" in tail and prefix == _KERNEL:
            vector = self._by_types(head, tail, stamp)
            if vector is not None:
                return vector
        like = _quick(prefix, head, tail) or _thorough(prefix, head, tail)
        vector = Vector(like, stamp) if like is not None else None
        self.known[key] = vector
        self.held += _A_VECTOR + 2 * len(key)
        return vector

    def _by_types(self, head: bytes, tail: bytes, stamp: bytes) -> Optional[Vector]:
        """A vector whatever its categories: where each container has its own, every line would be a new one."""
        match = _TAIL.match(tail)
        if match is None:
            return None
        source, source_level, target, target_level, tclass, permissive = match.groups()
        key = (head, source, target, tclass, permissive)
        vector = self._without_levels.get(key)
        if vector is None:
            like = _quick(_KERNEL, head, tail)
            if like is None:
                return None
            vector = self._without_levels[key] = Vector(like, stamp)
            self.held += _A_VECTOR + len(head) + len(tail)
        contexts = (source + source_level, target + target_level)
        if contexts in vector.contexts:
            vector.contexts[contexts] += 1
            return vector
        vector.contexts[contexts] = 1
        self.held += _A_PAIR + len(tail)
        if contexts[1] == vector.settled:
            return vector
        names = (contexts[0].decode(), contexts[1].decode())
        if self._grouper.knows_contexts(vector.like, *names):
            vector.settled = contexts[1] if self._grouper.knows_sources(vector.like) else b""
        else:
            self.fresh = True
            vector.like = vector.like._replace(source_context=names[0], target_context=names[1])
        return vector

    def pair(self, vector: Vector, middle: bytes) -> Optional[Slot]:
        """Note a program and object, or contexts, that are new to a vector.

        Args:
            vector: the vector.
            middle: what stands between the permissions and the contexts.

        Returns:
            The place for the denial, if it should be kept whole.
        """
        first = self.fresh or not vector.pairs
        pair = vector.pairs.get(middle)
        if pair is None:
            pair = vector.pairs[middle] = _pair(vector.like, middle)
            self.held += _A_PAIR + 2 * len(middle)
        if (
            pair.port
            and vector.ports is None
            and self._grouper.knows_ports(vector.like)
            and _ENDS_IN_PORT.match(middle)
        ):
            vector.ports = {}
        if not first and self._grouper.knows(vector.like, pair.program, pair.name, pair.port):
            return None
        return self._grouper.reserve(vector.like._replace(program=pair.program, object=pair.name, port=pair.port))

    def take_port(self, vector: Vector, middle: bytes) -> bytes:
        """Count a vector's port, and give back what stands before it; all of it where it ends in no port."""
        match = _ENDS_IN_PORT.match(middle)
        if match is None or vector.ports is None:
            return middle
        self.count_port(vector.ports, match[2])
        return match[1]

    def count_port(self, ports: Dict[bytes, int], port: bytes) -> None:
        """Count a port of a vector."""
        if port not in ports:
            self.held += _A_PORT
        ports[port] = ports.get(port, 0) + 1

    def flush(self, always: bool = True) -> None:
        """Count what was seen into groups and forget its bytes; with `always` off only when there is much of it."""
        if not always and self.held < _MOST_HELD:
            return
        for vector in chain(self.known.values(), self._without_levels.values()):
            if vector is None:
                continue
            first, last = _milliseconds(vector.first), _milliseconds(vector.last)
            details = [(pair.program, pair.name, pair.port, pair.times) for pair in vector.pairs.values()]
            contexts = {
                (source.decode(), target.decode()): number for (source, target), number in vector.contexts.items()
            }
            vector.settle()
            vector.timeline.span(first, last)
            times = self._grouper.count(vector.like, details, vector.timeline, contexts)
            self._grouper.count_ports(vector.like, _ports(vector.ports))
            self._tally.denials += times
            self._tally.records += times
            self._tally.span(first)
            self._tally.span(last)
        self.known.clear()
        self._without_levels.clear()
        self.held = 0


def _ports(counted: Optional[Dict[bytes, int]]) -> Dict[str, int]:
    """Ports by their numbers; what is none is left out, as where a record is read in full."""
    ports: Dict[str, int] = {}
    for word, times in (counted or {}).items():
        if word.rstrip().isdigit() and int(word) < 65536:
            ports[str(int(word))] = ports.get(str(int(word)), 0) + times
    return ports


def _milliseconds(stamp: bytes) -> Optional[int]:
    """A time, whose digits behind the point nobody has looked at yet; None for what is no time."""
    match = _TIME.match(stamp)
    return int(match[1]) * 1000 + int(match[2].ljust(3, b"0")) if match else None


def _quick(prefix: bytes, head: bytes, tail: bytes) -> Optional[Sighting]:
    """The vector, when it looks as nearly all do."""
    names, match = _PERMISSIONS.match(head), _TAIL.match(tail)
    if not names or not match or prefix != _KERNEL:
        return None
    try:
        source, target = Context.parse((match[1] + match[2]).decode()), Context.parse((match[3] + match[4]).decode())
    except ValueError:
        return None
    return Sighting(
        key=("", source.type, target.type, match[5].decode()),
        permissions=tuple(names[1].decode().split()),
        permissive=match[6] == b"1",
        source_context=str(source),
        target_context=str(target),
        program="",
        object="",
        port="",
        invalid="",
    )


def _thorough(prefix: bytes, head: bytes, tail: bytes) -> Optional[Sighting]:
    """The vector, read as any record is; None if the line holds more than one record or can't be read."""
    message = b"pid=1 msg='" if b"USER_AVC" in prefix else b""
    line = prefix + b"(1.000:1): " + message + b"avc:  denied  " + head + b"} for " + tail
    records = split_records(line)
    outcome = denials_of(records)
    if len(records) != 1 or len(outcome.denials) != 1:
        return None
    return sighting(outcome.denials[0])


def _pair(like: Sighting, middle: bytes) -> Pair:
    """Program, object and port of a vector."""
    match = _OBJECT.match(middle)
    if match and (match[3] is None or like.key[3] in _PORT_CLASSES):
        port = str(int(match[3])) if match[3] is not None and int(match[3]) < 65536 else ""
        return Pair(match[1].decode(), match[2].decode() if match[2] is not None else "", port)
    fields = first_of(split_fields(middle, avc=True))
    words = {key: text(field) for key, field in fields.items() if key != "name"}
    number = port_of(fields, like.key[3])
    name = object_of(text(fields.get("name")), words)
    return Pair(text(fields.get("comm")), name, "" if number is None else str(number))
