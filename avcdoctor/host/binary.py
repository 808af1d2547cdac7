"""The primitives of the kernel's binary policy format: numbers, names, bitmaps, contexts, levels.

All numbers are little-endian. The layout follows libsepol (policydb.c, ebitmap.c) and the kernel's
security/selinux/ss/policydb.c. Nothing here trusts a length: running over the end raises PolicyError.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Sequence, Tuple, Union, overload

from avcdoctor.errors import PolicyError

_NUMBER = struct.Struct("<I")
_BITMAP_HEAD = struct.Struct("<III")
_MOST_SYMBOLS = 0xFFFF  # rules have 16 bits for a type
_BITMAP_NODE = struct.Struct("<IQ")


class Level(NamedTuple):
    """A sensitivity (its number) and the set of its categories (bit n is category number n + 1)."""

    sensitivity: int
    categories: int


class Range(NamedTuple):
    """The levels from `low` to `high`."""

    low: Level
    high: Level


class NumberedContext(NamedTuple):
    """A context as the policy stores it: user, role and type by number."""

    user: int
    role: int
    type: int
    range: Range


NO_RANGE = Range(Level(0, 0), Level(0, 0))


class Cursor:
    """A position in the bytes of a policy.

    Args:
        data: the whole policy.
        where: what to call it in an error.
    """

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.where = where
        self.position = 0

    def broken(self, why: str) -> PolicyError:
        """An error that says where the policy makes no sense."""
        return PolicyError(
            f"{self.where}: not a usable SELinux policy: {why} (byte {self.position})",
            "give the binary policy, such as /etc/selinux/TYPE/policy/policy.33",
        )

    def number(self) -> int:
        """The next 32-bit number."""
        try:
            value: int = _NUMBER.unpack_from(self.data, self.position)[0]
        except struct.error:
            raise self.broken("it ends too early") from None
        self.position += 4
        return value

    def numbers(self, count: int) -> Tuple[int, ...]:
        """The next `count` 32-bit numbers."""
        try:
            values = struct.unpack_from(f"<{count}I", self.data, self.position)
        except struct.error:
            raise self.broken("it ends too early") from None
        self.position += 4 * count
        return values

    def count(self) -> int:
        """The next number, which says how many entries follow: never more than there are bytes left."""
        value = self.number()
        if value > len(self.data) - self.position:
            raise self.broken(f"it promises {value} entries and ends before")
        return value

    def symbol(self, value: int) -> int:
        """Check the number of a type, role, user, class, boolean or category: they count from 1 and are few."""
        if not 0 < value <= _MOST_SYMBOLS:
            raise self.broken(f"a symbol has the number {value}")
        return value

    def text(self, length: int) -> str:
        """A name of `length` bytes."""
        end = self.position + length
        if end > len(self.data):
            raise self.broken("a name runs over its end")
        value = self.data[self.position : end].decode("utf-8", "backslashreplace")
        self.position = end
        return value

    def bitmap(self) -> int:
        """A set of small numbers, as an integer with those bits set (ebitmap.c)."""
        try:
            _unit, _high, nodes = _BITMAP_HEAD.unpack_from(self.data, self.position)
            self.position += 12
            result = 0
            for _ in range(nodes):
                start, bits = _BITMAP_NODE.unpack_from(self.data, self.position)
                if start > _MOST_SYMBOLS:
                    raise self.broken("a set has an impossible member")
                result |= bits << start
                self.position += 12
        except struct.error:
            raise self.broken("it ends within a set") from None
        return result

    def skip_bitmap(self) -> int:
        """Pass over a set after the checks that `bitmap` makes; gives the position it begins at."""
        begun = self.position
        if begun + 12 > len(self.data):
            raise self.broken("it ends within a set")
        nodes = _BITMAP_HEAD.unpack_from(self.data, begun)[2]
        self.position = end = begun + 12 * (nodes + 1)
        if end > len(self.data):
            raise self.broken("it ends within a set")
        # Each node is a number below 0x10000, in four bytes, and eight bytes of members.
        if self.data[begun + 14 : end : 12].strip(b"\0") or self.data[begun + 15 : end : 12].strip(b"\0"):
            raise self.broken("a set has an impossible member")
        return begun

    def level(self) -> Level:
        """A sensitivity with its categories."""
        return Level(self.number(), self.bitmap())

    def range(self) -> Range:
        """A range: one level or two (mls_read_range_helper)."""
        items = self.number()
        if items not in (1, 2):
            raise self.broken(f"a range of {items} levels")
        sensitivities = self.numbers(items)
        low = Level(sensitivities[0], self.bitmap())
        if items == 1:
            return Range(low, low)
        return Range(low, Level(sensitivities[1], self.bitmap()))

    def context(self, ranges: bool) -> NumberedContext:
        """A context; its range is there from policy version 19 on, with MLS in use or without."""
        user, role, type_ = self.numbers(3)
        return NumberedContext(user, role, type_, self.range() if ranges else NO_RANGE)


class LazyBitmaps(Sequence[int]):
    """A row of sets that are checked now and worked out when they are asked for: a policy has one for each type.

    Args:
        cursor: stands before the first one, and afterwards behind the last.
        count: how many there are.
    """

    def __init__(self, cursor: Cursor, count: int) -> None:
        self._cursor = Cursor(cursor.data, cursor.where)
        self._positions = [cursor.skip_bitmap() for _ in range(count)]

    def __len__(self) -> int:
        return len(self._positions)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: Union[int, slice]) -> Union[int, Sequence[int]]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        self._cursor.position = self._positions[index]
        return self._cursor.bitmap()


def members(bits: int) -> Tuple[int, ...]:
    """The numbers in a set given as an integer, lowest first."""
    found = []
    digits = bin(bits)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        found.append(at)
        at = digits.find("1", at + 1)
    return tuple(found)
