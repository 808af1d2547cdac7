"""Collects the records of the few events whose denials are kept whole, while a log goes by in chunks."""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from typing import Deque, List, Optional, Sequence, Tuple

from avcdoctor.group.examples import Slot
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import TEXT, Denial
from avcdoctor.parse.denials import denials_of
from avcdoctor.parse.records import Record, header_of, is_tidy, split_records
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.errors import KnownErrors, Wanted
from avcdoctor.read.shapes.trail import is_own, parts_of_unit
from avcdoctor.read.unfold import logical_lines

OWN_START = (b"type=", b"node=", b"host=")
"""What a line begins with that goes on with no other one, as the general reader has it."""

LOOK_BACK = 16384
"""Bytes before a vector in which records of its event are looked for; the kernel writes the vector first."""

_LONGEST_HEADER = 400
_MOST_OPEN = 2048
_MOST_TORN = 64  # records whose stamp was folded and whose event may still come
_MOST_BYTES = 65536  # of one event
_LATEST = 2000  # milliseconds by the log's clock after which no record of an event comes any more, as in auparse
_FAR = 1 << 17  # bytes behind an event's first line up to which one may come all the same: a clock may jump
_MOST_OF_HEADER = 4  # lines looked back at for where a record begins whose header was folded
_FEW = 8  # open events up to which each is searched for; with more, one pass over the lines is cheaper
_STAMP = re.compile(rb"(?:node=[^ \n]{1,255} )?type=[A-Z][A-Z0-9_]{0,63} msg=audit\(([0-9]{10})\.([0-9]{3}):")


class _Event:
    """An event that is not over."""

    __slots__ = ("begun", "called", "lines", "milliseconds", "over", "position", "prefix", "size", "stamp", "wanted")

    def __init__(self, prefix: bytes, stamp: bytes, position: int, begun: int) -> None:
        self.begun = begun  # bytes of the log before the line by which it was opened
        self.prefix = prefix  # what stands before `type=`: nothing, or the node
        self.stamp = stamp  # with its brackets
        self.lines: List[bytes] = []
        self.size = 0
        self.wanted: List[Wanted] = []
        self.over = False
        self.called = False  # whether its system call was taken
        self.position = position  # in the chunk at hand; lines from here on were not looked at
        seconds, _, rest = stamp[1:].partition(b".")
        self.milliseconds = int(seconds) * 1000 + int(rest[:3])

    def text_at(self, data: bytes, start: int, end: int) -> bytes:
        """The whole record of the line at `start`; nothing where it is another event's, or somebody's text."""
        text = own_record(data, start, end)
        return text if text and header_of(text) == (self.prefix, self.stamp) else b""

    def take(self, line: bytes) -> bool:
        """Keep a line, in bounds; whether it ends the event: the kernel writes PROCTITLE, then EOE, last."""
        kind = line[len(self.prefix) : len(self.prefix) + 16]
        self.called |= kind.startswith((b"type=SYSCALL ", b"type=URINGOP "))
        if self.size + len(line) <= _MOST_BYTES:
            self.lines.append(line)
            self.size += len(line)
        return kind.startswith(b"type=EOE ") or (self.called and kind.startswith(b"type=PROCTITLE "))


