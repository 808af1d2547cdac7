"""Counts denials by their lines' bytes: the general reader reads one line, then others like it are only counted."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional, Set, Tuple

from avcdoctor.group.examples import Sighting, Slot
from avcdoctor.group.grouper import Grouper
from avcdoctor.group.hosts import Times
from avcdoctor.group.timeline import SHORTEST, Timeline
from avcdoctor.model import TEXT, safe_text
from avcdoctor.parse.fields import tidy_fields
from avcdoctor.parse.records import split_records
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.brief import sighting_of, what_of
from avcdoctor.read.shapes.trail import is_own

STRETCH = 8
"""Digits of a time in seconds that tell its stretch of 100 seconds, as long as a timeline's shortest one."""

_MOST_HELD = 12 << 20  # bytes; with more, what was seen is counted into groups and its bytes are forgotten
_MOST_VECTORS = 2048
_MANY = 512  # vectors above which those that differ in categories only are put together: each container has its own
_LEVELS = re.compile(
    rb"([^\n]*) scontext=(%(name)s:%(name)s:%(name)s)((?::[A-Za-z0-9_.:,-]+)?)"
    rb" tcontext=(%(name)s:%(name)s:%(name)s)((?::[A-Za-z0-9_.:,-]+)?) (tclass=[^\n]*)\Z"
    % {b"name": rb"[A-Za-z0-9_.-]+"}
)
_A_PAIR, _A_VECTOR = 300, 1200  # bytes that one takes, about, besides its text
_HEAD = re.compile(
    rb"(?:node=([A-Za-z0-9_.:-]{1,255}) )?type=(AVC|USER_AVC) msg=audit\(([0-9]{10}\.[0-9]{3}):([0-9]{1,20})\): "
)
# A message of dbus-daemon: receiver and processes are another one in nearly each, and no part of what is counted.
_BUS = re.compile(
    rb"([^'\n]*msg='avc:  denied  \{ [a-z_ ]+ \} for msgtype=[^ \"'=]+ (?:interface=[^ \"'=]+ )?(?:member=[^ \"'=]+ )?)"
    rb"dest=[A-Za-z0-9_.:-]+ spid=[0-9]+ (?:tpid=[0-9]+ )?(scontext=[^\n]*)\Z"
)


class Template(NamedTuple):
    """A line taken apart by position: `vector` and `pair` are all of it but time, serial, process and inode numbers."""

    vector: bytes
    pair: bytes
    stamp: bytes  # seconds and milliseconds
    serial: int
    node: Optional[bytes]
    pid: Optional[int]  # what has to come out when the line is read, so that the positions are right
    inode: Optional[int]


class Taken(NamedTuple):
    """Whether a line could be counted by its bytes, and the place for its denial if that is to be kept whole."""

    sound: bool
    slot: Optional[Slot]


class Pair:
    """One program and object of a vector, and how often they were seen together."""

    __slots__ = ("name", "port", "program", "times")

    def __init__(self, program: str, name: str, port: str) -> None:
        self.program = program
        self.name = name
        self.port = port
        self.times = 0


