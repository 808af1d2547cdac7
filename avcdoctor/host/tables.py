"""The tables of a binary policy once it is read: plain numbers, and the names that go with them."""

from __future__ import annotations

import struct
import sys
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Collection, DefaultDict, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from avcdoctor.host.binary import Level, NumberedContext, Range

ALLOW, AUDITALLOW, AUDITDENY = 0x1, 0x2, 0x4
TRANSITION, MEMBER, CHANGE = 0x10, 0x20, 0x40
XPERM_ALLOW = 0x100
WHOLE_DRIVERS = 2  # an extended rule's `specified`: its bits are drivers, not functions of one
RULE = struct.Struct("<HHHHI")  # source, target, class, kind, permissions or new type
SOURCE_AND_REST = struct.Struct("<H10s")
REST = struct.Struct("<HHHI")
_FEW = 1  # questions that look through all rules; sorting them costs as much as four


class Constraint(NamedTuple):
    """A constraint on some permissions of a class: its expression in postfix order."""

    permissions: int
    expression: Tuple[Tuple[int, int, int, int], ...]  # (kind, attribute, operator, set of names)


@dataclass
class ObjectClass:
    """A class: the permissions' names by bit, and its constraints."""

    value: int
    permissions: Dict[str, int]  # name -> bit number
    constraints: Tuple[Constraint, ...] = ()


class Extended(NamedTuple):
    """An extended permission rule (allowxperm): what driver, and which of its functions (or all)."""

    source: int
    target: int
    tclass: int
    kind: int
    specified: int  # 1: functions of one driver, 2: whole drivers, 3: netlink messages
    driver: int
    bits: int


@dataclass
class Conditional:
    """Rules behind a boolean expression (postfix: (operator, boolean number))."""

    expression: Tuple[Tuple[int, int], ...]
    rules: Tuple[bytes, bytes]  # when true, when false; packed as RULE
    extended: Tuple[Tuple[int, Extended], ...] = ()  # (branch, rule), from version 34 on


class PackedRules:
    """Type rules as the policy stores them, 12 bytes each (RULE); sorted by source when one is first asked for.

    Args:
        packed: the rules, one after the other.
    """

    def __init__(self, packed: bytes = b"") -> None:
        self.packed = packed
        self._asked = 0

    def __iter__(self) -> Iterator[Tuple[int, int, int, int, int]]:
        """Every rule: source, target, class, kind, value."""
        return RULE.iter_unpack(self.packed)

    def of(self, sources: Collection[int]) -> Iterator[Tuple[int, int, int, int]]:
        """The rules that name one of these sources (types or attributes): target, class, kind, value."""
        self._asked += 1
        if self._asked > _FEW:
            return REST.iter_unpack(b"".join(rest for one in sources for rest in self._by_source.get(one, ())))
        wanted, packed = frozenset(sources), self.packed
        numbers = array("H", packed)
        if sys.byteorder == "big":
            numbers.byteswap()
        places = compress(range(2, len(packed), RULE.size), map(wanted.__contains__, numbers[:: RULE.size // 2]))
        return REST.iter_unpack(b"".join([packed[at : at + REST.size] for at in places]))

    @cached_property
    def _by_source(self) -> Mapping[int, List[bytes]]:
        found: DefaultDict[int, List[bytes]] = defaultdict(list)
        for source, rest in SOURCE_AND_REST.iter_unpack(self.packed):
            found[source].append(rest)
        return found


class User(NamedTuple):
    """A SELinux user: its roles (a set of numbers less one), its range and its default level."""

    roles: int
    range: Range
    level: Level


@dataclass
class PolicyDb:
    """The tables of one policy. Types, roles, users, classes and booleans are numbered from 1."""

    version: int = 0
    mls: bool = False
    handle_unknown: str = "deny"
    permissive: int = 0
    type_names: Dict[int, str] = field(default_factory=dict)
    attribute_names: Dict[int, str] = field(default_factory=dict)
    type_values: Dict[str, int] = field(default_factory=dict)  # types, aliases and attributes
    bounds: Dict[int, int] = field(default_factory=dict)
    roles: Dict[str, int] = field(default_factory=dict)
    role_types: Dict[int, int] = field(default_factory=dict)
    role_dominates: Dict[int, int] = field(default_factory=dict)
    users: Dict[str, int] = field(default_factory=dict)
    user_data: Dict[int, User] = field(default_factory=dict)
    booleans: Dict[str, Tuple[int, bool]] = field(default_factory=dict)
    sensitivities: Dict[str, int] = field(default_factory=dict)
    categories: Dict[str, int] = field(default_factory=dict)
    commons: Dict[str, Dict[str, int]] = field(default_factory=dict)
    classes: Dict[str, ObjectClass] = field(default_factory=dict)
    rules: PackedRules = field(default_factory=PackedRules)
    rule_count: int = 0
    extended: Dict[int, List[Extended]] = field(default_factory=dict)
    conditionals: List[Conditional] = field(default_factory=list)
    role_allows: Tuple[Tuple[int, int], ...] = ()
    named_transitions: List[Tuple[str, int, int, int, int]] = field(default_factory=list)
    ports: List[Tuple[int, int, int, int]] = field(default_factory=list)  # protocol, low, high, type
    filesystem_uses: Dict[str, Tuple[int, NumberedContext]] = field(default_factory=dict)
    genfs: List[Tuple[str, str, int, NumberedContext]] = field(default_factory=list)
    type_sets: Sequence[int] = ()  # index: type number less one; members: numbers less one

    @property
    def has_ranges(self) -> bool:
        """Whether users and contexts carry a range: by the version, not by whether MLS is in use (context_read)."""
        return self.version >= 19  # POLICYDB_VERSION_MLS