class Collector:
    """Open events by their stamps.

    Args:
        grouper: denials that are counted only when their event is complete go here.
        tally: counts them, and what can't be read.
        later: leave the lines of denials that are counted already unread; most of a log's second half are never needed.
    """

    def __init__(self, grouper: Grouper, tally: Tally, later: bool = False) -> None:
        self._later = later
        self._grouper = grouper
        self._tally = tally
        self._errors = KnownErrors(grouper, tally)
        self._base = 0  # bytes of the log before the chunk at hand
        self._open: OrderedDict[bytes, _Event] = OrderedDict()
        self._torn: Deque[Tuple[int, bytes, bytes]] = deque(maxlen=_MOST_TORN)
        self._counted_late: Deque[_Event] = deque()  # oldest first; the first to bring something new is kept whole

    def __len__(self) -> int:
        return len(self._open)

    def open(
        self, data: bytes, line: int, where: str, slot: Optional[Slot], folded: Optional[Tuple[bytes, int]] = None
    ) -> None:
        """Collect the event of a line.

        Args:
            data: the chunk.
            line: where the line begins.
            where: names the line in a report.
            slot: the place of the denial; None if it is to be counted when the event is complete.
            folded: the record's whole text and where its last line ends, where it goes on behind the line.
        """
        line_end = data.find(b"\n", line)
        text, line_end = folded or (data[line:line_end], line_end)
        prefix, stamp = header_of(text)
        event = self._open.get(prefix + stamp)
        if event is None:
            event = self._open[prefix + stamp] = _Event(prefix, stamp, line_end, self._base + line)
            _look_back(event, data, line)
            for begun, key, torn in self._torn:
                if key == prefix + stamp and begun >= event.begun - LOOK_BACK:
                    event.take(torn)
            event.take(text)
        elif event.position <= line:
            _collect(event, data, line)
            event.take(text)
            event.position = line_end
        if slot is None and all(wanted.slot is not None for wanted in event.wanted):
            self._counted_late.append(event)
        event.wanted.append(Wanted(text, where, slot))

    def offer(self, text: bytes, at: int) -> None:
        """Take a record that is not found by its stamp, because that was folded: for an event that is open, or to come.

        Args:
            text: the whole record.
            at: where it begins in the chunk.
        """
        key = b"".join(header_of(text))
        event = self._open.get(key)
        if event is None:
            self._torn.append((self._base + at, key, text))
        elif event.take(text):
            self._close(key)

    def collect(self, data: bytes, start: int, end: int) -> None:
        """Take what a chunk holds of open events, and close those that are over.

        Args:
            data: the chunk.
            start: where its new part begins; events opened in it go on from their own position.
            end: behind its last whole line.
        """
        if not self._open:
            return
        if len(self._open) <= _FEW:
            for key, event in list(self._open.items()):
                if _collect(event, data, end):
                    self._close(key)
        else:
            self._one_pass(data, start, end)
        now = last_time(data, start, end)
        for key, event in list(self._open.items()):
            event.position = end
            if now is not None and now > event.milliseconds + _LATEST and self._base + end > event.begun + _FAR:
                self._close(key)
        while len(self._open) > _MOST_OPEN:
            self._close(next(iter(self._open)))
        while len(self._counted_late) > _MOST_OPEN:
            first = self._counted_late[0]
            self._close(first.prefix + first.stamp)

    def _one_pass(self, data: bytes, start: int, end: int) -> None:
        position = start
        find = data.find
        while position < end and self._open:
            line_end = find(b"\n", position, end)
            bracket = find(b"(", position, min(line_end, position + 300))
            if bracket >= 0:
                kind = 0 if data.startswith(b"type=", position) else find(b"type=", position, bracket) - position
                key = data[position : position + max(kind, 0)] + data[bracket : find(b")", bracket, line_end) + 1]
                event, text = self._open.get(key), b""
                if event is not None:
                    text = event.text_at(data, position, end)
                elif not data.startswith(OWN_START, position) and data.startswith(b"audit", bracket - 5):
                    text = own_record(data, position, end)
                    key = b"".join(header_of(text)) if text else b""
                    event = self._open.get(key)
                if event is not None and text and event.position <= position and event.take(text):
                    self._close(key)
            position = line_end + 1

    def close_all(self) -> None:
        """Close what is open: the log has ended."""
        for key in list(self._open):
            self._close(key)

    def shift(self, by: int) -> None:
        """The chunk at hand lost `by` bytes at its front."""
        self._base += by
        for event in self._open.values():
            event.position = max(0, event.position - by)

    def _close(self, key: bytes) -> None:
        """An event is over; where its denials are counted only now, events that began before it come first."""
        event = self._open.pop(key)
        event.over = True
        if all(wanted.slot is not None for wanted in event.wanted):
            self._read(event)
        while self._counted_late and self._counted_late[0].over:
            self._read(self._counted_late.popleft())

    def _read(self, event: _Event) -> None:
        if self._later and all(wanted.slot is not None for wanted in event.wanted):
            for wanted in event.wanted:
                if wanted.slot is not None:
                    wanted.slot.unread = (tuple(event.lines), wanted.line)
            return
        if self._errors.count_again(event.wanted, event.lines, event.milliseconds):
            return
        told = _denials(event.lines)
        for wanted in event.wanted:
            for record, denial in told:
                if record.raw.strip() == wanted.line.strip():
                    self._take(wanted, denial)
                    if wanted.slot is None:
                        self._errors.learn(event.wanted, event.lines, denial)
                    break
            else:
                self._alone(wanted)

    def _take(self, wanted: Wanted, denial: Denial) -> None:
        if wanted.slot is not None:
            self._grouper.keep(wanted.slot, denial)
        else:
            self._tally.records += 1
            self._tally.take(denial, self._grouper)

    def _alone(self, wanted: Wanted) -> None:
        """Parse the record's own line: its event was cut off before it, or made no denial of it."""
        outcome = denials_of(split_records(wanted.line, trail=True))
        for denial in outcome.denials:
            self._take(wanted, denial)
        if wanted.slot is None:
            self._tally.granted += outcome.granted
            for refused in outcome.refused:
                self._tally.refuse(wanted.where, refused.reason, refused.record.raw)