class Vector:
    """Denials that are the same but for program and object, which `pairs` tells apart.

    `hosts` counts hosts where the lines name them, `contexts` the contexts where they change from line to line.
    """

    __slots__ = ("contexts", "first", "hosts", "is_tidy", "last", "like", "pairs", "stretch", "timeline", "within")

    def __init__(self, like: Sighting, is_tidy: bool) -> None:
        self.like = like
        self.is_tidy = is_tidy  # what stands behind the pair is nothing but fields
        self.pairs: Dict[bytes, Optional[Pair]] = {}  # None: lines like this are read in full each time
        self.hosts: Dict[bytes, Times] = {}
        self.contexts: Dict[Tuple[str, str], int] = {}
        self.first = b"\xff"  # later than any time, until the first one is seen
        self.last = b""
        self.timeline = Timeline()
        self.stretch = b""  # the first digits of the last time; records come in its order, so few others follow
        self.within = 0  # how many of that stretch are not in the timeline yet

    def see(self, stamp: bytes, node: Optional[bytes]) -> None:
        """Note when the vector was seen once more, and where."""
        self.first = min(self.first, stamp)
        self.last = max(self.last, stamp)
        if stamp[:STRETCH] == self.stretch:
            self.within += 1
        else:
            self.turn(stamp)
        if node is not None:
            moment = milliseconds_of(stamp)
            seen = Times(1, moment, moment)
            self.hosts[node] = self.hosts[node].plus(seen) if node in self.hosts else seen

    def turn(self, stamp: bytes) -> None:
        """Note a time of another stretch than the last one."""
        self.settle()
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
        self.known: Dict[bytes, Vector] = {}
        self._outside: Set[bytes] = set()
        self._grouper = grouper
        self._tally = tally
        self._held = 0  # bytes, about

    def take(self, line: bytes, template: Template) -> Taken:
        """Count a line.

        Args:
            line: a line that begins as auditd writes it.
            template: the same, taken apart.
        """
        key, contexts, vector = template.vector, None, self.known.get(template.vector)
        if vector is None and len(self.known) >= _MANY and b":c" in key:
            levels = _LEVELS.match(key)
            if levels is not None:
                key = b"\n".join(levels.group(1, 2, 4, 6))
                contexts = ((levels[2] + levels[3]).decode(), (levels[4] + levels[5]).decode())
                vector = self.known.get(key)
        pair = vector.pairs.get(template.pair) if vector is not None else None
        new = pair is None
        if vector is None or template.pair not in vector.pairs:
            pair = self._learn(line, template, key, contexts)
        if pair is None:
            return Taken(False, None)
        vector = self.known[key]
        pair.times += 1
        vector.see(template.stamp, template.node)
        seen = vector.like._replace(program=pair.program, object=pair.name, port=pair.port)
        worth = new and (len(vector.pairs) == 1 or not self._grouper.knows(seen))
        if contexts is not None:
            times = vector.contexts.get(contexts, 0)
            vector.contexts[contexts] = times + 1
            self._held += 0 if times else _A_PAIR + len(contexts[0]) + len(contexts[1])
            seen = seen._replace(source_context=contexts[0], target_context=contexts[1])
            worth = worth or (not times and not self._grouper.knows_contexts(seen))
        return Taken(True, self._place(seen, template) if worth else None)

    def _place(self, seen: Sighting, template: Template) -> Optional[Slot]:
        """The place for a denial that may be worth to be kept whole."""
        moment = milliseconds_of(template.stamp)
        node = safe_text(template.node or b"")
        return self._grouper.reserve(seen._replace(milliseconds=moment, serial=template.serial, node=node))

    def _learn(
        self, line: bytes, template: Template, key: bytes, contexts: Optional[Tuple[str, str]]
    ) -> Optional[Pair]:
        """Read a line whose bytes are new; None if each line like it has to be read in full."""
        vector = self.known.get(key)
        pair = _pair(line, template, vector) if vector is not None and vector.is_tidy else None
        if vector is None or pair is None:
            seen = _read(line, template)
            if seen is not None and contexts in (None, (seen.source_context, seen.target_context)):
                like = seen._replace(program="", object="", port="", node="", milliseconds=None, serial=None)
                if vector is None:
                    vector = self.known[key] = Vector(like, _is_tidy(line, template))
                    self._held += _A_VECTOR + 2 * len(key)
                if contexts is not None:
                    like = like._replace(
                        source_context=vector.like.source_context, target_context=vector.like.target_context
                    )
                pair = Pair(seen.program, seen.object, seen.port) if vector.like == like else None
        if vector is not None:
            vector.pairs[template.pair] = pair
            self._held += _A_PAIR + 2 * len(template.pair)
        return pair

    def is_sound(self, line: bytes, template: Template) -> bool:
        """Whether a line can be counted by its bytes, for lines outside the asked-for time: nothing is counted."""
        key = template.vector + b"\n" + template.pair
        if key not in self._outside and _read(line, template) is not None:
            self._outside.add(key)
            self._held += _A_PAIR + len(key)
        return key in self._outside

    def flush(self, always: bool = True) -> None:
        """Count what was seen into groups and forget its bytes; with `always` off only when there is much of it."""
        if not always and self._held < _MOST_HELD and len(self.known) < _MOST_VECTORS:
            return
        for vector in self.known.values():
            if not vector.last:
                continue
            first, last = milliseconds_of(vector.first), milliseconds_of(vector.last)
            details = [(pair.program, pair.name, pair.port, pair.times) for pair in vector.pairs.values() if pair]
            vector.settle()
            vector.timeline.span(first, last)
            hosts = {safe_text(node): seen for node, seen in vector.hosts.items()}
            times = self._grouper.count(vector.like, details, vector.timeline, hosts or None, vector.contexts or None)
            self._tally.count(times, vector.like.key[0], first, last)
        self._grouper.trim()
        self.known.clear()
        self._outside.clear()
        self._held = 0


