"""Reads text of every shape line by line: the path for everything that is not auditd's own raw log."""

from __future__ import annotations

from typing import Iterable, List

from avcdoctor.group.grouper import Grouper
from avcdoctor.parse.denials import denials_of
from avcdoctor.parse.events import Assembler
from avcdoctor.parse.records import Record, split_records
from avcdoctor.read.counters import Tally
from avcdoctor.read.unfold import logical_lines


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

    def read(self, lines: Iterable[bytes], name: str) -> None:
        """Read physical lines; an event that is not over stays open for the next file of the same log.

        Args:
            lines: with or without their ends.
            name: the file's, for reports of lines that can't be read.
        """
        for line in logical_lines(lines):
            records = split_records(line.text)
            if not records:
                continue
            for index, record in enumerate(records):
                self._tally.records += 1
                for event in self._assembler.add(record, line.apart and index == 0):
                    self._take(event, f"{name}:{line.number}")

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
