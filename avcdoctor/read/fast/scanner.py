"""Scans raw audit logs at the speed of grep: finds the rare brace, counts by bytes, and reads only what is new."""

from __future__ import annotations

import re
from typing import Optional

from avcdoctor.group.grouper import Grouper
from avcdoctor.parse.denials import denials_of
from avcdoctor.parse.records import split_records
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.events import LOOK_BACK, Collector
from avcdoctor.read.fast.table import STRETCH, VectorTable
from avcdoctor.read.unfold import logical_lines

_DENIED = b"): avc:  denied  "
_BEFORE_MESSAGE = b"g='avc:  denied  "
_PREFIX = b"type=AVC msg=audit"
_START = b"\n" + _PREFIX + b"("
_OTHER_PREFIX = re.compile(rb"(?:node=[^ ]{1,255} )?type=(USER_)?AVC msg=audit\Z")
_ERROR = re.compile(rb"(?:node=[^ (]{1,255} )?type=SELINU\Z")
_KERNEL = re.compile(rb"\([0-9]{10}\.[0-9]{3}:[0-9]+\): \Z")
_USER = re.compile(rb"\([0-9]{10}\.[0-9]{3}:[0-9]+\): [^']* msg='\Z")
_UNDERSCORE = 95
_MANY = 64  # braces without a vector in a chunk, after which vectors are looked for by their word
_LONGEST_LINE = 1 << 20
_MOST_FOLDED = 40  # lines that may belong to one record