def milliseconds_of(stamp: bytes) -> int:
    """A time of a header, which was checked to be one."""
    return int(stamp[:10]) * 1000 + int(stamp[11:14])


def _is_tidy(line: bytes, template: Template) -> bool:
    """Whether what stands behind a kernel's record's pair is nothing but fields, so that the pair can be read alone."""
    return template.pid is not None and bool(tidy_fields(line[line.rfind(b" scontext=") :], avc=True))


def _pair(line: bytes, template: Template, vector: Vector) -> Optional[Pair]:
    """What a line is counted as whose vector is known, read from its middle alone; None if that does not tell."""
    middle = line[line.find(b" comm=", line.find(b"} for  pid=")) : line.rfind(b" scontext=")]
    what = what_of(middle, vector.like.key[3], template.inode, len(line))
    return None if what is None else Pair(*what)


def _read(line: bytes, template: Template) -> Optional[Sighting]:
    """What is counted of a line, as the general reader sees it; None if it is no denial or not what was thought."""
    records = split_records(line, trail=True) if is_own(line) else []
    if len(records) != 1 or records[0].provenance == TEXT or records[0].type not in {"AVC", "USER_AVC"}:
        return None
    try:
        return sighting_of(records[0], template.pid, template.inode)
    except ValueError:
        return None  # it is read in full, which says why


def take_apart(line: bytes) -> Optional[Template]:
    """Take a line apart, if it looks like most.

    Args:
        line: without its end.
    """
    head = _HEAD.match(line)
    if head is None:
        return None
    if head[2] == b"USER_AVC":
        body = line[head.end() :]
        bus = _BUS.match(body)
        key = b"U" + (bus[1] + b"\n" + bus[2] if bus else body)
        return Template((b"n" if head[1] is not None else b"") + key, b"", head[3], int(head[4]), head[1], None, None)
    at = head.end()
    context = line.rfind(b" scontext=", at)
    close = line.find(b"} for  pid=", at, max(context, 0))
    command = line.find(b" comm=", close, max(context, 0))
    if close < 0 or command < 0 or not line[close + 11 : command].isdigit():
        return None
    inode = line.rfind(b" ino=", command, context)
    pair, number = line[command:context], None
    if inode >= 0:
        end = line.find(b" ", inode + 5, context + 1)
        digits = line[inode + 5 : end]
        if not digits.isdigit() or len(digits) > 20:
            return None
        pair, number = line[command : inode + 5] + line[end:context], int(digits)
    key = (b"n" if head[1] is not None else b"") + line[at:close] + line[context:]
    return Template(key, pair, head[3], int(head[4]), head[1], int(line[close + 11 : command][:21]), number)
