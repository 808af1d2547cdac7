"""Reads text of every shape line by line: the path for everything that is not auditd's own raw log."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Iterable, List, Sequence

from avcdoctor.group.grouper import Grouper
from avcdoctor.parse.denials import denials_of
from avcdoctor.parse.events import VECTOR_TYPES, Assembler
from avcdoctor.parse.records import Record, split_records
from avcdoctor.read.counters import Tally
from avcdoctor.read.shapes import texts
from avcdoctor.read.unfold import Line, logical_lines
from avcdoctor.sources.journal import Vouched

_BEGINS = re.compile(rb"(?:[^']{0,1024}msg=')?avc: *denied")


class PlainReader:
    """Puts the denials of a text into a grouper.

    Args:
        grouper: where denials go.
        tally: where everything else is counted.
    """

    def __init__(self, grouper: Grouper, tally: Tally) -> None:
        self._grouper = grouper
        self._tally = tally
        self._assembler = Assembler()

    def unwrap(self, chunks: Iterable[bytes], name: str) -> None:
        """Read a text of any shape; an event that is not over stays open for the next file of the same log.

        Args:
            chunks: pieces of it, cut anywhere.
            name: the file's, for reports of lines that can't be read.
        """
        for text in texts(chunks):
            trail = text.raw or text.vouched
            if not trail:
                self._tally.hear(text.text)
            self.read(text.text.split(b"\n")[:-1], name, trail, text.first_line)

    def read(self, lines: Iterable[bytes], name: str, trail: bool = False, first: int = 1) -> None:
        """Read physical lines with nothing around their records.

        Args:
            lines: with or without their ends.
            name: the file's, for reports of lines that can't be read.
            trail: they are an audit trail's, or records that the journal vouches for.
            first: the first line's number.
        """
        for line in logical_lines(lines, first):
            self.take(line, split_records(line.text, trail), f"{name}:{line.number}")

    def take(self, line: Line, records: List[Record], where: str) -> None:
        """Take a logical line.

        Args:
            line: the line.
            records: what it holds.
            where: names it in a report.
        """
        if _is_lost(line.text, records):
            self._tally.refuse(where, "no record can be made out", line.text)
        self.add(records, where, line.apart)

    def add(self, records: Sequence[Record], where: str, apart: bool = False) -> None:
        """Take the records of one line.

        Args:
            records: in their order.
            where: names the line in a report.
            apart: a blank line or `----` stood before it.
        """
        for index, record in enumerate(records):
            self._tally.records += 1
            for event in self._assembler.add(record, apart and index == 0):
                self._take(event, where)

    def part(self, where: str) -> None:
        """Something else stands here: a record without a stamp that comes later belongs to none before."""
        for event in self._assembler.part():
            self._take(event, where)

    def read_vouched(self, lines: Iterable[Vouched], name: str) -> None:
        """Read what the journal holds; a line that it does not vouch for is somebody's text."""
        for vouched, run in groupby(lines, key=lambda line: line.vouched):
            self.read((line.line for line in run), name, trail=vouched)

    def finish(self, name: str) -> None:
        """Take the events that are still open."""
        for event in self._assembler.finish():
            self._take(event, name)

    def _take(self, event: List[Record], where: str) -> None:
        outcome = denials_of(event)
        self._tally.granted += outcome.granted
        for refused in outcome.refused:
            self._tally.refuse(where, refused.reason, refused.record.raw)
        for denial in outcome.denials:
            self._tally.take(denial, self._grouper)


def _is_lost(line: bytes, records: List[Record]) -> bool:
    """Whether a line tells a denial although nothing in it was taken for one: its header or first word is damaged."""
    if b"avc:" not in line or b"denied" not in line or any(record.type in VECTOR_TYPES for record in records):
        return False
    return not records or any(_BEGINS.match(record.body) for record in records)
