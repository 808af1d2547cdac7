"""Puts the records of one event together, by their stamp or, where a log has none, by process and neighbourhood."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Iterator, List, Set, Tuple

from avcdoctor.model import TEXT
from avcdoctor.parse.records import Record

_MOST_OPEN = 512  # events; records of one event stand at most a few dozen events apart
_MOST_RECORDS = 256  # of one event; more is an attack on memory
_PID = re.compile(rb"(?:^|\s)pid=([0-9]+)")
VECTOR_TYPES = frozenset({"AVC", "USER_AVC", "SELINUX_ERR", "USER_SELINUX_ERR"})
"""Types of the records that are denials."""


class Assembler:
    """Collects records and gives back whole events, oldest first, holding a bounded number of them."""

    def __init__(self) -> None:
        self._open: OrderedDict[Tuple[bool, bytes, bytes], List[Record]] = OrderedDict()
        self._block = _Block()

    def add(self, record: Record, apart: bool = False) -> Iterator[List[Record]]:
        """Take one record.

        Args:
            record: the next one of the log.
            apart: a blank line or `----` stood before it, so that it begins an event if it has no stamp.

        Yields:
            Events that are over.
        """
        if record.stamp is None or not any(48 <= byte <= 57 for byte in record.stamp):
            yield from self._add_without_stamp(record, apart)
            return
        yield from self.part()
        key = (record.provenance == TEXT, record.node, record.stamp)  # a text adds nothing to what the kernel told
        records = self._open.setdefault(key, [])
        if len(records) >= _MOST_RECORDS:
            yield self._open.pop(key)
            records = self._open.setdefault(key, [])
        records.append(record)
        if len(self._open) > _MOST_OPEN:
            yield self._open.popitem(last=False)[1]

    def finish(self) -> Iterator[List[Record]]:
        """The events still open."""
        yield from self.part()
        while self._open:
            yield self._open.popitem(last=False)[1]

    def part(self) -> Iterator[List[Record]]:
        """Something else stands here: a record without a stamp that comes later belongs to none before."""
        if self._block.records:
            block, self._block = self._block, _Block()
            yield block.records

    def _add_without_stamp(self, record: Record, apart: bool) -> Iterator[List[Record]]:
        if apart or not self._block.fits(record):
            yield from self.part()
        self._block.add(record)


class _Block:
    """Neighbouring records without a stamp that belong to one event."""

    def __init__(self) -> None:
        self.records: List[Record] = []
        self._types: Set[str] = set()
        self._pids: Set[bytes] = set()

    def add(self, record: Record) -> None:
        """Take a record that fits."""
        self.records.append(record)
        self._types.add(record.type)
        pid = _PID.search(record.body)
        if pid:
            self._pids.add(pid[1])

    def fits(self, record: Record) -> bool:
        """Whether a record belongs here: the same process, and its kind is not here yet.

        The kernel's order is AVC, SYSCALL, ..., PROCTITLE; `ausearch` prints it the other way round.
        """
        if not self.records:
            return True
        last = self.records[-1]
        pid = _PID.search(record.body)
        if (pid and self._pids and pid[1] not in self._pids) or record.origin != last.origin:
            return False
        if len(self.records) >= _MOST_RECORDS:
            return False
        if record.type in VECTOR_TYPES:
            # After AVC, SYSCALL the next AVC is the next event; after SYSCALL, AVC it is not.
            return last.type in VECTOR_TYPES or not self._types & VECTOR_TYPES
        return record.type == "PATH" or record.type not in self._types
