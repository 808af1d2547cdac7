"""Scans raw audit logs at the speed of grep: finds the rare vector, counts it by its bytes, and reads what is new."""

from __future__ import annotations

import re
from typing import List, Optional

from avcdoctor.group.grouper import Grouper
from avcdoctor.parse.events import VECTOR_TYPES
from avcdoctor.parse.records import header_of, is_tidy, split_records
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.events import LOOK_BACK, OWN_START, Collector, end_of_unit, is_alone
from avcdoctor.read.fast.table import STRETCH, VectorTable, take_apart
from avcdoctor.read.general import PlainReader
from avcdoctor.read.shapes.encoding import without_zeros
from avcdoctor.read.shapes.trail import is_own, parts_of_unit
from avcdoctor.read.unfold import logical_lines

_START = b"\ntype=AVC msg=audit("
_LONGEST_HEADER = 400  # bytes
_DIGITS = b"0123456789"
_MANY = 64  # letters of no record in a chunk, after which the whole word is looked for
_OTHER_LINE = re.compile(
    rb"\n(?!(?:node=[^ \n]{1,255} )?type=[A-Z][A-Z0-9_]{0,63} msg=audit\([0-9]{1,12}\.[0-9]{3}:[0-9]{1,20}\): )"
)
_BY_NUMBER = re.compile(rb"1401(?<=(?:type=|udit-|NOWN\[)1401)")  # as the kernel prints it where no daemon runs
_PROMISING = re.compile(rb"(?i)audit|avc|denied|context|preventing|SELINUX|[A-Z0-9+/_-]{40}|[\x08\x1b]")
_FIRST = 1 << 20  # bytes in which each line is looked at that is not auditd's; in the rest only where there are some
_SOME = 1000  # of so many lines one is another's: that is no damage
_SAMPLES = 12  # lines of a chunk by which that is told
_LONGEST_LINE = 1 << 20
_MOST_FOLDED = 64  # lines looked back at for where a record begins that is folded, or without a header


