"""Scans raw audit logs at the speed of grep: finds the rare vector, counts it by its bytes, and reads what is new."""

from __future__ import annotations

import re
from typing import List, Optional

from avcdoctor.group.grouper import Grouper
from avcdoctor.parse.events import VECTOR_TYPES
from avcdoctor.parse.records import is_tidy, split_records
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.events import LOOK_BACK, OWN_START, Collector, end_of_unit
from avcdoctor.read.fast.table import STRETCH, VectorTable, take_apart
from avcdoctor.read.general import PlainReader
from avcdoctor.read.unfold import logical_lines

_START = b"\ntype=AVC msg=audit("
_LONGEST_HEADER = 400  # bytes
_DIGITS = b"0123456789"
_BEFORE_NUMBER = (b"type=", b"udit-", b"NOWN[")
_MANY = 64  # letters of no record in a chunk, after which the whole word is looked for
_FOLDED = re.compile(
    rb"\n[ \t]*(?:vc|c)?: +(?:denied|granted)"
)  # a line that was folded within the word by which vectors are found
_QUOTE = rb"(?:\\{1,8}\"|&(?:amp;)*(?:quot|#34|#x22);|\"\")"
_FOREIGN = re.compile(rb"=" + _QUOTE + rb"[^\"&\\ \n]{1,4096}" + _QUOTE + rb"|\x1b\[[0-9;]{0,16}[mK]")
_FIRST = 1 << 20  # bytes in which both, and records by number, are looked for; in the rest only where lines are mixed
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
        self._read_to = 0  # in `_rest`: what stands before is no part of a line to come

    def begin(self, name: str, at: int = 0) -> None:
        """From now on, what is fed comes from this file; a line that is not over ends here."""
        if self._scanned < len(self._rest):
            self._run(self._rest, ended=True)
        self._name = name
        self._base = at - len(self._rest)
        self._read_to = len(self._rest)

    def context(self, data: bytes) -> None:
        """Give what stands before the first byte to be fed, for events that began there."""
        self._rest = b"\n" + data[-LOOK_BACK:]
        self._scanned = len(self._rest)
        self._base -= self._scanned - 1
        self._read_to = self._scanned

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
        if self._counting:
            self._count(data, start, end)
            self._tally.scanned += end - start
        self._collector.collect(data, start, end)
        self._table.flush(always=False)
        keep = max(0, end - LOOK_BACK)
        self._rest, self._scanned = data[keep:], end - keep
        self._base += keep
        self._read_to = max(0, self._read_to - keep)
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
        self._collector.close_all()
        self._table.flush()

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
        self._collector.close_all()
        self._table.flush()

    def _count(self, data: bytes, start: int, end: int) -> None:
        """Count the vectors of new lines: here the ones whose bytes are known, by `_line` all others.

        What is known is all of a line but time, serial, process and inode numbers, which are looked at to be digits.
        """
        find, rfind, known = data.find, data.rfind, self._table.known.get
        since, until, everything = self._since, self._until, self._everything
        offset = self._offset
        mixed = self._tally.scanned < _FIRST or _is_mixed(data, start, end)
        errors = _errors(data, start, end, by_number=mixed)
        places = _vectors(data, start, end, folded=mixed)
        done = start
        while places or errors:
            if errors and not (places and places[-1] < errors[-1]):
                at = errors.pop()
                done = self._error(data, at, end) if at >= done else done
                continue
            at = places.pop()
            if at < done:
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
                done = self._line(data, line + 1, line_end, end)
                continue
            done = line_end
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

    def _line(self, data: bytes, line: int, line_end: int, end: int) -> int:
        """Count the vector of a line whose bytes are new or unusual; gives back where to go on."""
        text = data[line:line_end]
        if _is_foreign(text) and is_tidy(text):
            self._read_to = line_end + 1
            reader = PlainReader(self._grouper, self._tally)
            reader.unwrap([text], self._where(line))
            reader.finish(self._where(line))
            return line_end
        if not is_tidy(text) or not (line_end + 1 >= end or data.startswith(OWN_START, line_end + 1)):
            return self._unit(data, line, end)
        template = take_apart(text)
        if template is None:
            return self._uncertain(data, line, line_end)
        if not self._everything and not self._since <= template.stamp <= self._until:
            return line_end if self._table.is_sound(text, template) else self._uncertain(data, line, line_end)
        taken = self._table.take(text, template)
        if not taken.sound:
            return self._uncertain(data, line, line_end)
        if taken.slot is not None:
            self._collector.open(data, line, self._where(line), taken.slot)
        return line_end

    def _uncertain(self, data: bytes, line: int, line_end: int) -> int:
        """Have a line that auditd wrote read in full, with its event."""
        records = split_records(data[line:line_end], trail=True)
        if len(records) == 1 and records[0].type in VECTOR_TYPES:
            self._collector.open(data, line, self._where(line), None)
        else:
            self._read(data, line, line_end)
        return line_end

    def _unit(self, data: bytes, line: int, end: int) -> int:
        """Have the lines around a line read that are not as auditd writes them; gives back where they end."""
        first = self._first_of_unit(data, line)
        last = end_of_unit(data, line, end)
        self._read(data, first, last)
        return last

    def _first_of_unit(self, data: bytes, line: int) -> int:
        """Where the lines begin that a line without auditd's header may belong to."""
        floor = self._read_to
        first = line
        for _ in range(_MOST_FOLDED):
            if first <= floor or is_tidy(data[first : data.find(b"\n", first)]):
                break
            first = data.rfind(b"\n", 0, first - 1) + 1
        if first < line and is_tidy(data[first : data.find(b"\n", first)]):
            following = data.find(b"\n", first) + 1
            if data.startswith(OWN_START, following):
                return following
        return max(first, floor)

    def _read(self, data: bytes, first: int, last: int) -> None:
        """Have lines read by the general reader; a record that auditd wrote at their beginning with its event."""
        self._read_to = last + 1
        lines = data[first:last].split(b"\n")
        where = self._where(first)
        reader = PlainReader(self._grouper, self._tally)
        whole = next(logical_lines(lines), None)
        if whole is not None and whole.number == 1 and is_tidy(whole.text):
            records = split_records(whole.text, trail=True)
            if records[0].type in VECTOR_TYPES:
                line_end = first + len(b"\n".join(lines[: whole.lines]))
                self._collector.open(data, first, where, None, (records[0].raw, line_end))
                reader.add(records[1:], where)
                lines = lines[whole.lines :]
        text = b"\n".join(lines)
        if _is_foreign(text):
            reader.unwrap([text], where)
        else:
            reader.read(lines, where, trail=True)
        reader.finish(where)

    def _error(self, data: bytes, at: int, end: int) -> int:
        """Have a SELINUX_ERR record read, whose meaning depends on its event; gives back where to go on."""
        line, line_end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        text = data[line:line_end]
        if b"avc:" in text:
            return at + 1  # the line is read for its vector
        if not is_tidy(text) or not (line_end + 1 >= end or data.startswith(OWN_START, line_end + 1)):
            return self._unit(data, line, end)
        if not any(record.type in VECTOR_TYPES for record in split_records(text)):
            return line_end  # a program's text
        return self._uncertain(data, line, line_end)

    def _where(self, line: int) -> str:
        return f"{self._name}@{self._base + line}"