def _vouched(lines: Sequence[bytes]) -> List[Record]:
    """The records of an event's lines, without what a line holds behind its first one: that is somebody's text."""
    return [record for line in lines for record in split_records(line, trail=True)[:1]]


def _denials(lines: Sequence[bytes]) -> List[Tuple[Record, Denial]]:
    """The denials of an event's lines with their records; a text adds nothing to what the kernel told."""
    told: List[Tuple[Record, Denial]] = []
    records = _vouched(lines)
    for text in (False, True):
        outcome = denials_of([record for record in records if (record.provenance == TEXT) is text])
        told += zip(outcome.sources, outcome.denials)
    return told


def read_later(lines: Sequence[bytes], line: bytes) -> Optional[Denial]:
    """The denial of a line, with what the lines of its event add; None if it can't be read."""
    for record, denial in _denials(lines):
        if record.raw.strip() == line.strip():
            return denial
    return next(iter(denials_of(split_records(line, trail=True)).denials), None)


def end_of_unit(data: bytes, line: int, end: int) -> int:
    """Where the newline stands before the next line that begins as auditd writes it.

    Args:
        data: the chunk.
        line: a place in the line to go on from.
        end: behind the last newline.
    """
    last = data.find(b"\n", line, end)
    while last + 1 < end:
        following = data.find(b"\n", last + 1, end)
        if is_tidy(data[last + 1 : following]):
            break
        last = following
    return last


def is_alone(data: bytes, line_end: int, end: int) -> bool:
    """Whether nothing goes on with a line of auditd's: another one of them follows, or nothing."""
    return line_end + 1 >= end or is_tidy(data[line_end + 1 : line_end + _LONGEST_HEADER])


def own_record(data: bytes, line: int, end: int) -> bytes:
    """The whole record, as auditd wrote it, that the line at a place is a part of; nothing where it is a text's.

    Args:
        data: the chunk.
        line: where the line begins.
        end: behind the last newline.
    """
    line_end = data.find(b"\n", line)
    text = data[line:line_end]
    tidy = is_tidy(text)
    if tidy and is_alone(data, line_end, end):
        return text if is_own(text) else b""
    first = line
    for _ in range(_MOST_OF_HEADER):
        if tidy:
            break
        first = data.rfind(b"\n", 0, max(0, first - 1)) + 1
        tidy = is_tidy(data[first : data.find(b"\n", first)])
    number = data.count(b"\n", first, line) + 1
    for part in parts_of_unit(data[first : end_of_unit(data, line, end)].split(b"\n")):
        for one in logical_lines(part.text.split(b"\n")[:-1], part.line + 1) if part.own else ():
            if one.number <= number < one.number + one.lines and is_tidy(one.text):
                return one.text
    return b""


def _look_back(event: _Event, data: bytes, line: int) -> None:
    """Take the lines of an event that stand before its vector: earlier vectors, or all in ausearch's order."""
    found: List[bytes] = []
    earliest = max(0, line - LOOK_BACK)
    at = data.rfind(event.stamp, earliest, line)
    while at >= 0 and len(found) < 64:
        start = data.rfind(b"\n", 0, at) + 1
        text = event.text_at(data, start, line)
        if text:
            found.append(text)
        at = data.rfind(event.stamp, earliest, start)
    for text in reversed(found):
        event.take(text)


def _collect(event: _Event, data: bytes, end: int) -> bool:
    """Take the event's lines up to `end`; whether its last one was among them."""
    at = data.find(event.stamp, event.position, end)
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        line_end = data.find(b"\n", at)
        text = event.text_at(data, start, end) if start >= event.position else b""
        if text and event.take(text):
            return True
        at = data.find(event.stamp, line_end, end)
    event.position = end
    return False


def last_time(data: bytes, start: int, end: int) -> Optional[int]:
    """The time of the last line between two positions, milliseconds; None if it has no header."""
    line = data.rfind(b"\n", start, end - 1) + 1
    match = _STAMP.match(data, line, end)
    return int(match[1]) * 1000 + int(match[2]) if match else None