class Scanner:
    """Reads a raw log chunk by chunk; a chunk's end, a file's end and a pause of the live log are all the same to it.

    Only lines that are like one the general reader has read are counted by their bytes. Every other line is handed to
    the general reader: with its event where it stands alone as auditd writes it, else with all lines around it up to
    the next one that auditd wrote.

    Args:
        grouper: where denials go.
        tally: where everything else is counted.
        later: leave the lines of denials that are to be kept whole unread.
    """

    def __init__(self, grouper: Grouper, tally: Tally, later: bool = False) -> None:
        self._grouper = grouper
        self._tally = tally
        self._counting = True
        self._table = VectorTable(grouper, tally)
        self._collector = Collector(grouper, tally, later)
        self._rest = b"\n"  # what was read and not scanned, behind up to LOOK_BACK bytes that were
        self._scanned = 1  # how many bytes of `_rest` were
        self._base = -1  # where `_rest` begins in the file
        self._name = ""
        self._offset = 0  # from the newline before a line to its vector: the same for most
        self._since = _stamp(tally.since, b"")
        self._until = _stamp(tally.until, b"9999999999.999")
        self._everything = tally.since is None and tally.until is None
        self._begun = 0  # in `_rest`: what stands before is no part of a line to come
        self._done = 0  # in the chunk at hand: what stands before was counted
        self._passed = 0  # likewise: what stands before was looked at, or is found by its vector
        self._mixed = False
        self._texts = PlainReader(grouper, tally)  # what others wrote among auditd's lines

    def begin(self, name: str, at: int = 0) -> None:
        """From now on, what is fed comes from this file; a line that is not over ends here."""
        if self._scanned < len(self._rest):
            self._run(self._rest, ended=True)
        self._name = name
        self._base = at - len(self._rest)
        self._begun = len(self._rest)

    def context(self, data: bytes) -> None:
        """Give what stands before the first byte to be fed, for events that began there."""
        self._rest = b"\n" + data[-LOOK_BACK:]
        self._scanned = len(self._rest)
        self._base -= self._scanned - 1
        self._begun = self._scanned

    def feed(self, chunk: bytes) -> None:
        """Scan a chunk; it may end anywhere, even within a line."""
        data = self._rest + chunk
        if data.rfind(b"\n", self._scanned) < 0 and len(data) - self._scanned < _LONGEST_LINE:
            self._rest = data
            return
        self._run(data, ended=False)

    def _run(self, data: bytes, ended: bool) -> None:
        """Scan whole lines.

        Args:
            data: what was scanned before and is still at hand, then what is new.
            ended: nothing belongs to the last line but what is there.
        """
        start = self._scanned
        if not data.endswith(b"\n") and (ended or data.rfind(b"\n", start) < 0):
            data += b"\n"  # an endless line is read in pieces
        end = len(data) if ended else _end(data, start)
        if data.find(b"\0", start, end) >= 0:
            lines = without_zeros(data[start:end])
            self._base += end - start - len(lines)
            data, end = data[:start] + lines + data[end:], start + len(lines)
        if self._counting:
            self._count(data, start, end)
            self._tally.scanned += end - start
        self._collector.collect(data, start, end)
        self._table.flush(always=False)
        keep = max(0, end - LOOK_BACK)
        self._rest, self._scanned = data[keep:], end - keep
        self._base += keep
        self._begun = max(0, self._begun - keep)
        self._collector.shift(keep)

    def collect_only(self, chunk: bytes) -> bool:
        """Scan a chunk behind the part to be read, for records of open events and nothing else.

        Returns:
            Whether events are still open.
        """
        if self._counting and self._scanned < len(self._rest):
            self._run(self._rest, ended=True)
        self._counting = False
        self.feed(chunk)
        return len(self._collector) > 0

    def finish(self) -> None:
        """The log has ended: read an unfinished line, close open events, count what was seen."""
        self.begin(self._name)
        self._close()

    def count(self) -> None:
        """Count what was seen into the groups now; open events stay open."""
        self._table.flush()

    def settle(self) -> None:
        """The live log pauses: close open events and count, but leave an unfinished line for later."""
        whole = self._rest.rfind(b"\n", self._scanned) + 1
        if whole:
            unfinished = self._rest[whole:]
            self._run(self._rest[:whole], ended=True)
            self._rest += unfinished
        self._close()

    def _close(self) -> None:
        """Nothing that comes belongs to what is open."""
        self._collector.close_all()
        self._texts.finish(self._name)
        self._table.flush()

    def _count(self, data: bytes, start: int, end: int) -> None:
        """Count the vectors of new lines: here the ones whose bytes are known, by `_line` all others.

        What is known is all of a line but time, serial, process and inode numbers, which are looked at to be digits.
        """
        find, rfind, known = data.find, data.rfind, self._table.known.get
        since, until, everything = self._since, self._until, self._everything
        offset = self._offset
        others = self._others(data, start, end)
        places = _vectors(data, start, end)
        self._done = self._passed = start
        while places or others:
            if others and not (places and places[-1] < others[-1]):
                self._other(data, others.pop(), end)
                continue
            at = places.pop()
            if at < self._done:
                continue  # a second one of its line, or one that was read with the lines around it
            line = at - offset
            if data[line : line + 20] != _START:
                line = rfind(b"\n", 0, at)
                offset = at - line
            line_end = find(b"\n", at)
            context = rfind(b" scontext=", at, line_end)
            close = find(b"}", at, line_end)
            command = find(b" ", close + 11, close + 22)
            inode = rfind(b" ino=", command, context)
            stamp = data[line + 20 : at - 3]
            vector = known(data[at:close] + data[context:line_end])
            if inode > 0:
                space = find(b" ", inode + 5, context + 1)
                pair_key = data[command : inode + 5] + data[space:context]
                sure = data[inode + 5 : space].isdigit()
            else:
                pair_key, sure = data[command:context], True
            pair = vector.pairs.get(pair_key) if vector is not None and sure else None
            if (
                vector is None
                or pair is None
                or data[line : line + 20] != _START
                or data[at - 3 : at] != b"): "
                or stamp[10:15:4] != b".:"
                or stamp.translate(None, _DIGITS) != b".:"
                or not 15 < len(stamp) < 36
                or data[close : close + 11] != b"} for  pid="
                or not data[close + 11 : command].isdigit()
                or data[line_end + 1 : line_end + 6] not in (b"type=", b"node=")
            ):
                self._line(data, line + 1, line_end, end)
                continue
            self._done = line_end
            stamp = stamp[:14]
            if everything or since <= stamp <= until:
                pair.times += 1
                if stamp[:STRETCH] == vector.stretch:
                    vector.within += 1
                else:
                    vector.turn(stamp)
                if stamp > vector.last:
                    vector.last = stamp
                elif stamp < vector.first:
                    vector.first = stamp
        self._offset = offset

    def _line(self, data: bytes, line: int, line_end: int, end: int) -> None:
        """Count the vector of a line whose bytes are new or unusual."""
        text = data[line:line_end]
        if not (is_tidy(text) and is_alone(data, line_end, end)):
            self._unit(data, line, end)
            return
        self._done = line_end
        template = take_apart(text)
        if template is None:
            self._uncertain(data, line, line_end)
        elif not self._everything and not self._since <= template.stamp <= self._until:
            if not self._table.is_sound(text, template):
                self._uncertain(data, line, line_end)
        else:
            taken = self._table.take(text, template)
            if not taken.sound:
                self._uncertain(data, line, line_end)
            elif taken.slot is not None:
                self._collector.open(data, line, self._where(line), taken.slot)

    def _uncertain(self, data: bytes, line: int, line_end: int) -> None:
        """Have a line read that begins as auditd writes it and that no other one goes on with."""
        self._done = line_end
        self._read(data, line, line_end, line)

    def _unit(self, data: bytes, line: int, end: int) -> None:
        """Have the lines around a line read, from one that auditd wrote up to the next one."""
        first = self._first_of_unit(data, line)
        last = end_of_unit(data, line, end)
        done, self._done = self._done, last
        self._read(data, first, last, done)

    def _first_of_unit(self, data: bytes, line: int) -> int:
        """Where the last line before a line begins that auditd wrote, as far as it is at hand."""
        first = line
        for _ in range(_MOST_FOLDED):
            if first <= self._begun or is_tidy(data[first : data.find(b"\n", first)]):
                break
            first = data.rfind(b"\n", 0, first - 1) + 1
        return first

    def _read(self, data: bytes, first: int, last: int, done: int) -> None:
        """Have a unit of lines read by the general reader; records that auditd wrote with their events.

        Args:
            data: the chunk.
            first: where the unit begins.
            last: the newline at its end.
            done: vectors before this are counted.
        """
        where = self._where(first)
        self._texts.part(where)
        unit = data[first:last].split(b"\n")
        for part in parts_of_unit(unit):
            lines = part.text.split(b"\n")[:-1]
            if not part.own:
                self._texts.read(lines, where, trail=part.vouched)
                continue
            for line in logical_lines(lines):
                records = split_records(line.text, trail=True)
                begin = part.line + line.number - 1
                at = first + sum(map(len, unit[:begin])) + begin
                folded = b"\n".join(unit[begin : begin + line.lines])
                if is_tidy(line.text) and records[0].type in VECTOR_TYPES:
                    if at >= done:
                        line_end = at + len(folded)
                        self._collector.open(data, at, where, None, (records[0].raw, line_end))
                    self._texts.add(records[1:], where)
                    continue
                if is_tidy(line.text) and header_of(line.text)[1] not in folded:
                    self._collector.offer(line.text, at)
                self._texts.take(line, records, where)

    def _others(self, data: bytes, start: int, end: int) -> List[int]:
        """Where lines are that must be looked at though no vector is seen in them, the last first."""
        found = _errors(data, start, end)
        at = data.find(b"\x1b", start, end)
        while at >= 0:
            found.append(at)
            at = data.find(b"\x1b", data.find(b"\n", at), end)
        self._mixed = self._mixed or (self._tally.scanned >= _FIRST and _is_mixed(data, start, end))
        if self._mixed or self._tally.scanned < _FIRST:
            odd = [match.end() for match in _OTHER_LINE.finditer(data, start - 1, end - 1)]
            self._mixed = self._mixed or len(odd) * _SOME > data.count(b"\n", start, end)
            found += odd
            found += [match.start() for match in _BY_NUMBER.finditer(data, start, end)]
        return sorted(found, reverse=True)

    def _other(self, data: bytes, at: int, end: int) -> None:
        """Look at a line that is no vector as auditd writes it, or of which that is not seen."""
        if at < self._done or at < self._passed:
            return
        line, line_end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        text = data[line:line_end]
        if is_tidy(text) and is_alone(data, line_end, end):
            error = any(one.type in VECTOR_TYPES for one in split_records(text))
            if b"avc:" not in text and (error or not is_own(text)):
                self._uncertain(data, line, line_end)
            self._passed = line_end  # a program's text, or the line is read for its vector
            return
        last = end_of_unit(data, line, end)
        if _PROMISING.search(data[line:last].replace(b"\n", b"")):
            self._unit(data, line, end)
        else:
            self._done = last

    def _where(self, line: int) -> str:
        return f"{self._name}@{self._base + line}"


