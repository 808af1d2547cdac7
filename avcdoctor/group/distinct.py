"""Counts distinct values in bounded memory so that the outcome does not depend on their order."""

from __future__ import annotations

import heapq
import zlib
from typing import Dict, List, Tuple

from avcdoctor.model import Counted


class Distinct:
    """Distinct values and how often each was seen; at most `limit` of them are kept.

    Kept are those with the smallest hashes. A value that is kept in the end was kept from its first sighting on, so its
    count is exact, and counting two halves of a log and merging them gives the same as counting the whole.
    """

    __slots__ = ("_order", "limit", "seen", "total")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.seen: Dict[str, int] = {}
        self.total = 0
        self._order: List[Tuple[int, str]] = []  # a heap with the largest hash on top, made when the limit is reached

    def add(self, value: str, times: int = 1) -> None:
        """Count a value; the empty one is none."""
        if not value:
            return
        self.total += times
        seen = self.seen
        if value in seen:
            seen[value] += times
        elif len(seen) < self.limit:
            seen[value] = times
            if self._order:
                heapq.heappush(self._order, (-_hash(value), value))
        else:
            self._replace(value, times)

    def _replace(self, value: str, times: int) -> None:
        if not self._order:
            self._order = [(-_hash(known), known) for known in self.seen]
            heapq.heapify(self._order)
        rank = -_hash(value)
        if self._order and (rank, value) > self._order[0]:
            _, gone = heapq.heapreplace(self._order, (rank, value))
            del self.seen[gone]
            self.seen[value] = times

    def merge(self, other: Distinct) -> None:
        """Add what another one counted."""
        total = self.total + other.total
        for value, times in other.seen.items():
            self.add(value, times)
        self.total = total

    @property
    def cut(self) -> int:
        """How many sightings belong to values that were not kept."""
        return self.total - sum(self.seen.values())

    def most_seen(self) -> Tuple[Counted, ...]:
        """The kept values, the most frequent first, then by name."""
        ordered = sorted(self.seen.items(), key=lambda item: (-item[1], item[0]))
        return tuple(Counted(value, times) for value, times in ordered)


def _hash(value: str) -> int:
    """Hash for sampling, not collision-resistant on purpose: a log's author can only influence what is shown."""
    return zlib.crc32(value.encode("utf-8", "surrogateescape"))
