"""Reads the audit records among the evidence, with the readers of all logs, and tells at which line each one stands."""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple

from avcdoctor.parse.denials import Outcome, denials_of
from avcdoctor.parse.events import Assembler
from avcdoctor.parse.records import Record, split_records
from avcdoctor.read.unfold import logical_lines

_LONGEST = 16384  # bytes of a logical line in which records are looked for


class Event(NamedTuple):
    """The records of one event, what is denied in it, and the number of the line at which each record begins."""

    records: List[Record]
    outcome: Outcome
    numbers: List[int]

    def number(self, record: Record) -> int:
        """The line at which one of its records begins."""
        return next(number for one, number in zip(self.records, self.numbers) if one is record)


def events(data: bytes) -> Iterator[Event]:
    """The events of a text; lines that hold no record are passed over.

    Args:
        data: a log of any shape.
    """
    assembler = Assembler()
    numbers: Dict[int, int] = {}
    for line in logical_lines(data.split(b"\n")):
        for index, record in enumerate(split_records(line.text[:_LONGEST])):
            numbers[id(record)] = line.number
            for event in assembler.add(record, line.apart and index == 0):
                yield _event(event, numbers)
    for event in assembler.finish():
        yield _event(event, numbers)


def _event(records: List[Record], numbers: Dict[int, int]) -> Event:
    return Event(records, denials_of(records), [numbers.pop(id(record), 0) for record in records])