def _end(data: bytes, start: int) -> int:
    """Behind the last line of which is known that the next one does not belong to it: that one's header is there."""
    end = data.rfind(b"\n", start) + 1
    while end > start and not is_tidy(data[end : end + _LONGEST_HEADER]):
        if len(data) - end > _LONGEST_LINE:
            return data.rfind(b"\n", start) + 1
        end = data.rfind(b"\n", start, end - 1) + 1
    return max(start, end)


def _vectors(data: bytes, start: int, end: int) -> List[int]:
    """Where vectors may begin, the last first: looking from the end is what Python's library does faster."""
    found: List[int] = []
    at = data.rfind(b"avc:", start, end)
    while at >= 0:
        found.append(at)
        at = data.rfind(b"avc:", start, at)
    return found


def _is_mixed(data: bytes, start: int, end: int) -> bool:
    """Whether some of the lines are not auditd's own, as far as a few of them tell."""
    step = max(1, (end - start) // _SAMPLES)
    for place in range(start, end - 1, step):
        line = data.find(b"\n", place, end - 1) + 1
        if line and not data.startswith(OWN_START, line):
            return True
    return False


def _errors(data: bytes, start: int, end: int) -> List[int]:
    """Where SELINUX_ERR records may be."""
    found: List[int] = []
    false = 0
    at = data.find(b"X", start, end)  # one byte is looked for at the memory's speed, and few lines hold this one
    while at >= 0:
        if data[at - 6 : at + 5] == b"SELINUX_ERR":
            found.append(at)
        else:
            false += 1
        at = data.find(b"X" if false < _MANY else b"X_ERR", at + 1, end)
    return found


def _stamp(milliseconds: Optional[int], default: bytes) -> bytes:
    """A time as headers have it, so that both can be compared as bytes."""
    if milliseconds is None:
        return default
    return b"%010d.%03d" % divmod(max(0, milliseconds), 1000)
