"""Counts the hosts of a group: all of them exactly as a set of numbers, and how often and when for a bounded number."""

from __future__ import annotations

import zlib
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.model import HostSeen

MOST = 1024
"""Hosts of a group whose counts and times are kept: those with the smallest hashes, so that parts merge exactly."""


class Times(NamedTuple):
    """How often something was seen, and when first and last (milliseconds since the epoch)."""

    seen: int
    first: Optional[int]
    last: Optional[int]

    def plus(self, other: Times) -> Times:
        """Both together."""
        firsts = [time for time in (self.first, other.first) if time is not None]
        lasts = [time for time in (self.last, other.last) if time is not None]
        return Times(self.seen + other.seen, min(firsts, default=None), max(lasts, default=None))


class HostNumbers:
    """Names of hosts by number, in the order they came; all groups of a reading share it."""

    __slots__ = ("_numbers", "names")

    def __init__(self) -> None:
        self.names: List[str] = []
        self._numbers: Dict[str, int] = {}

    def of(self, name: str) -> int:
        """A host's number, a new one if it has none yet."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number


class Hosts:
    """The hosts of one group, by their numbers."""

    __slots__ = ("_members", "_times")

    def __init__(self) -> None:
        self._members = bytearray()
        self._times: Dict[int, Times] = {}

    def add(self, number: int, times: Times) -> None:
        """Count denials of a host, by its number."""
        known = self._times.get(number)
        if known is not None:
            self._times[number] = known.plus(times)
        elif self.note(number):
            self._times[number] = times

    def note(self, number: int) -> bool:
        """Take a host into the set; whether it was not in it before."""
        place, bit = divmod(number, 8)
        if place >= len(self._members):
            self._members.extend(bytes(place + 1 - len(self._members)))
        new = not self._members[place] & (1 << bit)
        self._members[place] |= 1 << bit
        return new

    def merge(self, other: Hosts, numbers: Sequence[int]) -> None:
        """Add another group's hosts; `numbers` gives our number of a host for each of its own."""
        for theirs, times in other._times.items():
            self.add(numbers[theirs], times)
        if len(other._times) < bin(other.members).count("1"):
            for theirs in _bits(other._members):
                self.note(numbers[theirs])

    def trim(self, names: Sequence[str], most: int = MOST) -> None:
        """Where counts of more than `most` hosts are kept, keep those of MOST."""
        if len(self._times) > most:
            order = sorted(self._times, key=lambda number: (_hash(names[number]), names[number]))
            self._times = {number: self._times[number] for number in order[:MOST]}

    @property
    def members(self) -> int:
        """The set as a number with a bit for each host."""
        return int.from_bytes(self._members, "little")

    def most_seen(self, names: Sequence[str]) -> Tuple[HostSeen, ...]:
        """The hosts whose counts are kept, those with most denials first, then by name."""
        ordered = sorted(self._times.items(), key=lambda item: (-item[1].seen, names[item[0]]))
        return tuple(HostSeen(names[number], *times) for number, times in ordered)


def _bits(members: bytearray) -> List[int]:
    return [place * 8 + bit for place, byte in enumerate(members) if byte for bit in range(8) if byte & (1 << bit)]


def _hash(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "surrogateescape"))
