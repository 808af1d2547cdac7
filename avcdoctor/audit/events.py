"""Puts the records of one event together, by their stamp or, where a log has none, by process and neighbourhood."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Iterator, List, Optional, Tuple

from avcdoctor.audit.records import Record

_MOST_OPEN = 512  # events; records of one event stand at most a few dozen events apart
_MOST_RECORDS = 256  # of one event; more is an attack on memory
_PID = re.compile(rb"(?:^|\s)pid=([0-9]+)")
_VECTORS = frozenset({"AVC", "USER_AVC", "SELINUX_ERR", "USER_SELINUX_ERR"})
VECTOR_TYPES = _VECTORS
"""Types of the records that are denials."""


class Assembler:
    """Collects records and gives back whole events, oldest first, holding a bounded number of them."""

    def __init__(self) -> None:
        self._open: OrderedDict[Tuple[bytes, bytes], List[Record]] = OrderedDict()
        self._block: List[Record] = []

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
        yield from self._flush_block()
        key = (record.node, record.stamp)
        records = self._open.setdefault(key, [])
        if len(records) < _MOST_RECORDS:
            records.append(record)
        if len(self._open) > _MOST_OPEN:
            yield self._open.popitem(last=False)[1]

    def finish(self) -> Iterator[List[Record]]:
        """The events still open."""
        yield from self._flush_block()
        while self._open:
            yield self._open.popitem(last=False)[1]

    def _flush_block(self) -> Iterator[List[Record]]:
        if self._block:
            block, self._block = self._block, []
            yield block

    def _add_without_stamp(self, record: Record, apart: bool) -> Iterator[List[Record]]:
        if apart or not _fits(self._block, record) or len(self._block) >= _MOST_RECORDS:
            yield from self._flush_block()
        self._block.append(record)


def _pid(record: Record) -> Optional[bytes]:
    match = _PID.search(record.body)
    return match.group(1) if match else None


def _fits(block: List[Record], record: Record) -> bool:
    """Whether a record without a stamp belongs to the block before it: same process, and the block lacks its kind.

    The kernel's order is AVC, SYSCALL, ..., PROCTITLE; `ausearch` prints it the other way round.
    """
    if not block:
        return True
    types = [other.type for other in block]
    pids = {pid for pid in map(_pid, block) if pid}
    pid = _pid(record)
    if pid and pids and pid not in pids:
        return False
    if record.origin != block[-1].origin:
        return False
    if record.type in _VECTORS:
        # After AVC, SYSCALL the next AVC is the next event; after SYSCALL, AVC it is not.
        return types[-1] in _VECTORS or not any(type_ in _VECTORS for type_ in types)
    return record.type == "PATH" or record.type not in types
