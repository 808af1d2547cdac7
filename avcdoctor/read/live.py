"""Reads a log as it grows: the scanner for auditd's raw records, the general reader for every other shape."""

from __future__ import annotations

from typing import Dict, Iterator, Optional, Set, Tuple

from avcdoctor.group.examples import Key
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Group, InputSummary, Reading
from avcdoctor.read.counters import Tally, reading_of
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader
from avcdoctor.read.shapes import is_raw
from avcdoctor.read.shapes.trail import SAMPLE


class LiveReader:
    """Groups of a log that never ends.

    Args:
        since: leave out denials before this time, milliseconds.
    """

    def __init__(self, since: Optional[int] = None) -> None:
        self.grouper = Grouper()
        self.tally = Tally(since)
        self._scanner = Scanner(self.grouper, self.tally)
        self._plain = PlainReader(self.grouper, self.tally)
        self._trails: Set[str] = set()
        self._known: Dict[Key, int] = {}
        self.bytes = 0

    def feed(self, data: bytes, name: str = "log", offset: int = 0) -> None:
        """Read whole lines.

        Args:
            data: ends with a newline, unless a line is longer than any record.
            name: the file's.
            offset: where the data begins in the file.
        """
        self.bytes += len(data)
        if not data.endswith(b"\n"):
            data += b"\n"
        if name not in self._trails and is_raw(data[:SAMPLE]):
            self._trails.add(name)  # and stays one: what somebody writes among its lines is told from them
        if name in self._trails:
            self._scanner.begin(name, offset)
            self._scanner.feed(data)
        else:
            self._plain.unwrap([data], name)

    def settle(self) -> None:
        """Nothing came for a moment: what is open is complete."""
        self._scanner.settle()
        self._plain.finish("log")

    def news(self) -> Tuple[Tuple[Group, ...], Dict[Key, int]]:
        """What was counted since the last call: groups never given before, and how many denials others gained."""
        self._scanner.count()
        fresh = []
        more: Dict[Key, int] = {}
        for key, count in self.grouper.counts():
            before = self._known.get(key)
            if before is None:
                group = self.grouper.group(key)
                if group is None or not group.examples:
                    continue  # its event is not complete
                fresh.append(group)
            elif count > before:
                more[key] = count - before
            self._known[key] = count
        return tuple(fresh), more

    def groups(self) -> Iterator[Group]:
        """All groups so far."""
        yield from self.grouper.groups()

    def summary(self) -> InputSummary:
        """What was read so far."""
        return self.tally.summary([])

    def reading(self) -> Reading:
        """The groups and the summary so far."""
        return reading_of(self.grouper, self.tally, [])
