"""Counts denials by time in bounded memory: the stretches get longer as the log does, so that few are kept."""

from __future__ import annotations

from typing import Dict, Optional

from avcdoctor.model import Buckets

SHORTEST = 100_000  # milliseconds
MOST = 64


class Timeline:
    """How many denials fell into each stretch of time; two timelines of one log's parts merge exactly.

    A stretch is SHORTEST doubled as often as it takes for at most MOST of them to reach from the first denial to the
    last. That depends on these two alone, so the order in which denials come makes no difference.
    """

    __slots__ = ("_counts", "_width", "first", "last")

    def __init__(self) -> None:
        self.first: Optional[int] = None
        self.last: Optional[int] = None
        self._width = SHORTEST
        self._counts: Dict[int, int] = {}

    @classmethod
    def of(cls, buckets: Buckets) -> Timeline:
        """The timeline whose counts these are; their exact first and last moment are not among them."""
        timeline = cls()
        if buckets.counts:
            timeline._width = buckets.width
            timeline._counts = {begin // buckets.width: count for begin, count in buckets.counts}
        return timeline

    def add(self, milliseconds: Optional[int], times: int = 1) -> None:
        """Count denials of one moment; None is no moment."""
        if milliseconds is not None:
            self.span(milliseconds, milliseconds)
            self.add_stretch(milliseconds, times)

    def add_stretch(self, milliseconds: int, times: int) -> None:
        """Count denials of the shortest stretch around a moment; their first and last one are told by `span`."""
        place = milliseconds // self._width
        if place in self._counts:
            self._counts[place] += times
        else:
            self._counts[place] = times
            self._shorten()

    def span(self, first: Optional[int], last: Optional[int]) -> None:
        """Note the exact first and last moment of denials that are counted otherwise."""
        if first is not None and (self.first is None or first < self.first):
            self.first = first
        if last is not None and (self.last is None or last > self.last):
            self.last = last

    def merge(self, other: Timeline) -> None:
        """Add what another timeline counted."""
        self.span(other.first, other.last)
        self._widen(other._width)
        ratio = self._width // other._width
        for place, times in other._counts.items():
            self._counts[place // ratio] = self._counts.get(place // ratio, 0) + times
        self._shorten()

    def _shorten(self) -> None:
        while self._counts and max(self._counts) - min(self._counts) >= MOST:
            self._widen(self._width * 2)

    def _widen(self, width: int) -> None:
        if width <= self._width:
            return
        ratio = width // self._width
        wider: Dict[int, int] = {}
        for place, times in self._counts.items():
            wider[place // ratio] = wider.get(place // ratio, 0) + times
        self._width, self._counts = width, wider

    def buckets(self) -> Buckets:
        """The counts in the order of time."""
        return Buckets(
            self._width, tuple((place * self._width, times) for place, times in sorted(self._counts.items()))
        )
