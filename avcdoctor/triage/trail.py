"""Reads the audit records among the evidence, with the readers of all logs, and tells at which line each one stands."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, NamedTuple

from avcdoctor.parse.denials import Outcome, denials_of
from avcdoctor.parse.events import Assembler
from avcdoctor.parse.records import Record, split_records
from avcdoctor.read.shapes import Text
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


def events(texts: Iterable[Text]) -> Iterator[Event]:
    """The events of the evidence; lines that hold no record are passed over.

    Args:
        texts: its parts, from `avcdoctor.triage.unwrapped.unwrapped`.
    """
    assembler = Assembler()
    numbers: Dict[int, int] = {}
    for text in texts:
        for line in logical_lines(text.text.split(b"\n")[:-1], text.first_line):
            for index, record in enumerate(split_records(line.text[:_LONGEST], text.raw or text.vouched)):
                numbers[id(record)] = line.number
                for event in assembler.add(record, line.apart and index == 0):
                    yield _event(event, numbers)
    for event in assembler.finish():
        yield _event(event, numbers)


def _event(records: List[Record], numbers: Dict[int, int]) -> Event:
    return Event(records, denials_of(records), [numbers.pop(id(record), 0) for record in records])