def _is_foreign(text: bytes) -> bool:
    """Whether lines between a raw log's own came through a program that escaped or coloured what it wrote."""
    return _FOREIGN.search(text) is not None


def _end(data: bytes, start: int) -> int:
    """Behind the last line of which is known that the next one does not belong to it: that one's header is there."""
    end = data.rfind(b"\n", start) + 1
    while end > start and not is_tidy(data[end : end + _LONGEST_HEADER]):
        if len(data) - end > _LONGEST_LINE:
            return data.rfind(b"\n", start) + 1
        end = data.rfind(b"\n", start, end - 1) + 1
    return max(start, end)


def _vectors(data: bytes, start: int, end: int, folded: bool) -> List[int]:
    """Where vectors may begin, the last first: looking from the end is what Python's library does faster.

    Args:
        data: the chunk.
        start: where to look from.
        end: where to look to.
        folded: look as well for lines that were folded within the word by which vectors are found.
    """
    found: List[int] = []
    at = data.rfind(b"avc:", start, end)
    while at >= 0:
        found.append(at)
        at = data.rfind(b"avc:", start, at)
    if folded:
        found += [match.start() + 1 for match in _FOLDED.finditer(data, max(0, start - 1), end)]
        found.sort(reverse=True)
    return found


def _is_mixed(data: bytes, start: int, end: int) -> bool:
    """Whether some of the lines are not auditd's own, as far as a few of them tell."""
    step = max(1, (end - start) // _SAMPLES)
    for place in range(start, end - 1, step):
        line = data.find(b"\n", place, end - 1) + 1
        if line and not data.startswith(OWN_START, line):
            return True
    return False


def _errors(data: bytes, start: int, end: int, by_number: bool) -> List[int]:
    """Where SELINUX_ERR records may be, the last first.

    Args:
        data: the chunk.
        start: where to look from.
        end: where to look to.
        by_number: look for the record's number as well, which the kernel prints where no daemon takes its records.
    """
    found: List[int] = []
    at = data.rfind(b"1401", start, end) if by_number else -1
    while at >= 0:
        if data[at - 5 : at] in _BEFORE_NUMBER:
            found.append(at)
        at = data.rfind(b"1401", start, at)
    false = 0
    at = data.find(b"X", start, end)  # one byte is looked for at the memory's speed, and few lines hold this one
    while at >= 0:
        if data[at - 6 : at + 5] == b"SELINUX_ERR":
            found.append(at)
        else:
            false += 1
        at = data.find(b"X" if false < _MANY else b"X_ERR", at + 1, end)
    return sorted(found, reverse=True)


def _stamp(milliseconds: Optional[int], default: bytes) -> bytes:
    """A time as headers have it, so that both can be compared as bytes."""
    if milliseconds is None:
        return default
    return b"%010d.%03d" % divmod(max(0, milliseconds), 1000)