class Scanner:
    """Reads a raw log chunk by chunk; a chunk's end, a file's end and a pause of the live log are all the same to it.

    In Debian 12's Python `bytes.find` of one byte runs at memory speed, so it is asked for `{`, which few lines of an
    audit log hold, and for the `X` of SELINUX_ERR. Each vector found is counted by its bytes, in one dictionary.

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
        self._rest = b""  # what was read and not scanned, behind up to LOOK_BACK bytes that were
        self._scanned = 0  # how many bytes of `_rest` were
        self._base = 0  # where `_rest` begins in the file
        self._name = ""
        self._offset = 0  # from the newline before a line to its brace: the same for most
        self._since = _stamp(tally.since, b"")
        self._until = _stamp(tally.until, b"9999999999.999")
        self._everything = tally.since is None and tally.until is None

    def begin(self, name: str, at: int = 0) -> None:
        """From now on, what is fed comes from this file; a line that is not over ends here."""
        cut = self._rest[self._scanned :]
        if cut:
            if self._counting and b"avc:" in cut and b"{" not in cut:
                self._take(cut, self._scanned)  # so short that nothing else would look at it
            self.feed(b"\n")
        self._name = name
        self._base = at - len(self._rest)

    def context(self, data: bytes) -> None:
        """Give what stands before the first byte to be fed, for events that began there."""
        self._rest = data[-LOOK_BACK:]
        self._scanned = len(self._rest)
        self._base -= self._scanned

    def feed(self, chunk: bytes) -> None:
        """Scan a chunk; it may end anywhere, even within a line."""
        data = self._rest + chunk
        start = self._scanned
        end = data.rfind(b"\n", start) + 1
        if end == 0:
            if len(data) - start < _LONGEST_LINE:
                self._rest = data
                return
            data = data[: start + _LONGEST_LINE] + b"\n"  # an endless line is read in pieces
            end = len(data)
        if self._counting:
            self._tally.scanned += end - start
            self._vectors(data, start, end)
            self._errors(data, start, end)
        self._collector.collect(data, start, end)
        self._table.flush(always=False)
        keep = max(0, end - LOOK_BACK)
        self._rest, self._scanned = data[keep:], end - keep
        self._base += keep
        self._collector.shift(keep)

    def collect_only(self, chunk: bytes) -> bool:
        """Scan a chunk behind the part to be read, for records of open events and nothing else.

        Returns:
            Whether events are still open.
        """
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
        self._collector.close_all()
        self._table.flush()

    def _vectors(self, data: bytes, start: int, end: int) -> None:  # noqa: PLR0912, PLR0915 - a call for each line costs a third more
        """Count the vectors of new lines: here the ones whose bytes are known, by `_unknown` all others.

        The keys leave out time, serial and process number, and what stands between the device and the contexts: lines
        that differ in these only say the same. `_unknown` takes a key in when it has read the first such line in full.
        """
        find, rfind, known = data.find, data.rfind, self._table.known.get
        since, until = self._since, self._until
        everything = self._everything
        offset = self._offset
        false = 0
        brace = find(b"{", start, end)
        while brace >= 0:
            following = find(b"{", brace + 1, end)
            line = brace - offset
            if data[line : line + 20] != _START:
                before = data[brace - 17 : brace]
                if before == _DENIED:
                    line = max(0, rfind(b"\n", 0, brace))
                    offset = brace - line
                if data[line : line + 20] != _START:
                    if before == _BEFORE_MESSAGE:
                        brace = self._message(data, brace, following, end)
                    elif b"avc:" in data[max(start, brace - 32) : brace]:
                        brace = self._unknown(data, brace, following, end)
                    else:
                        false += 1
                        if false > _MANY and following >= 0:
                            self._dense(data, following, end)
                            break
                        brace = following
                    continue
            line_end = find(b"\n", brace)
            context = rfind(b" scontext=", brace, line_end)
            close = find(b"}", brace, context)
            vector = None
            if close > 0 and not 0 < following < line_end:
                vector = known(data[brace - 17 : close] + data[context:line_end])
            if vector is None:
                following = self._unknown(data, brace, following, end)
            elif everything or since <= data[line + 20 : line + 34] <= until:
                command = find(b" comm=", close, context)
                ports = vector.ports
                if ports is None:
                    device = find(b" dev=", command, context)
                    pair = vector.pairs.get(data[command : device if device > 0 else context])
                else:
                    device = rfind(b"=", command, context)
                    pair = vector.pairs.get(data[command:device])
                if pair is None or command < 0:
                    following = self._unknown(data, brace, following, end)
                else:
                    pair.times += 1
                    if ports is not None:
                        port = data[device + 1 : context]
                        if port in ports:
                            ports[port] += 1
                        else:
                            self._table.count_port(ports, port)
                    stamp = data[line + 20 : line + 34]
                    if stamp[:STRETCH] == vector.stretch:
                        vector.within += 1
                    else:
                        vector.turn(stamp)
                    if stamp > vector.last:
                        if stamp[:10].isdigit():
                            vector.last = stamp
                    elif stamp < vector.first and stamp[:10].isdigit():
                        vector.first = stamp
            brace = following
        self._offset = offset

    def _message(self, data: bytes, brace: int, following: int, end: int) -> int:
        """Count the vector of a user-space object manager; gives back where the next brace is."""
        line = data.rfind(b"\n", 0, brace) + 1
        line_end = data.find(b"\n", brace)
        context = data.rfind(b" scontext=", brace, line_end)
        close = data.find(b"}", brace, context)
        bracket = data.find(b"(", line, brace)
        vector = self._table.known.get(data[line:bracket] + data[brace:close] + data[context:line_end])
        if vector is not None and close > 0 and not 0 < following < line_end:
            receiver = data.find(b" dest=", close, context)
            pair = vector.pairs.get(data[close + 1 : receiver if receiver >= 0 else context])
            stamp = data[bracket + 1 : bracket + 15]
            if pair is not None and self._since <= stamp <= self._until and stamp[:10].isdigit():
                pair.times += 1
                vector.see(stamp)
                return following
        return self._unknown(data, brace, following, end)

    def _dense(self, data: bytes, start: int, end: int) -> None:
        """The same for text full of braces, where looking for the word is cheaper."""
        find = data.find
        word = find(b"avc:", data.rfind(b"\n", 0, start) + 1, end)
        while word >= 0:
            brace = find(b"{", word, min(end, word + 32))
            if brace < 0:
                word = find(b"avc:", word + 4, end)
                continue
            self._unknown(data, brace, find(b"{", brace + 1, end), end)
            word = find(b"avc:", find(b"\n", brace), end)

    def _unknown(self, data: bytes, brace: int, following: int, end: int) -> int:
        """Count the vector at a brace, whose bytes are new or unusual; gives back where the next brace is."""
        line = data.rfind(b"\n", 0, brace) + 1
        line_end = data.find(b"\n", brace)
        close = data.find(b"}", brace, line_end)
        context = data.rfind(b" scontext=", close, line_end)
        before = data[brace - 17 : brace]
        if close < 0 or context < 0 or 0 <= following < line_end or before not in (_DENIED, _BEFORE_MESSAGE):
            return self._by_line(data, brace, end)
        head, tail = data[brace:close], data[context:line_end]
        bracket = data.find(b"(", line, brace)
        stamp = data[bracket + 1 : bracket + 15]
        prefix = data[line:bracket]
        key = before + head + tail if prefix == _PREFIX else prefix + head + tail
        command = data.find(b" comm=", close, context)
        if command >= 0:
            device = data.find(b" dev=", command, context)
        else:  # a message bus: what stands behind differs each time and says nothing about the object
            command, device = close + 1, data.find(b" dest=", close, context)
        middle = data[command : device if device >= 0 else context]
        known = self._table.known
        vector = known.get(key)
        new = vector is None or middle not in vector.pairs
        if new and not self._known_prefix(prefix, data[bracket : brace - 14]):
            return self._by_line(data, brace, end)
        if not self._since <= stamp <= self._until:
            return following
        self._table.fresh = False
        if vector is None and key not in known:
            vector = self._table.learn(key, prefix, head, tail, stamp)
        if vector is None:
            return self._by_line(data, brace, end)
        if vector.ports is not None:
            middle = self._table.take_port(vector, middle)
        pair = vector.pairs.get(middle)
        if pair is None or self._table.fresh:
            slot = self._table.pair(vector, middle)
            if slot is not None:
                self._collector.open(data, line, line_end, self._where(line), slot)
            pair = vector.pairs[middle]
        pair.times += 1
        if stamp[:10].isdigit():
            vector.see(stamp)
        return following

    def _known_prefix(self, prefix: bytes, rest: bytes) -> bool:
        """Whether a line is raw as it should be; it may name a node, or be a user message."""
        if prefix == _PREFIX:
            return _KERNEL.match(rest) is not None
        match = _OTHER_PREFIX.match(prefix)
        return match is not None and (_USER if match[1] else _KERNEL).match(rest) is not None

    def _errors(self, data: bytes, start: int, end: int) -> None:
        """SELINUX_ERR records: rare, and their meaning depends on their event, so all are collected."""
        find = data.find
        false = 0
        at = find(b"X", start, end)
        while at >= 0:
            if data[at + 1] == _UNDERSCORE and data.startswith(b"X_ERR msg=audit(", at):
                line = data.rfind(b"\n", 0, at) + 1
                self._error(data, line, at)
            else:
                false += 1
            at = find(b"X" if false < 4 * _MANY else b"X_ERR msg=audit(", at + 1, end)

    def _error(self, data: bytes, line: int, at: int) -> None:
        line_end = data.find(b"\n", at)
        before = data[line:at]
        if not before.endswith(b"type=SELINU"):
            return  # text that a program chose
        if _ERROR.match(before) and _KERNEL.match(data[at + 15 : at + 60].split(b" ", 1)[0] + b" "):
            self._collector.open(data, line, line_end, self._where(line), None)
        else:
            self._take(data[line:line_end], line)

    def _by_line(self, data: bytes, brace: int, end: int) -> int:
        """Read the line of a brace by the general reader; gives back where the next brace behind it is."""
        line = data.rfind(b"\n", 0, brace) + 1
        last = data.find(b"\n", brace)
        lines = [data[line:last]]
        for _ in range(_MOST_FOLDED):
            follow = data.find(b"\n", last + 1, end)
            if follow < 0:
                break
            lines.append(data[last + 1 : follow])
            last = follow
        logical = next(iter(logical_lines(lines)))
        self._take(logical.text, line)
        return data.find(b"{", data.find(b"\n", brace), end)

    def _take(self, text: bytes, line: int) -> None:
        """Read a line whose event can't be collected."""
        records = split_records(text)
        self._tally.records += len(records)
        outcome = denials_of(records)
        self._tally.granted += outcome.granted
        for refused in outcome.refused:
            self._tally.refuse(self._where(line), refused.reason, refused.record.raw)
        for denial in outcome.denials:
            self._tally.take(denial, self._grouper)

    def _where(self, line: int) -> str:
        return f"{self._name}@{self._base + line}"


def _stamp(milliseconds: Optional[int], default: bytes) -> bytes:
    """A time as headers have it, so that both can be compared as bytes."""
    if milliseconds is None:
        return default
    return b"%010d.%03d" % divmod(max(0, milliseconds), 1000)
