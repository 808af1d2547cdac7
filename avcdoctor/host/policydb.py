"""Reads the kernel's binary policy (policy.33 and its relatives) into plain tables.

setools would do, but costs 0.25 s to import and 75 MiB to keep its rules; this reader takes a fifth of both and
needs no binding, so that a policy can be asked on any machine. The tests compare it with setools rule by rule.
The layout follows libsepol's policydb.c and the kernel's security/selinux/ss/policydb.c, versions 24 to 35.
"""

from __future__ import annotations

import struct
import sys
from array import array
from itertools import compress
from typing import List, Tuple

from avcdoctor.host.binary import Cursor, LazyBitmaps
from avcdoctor.host.symbols import read_symbols, well_formed
from avcdoctor.host.tables import RULE, TRANSITION, Conditional, Extended, PackedRules, PolicyDb

MAGIC = 0xF97CFF8C
OLDEST, NEWEST = 24, 35
_MLS = 1
_XPERMS = 0x700
_PLAIN = bytes(byte for byte in range(256) if not byte << 8 & _XPERMS)  # the high bytes of the kinds of plain rules
_IS_TRANSITION = bytes(bool(byte & TRANSITION) for byte in range(256))
_FIRST_WINDOW = 64  # rules looked at together


def parse(data: bytes, where: str) -> PolicyDb:
    """Read a binary policy.

    Args:
        data: the file's bytes.
        where: the file's name, for errors.

    Raises:
        PolicyError: it is not a kernel policy, its version is not one of 24 to 35, or it is damaged.
    """
    cursor = Cursor(data, where)
    if len(data) < 16 or cursor.number() != MAGIC:
        raise cursor.broken("the first bytes are not those of a kernel policy")
    if cursor.text(cursor.count()) != "SE Linux":
        raise cursor.broken("it is made for another kernel than Linux")
    db = PolicyDb()
    db.version, config, symbols, contexts = cursor.numbers(4)
    if not OLDEST <= db.version <= NEWEST:
        raise cursor.broken(f"its version {db.version} is not one of {OLDEST} to {NEWEST}")
    db.mls = bool(config & _MLS)
    db.handle_unknown = {2: "reject", 4: "allow"}.get(config & 6, "deny")
    cursor.bitmap()  # policy capabilities
    db.permissive = cursor.bitmap()
    if db.version >= 35:
        cursor.bitmap()  # types that are never audited
    read_symbols(cursor, db, symbols)
    _rules(cursor, db)
    _conditionals(cursor, db)
    _roles_and_names(cursor, db)
    _labels(cursor, db, contexts)
    for _ in range(cursor.count()):  # range transitions
        cursor.numbers(3)
        cursor.range()
    _check_types(cursor, db)
    highest = max([*db.type_names, *db.attribute_names], default=0)
    db.type_sets = LazyBitmaps(cursor, highest)
    return db


def _check_types(cursor: Cursor, db: PolicyDb) -> None:
    """Every type that a transition, a port or a bound gives must exist, so that no question meets an unknown number."""
    used = {type_ for _protocol, _low, _high, type_ in db.ports} | set(db.bounds.values()) | set(db.bounds)
    used |= {new for _name, _sources, _target, _class, new in db.named_transitions}
    packed = b"".join([db.rules.packed, *(branch for one in db.conditionals for branch in one.rules)])
    used.update(compress(_numbers(packed)[2::3], packed[6::12].translate(_IS_TRANSITION)))
    if not used <= set(db.type_names):
        raise cursor.broken("a rule names a type that isn't there")


def _numbers(packed: bytes) -> array[int]:
    found = array("I", packed)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _rules(cursor: Cursor, db: PolicyDb) -> None:
    """The access vector table, kept packed as it stands."""
    count = cursor.count()
    packed, extended = _packed(cursor, count)
    db.rules = PackedRules(packed)
    for rule in extended:
        db.extended.setdefault(rule.source, []).append(rule)
    db.rule_count = count


def _packed(cursor: Cursor, count: int) -> Tuple[bytes, List[Extended]]:
    """Take `count` rules: the plain ones in one piece, and those with extended permissions, which are longer.

    The plain ones between two others are found by looking at one byte of each, some hundred at a time.
    """
    data, position = cursor.data, cursor.position
    pieces: List[bytes] = []
    extended: List[Extended] = []
    window = _FIRST_WINDOW
    while count:
        kinds = data[position + 7 : position + RULE.size * min(count, window) : RULE.size]
        plain = len(kinds) - len(kinds.lstrip(_PLAIN))
        if plain == 0 and not kinds:
            raise cursor.broken("it ends within its rules")
        pieces.append(data[position : position + RULE.size * plain])
        position += RULE.size * plain
        count -= plain
        window *= 2
        if plain < len(kinds):
            cursor.position = position
            extended.append(_extended(cursor))
            position = cursor.position
            count -= 1
            window = _FIRST_WINDOW
    if position > len(data):
        raise cursor.broken("it ends within its rules")
    cursor.position = position
    return b"".join(pieces), extended


def _extended(cursor: Cursor) -> Extended:
    try:
        source, target, tclass, kind = struct.unpack_from("<HHHH", cursor.data, cursor.position)
        specified, driver = struct.unpack_from("<BB", cursor.data, cursor.position + 8)
    except struct.error:
        raise cursor.broken("it ends within its rules") from None
    cursor.position += 10
    bits = 0
    for index, word in enumerate(cursor.numbers(8)):
        bits |= word << (32 * index)
    return Extended(source, target, tclass, kind, specified, driver, bits)


def _conditionals(cursor: Cursor, db: PolicyDb) -> None:
    for _ in range(cursor.count()):
        cursor.number()  # the expression's present value
        expression = [(pair[0], pair[1]) for pair in (cursor.numbers(2) for _ in range(cursor.count()))]
        well_formed(cursor, [kind for kind, _boolean in expression], {1: 1, 2: 0, 3: -1, 4: -1, 5: -1, 6: -1, 7: -1})
        extended: List[Tuple[int, Extended]] = []
        branches = (_branch(cursor, db, extended, 0), _branch(cursor, db, extended, 1))
        db.conditionals.append(Conditional(tuple(expression), branches, tuple(extended)))


def _branch(cursor: Cursor, db: PolicyDb, extended: List[Tuple[int, Extended]], branch: int) -> bytes:
    count = cursor.count()
    packed, found = _packed(cursor, count)
    extended += ((branch, rule) for rule in found)
    db.rule_count += count - len(found)
    return packed


def _roles_and_names(cursor: Cursor, db: PolicyDb) -> None:
    for _ in range(cursor.count()):  # role transitions
        cursor.numbers(4 if db.version >= 26 else 3)
    db.role_allows = tuple((pair[0], pair[1]) for pair in (cursor.numbers(2) for _ in range(cursor.count())))
    if db.version < 25:
        return
    for _ in range(cursor.count()):  # named type transitions
        name = cursor.text(cursor.number())
        if db.version < 33:
            source, target, tclass, new = cursor.numbers(4)
            db.named_transitions.append((name, 1 << (cursor.symbol(source) - 1), target, tclass, new))
            continue
        target, tclass, entries = cursor.numbers(3)
        for _ in range(entries):
            sources = cursor.bitmap()
            db.named_transitions.append((name, sources, target, tclass, cursor.number()))


def _labels(cursor: Cursor, db: PolicyDb, kinds: int) -> None:
    """Contexts of initial SIDs, ports, interfaces, nodes and filesystems (ocontext_read_selinux, genfs_read)."""
    readers = (_initial, _named_pair, _port, _named_pair, _node, _filesystem, _node6, _key, _device_port)
    if kinds > len(readers):
        raise cursor.broken(f"{kinds} kinds of labels")
    for reader in readers[:kinds]:
        for _ in range(cursor.count()):
            reader(cursor, db)
    for _ in range(cursor.count()):
        filesystem = cursor.text(cursor.number())
        for _ in range(cursor.count()):
            path = cursor.text(cursor.number())
            tclass = cursor.number()
            db.genfs.append((filesystem, path, tclass, cursor.context(db.has_ranges)))


def _initial(cursor: Cursor, db: PolicyDb) -> None:
    cursor.number()
    cursor.context(db.has_ranges)


def _named_pair(cursor: Cursor, db: PolicyDb) -> None:
    cursor.text(cursor.number())
    cursor.context(db.has_ranges)
    cursor.context(db.has_ranges)


def _port(cursor: Cursor, db: PolicyDb) -> None:
    protocol, low, high = cursor.numbers(3)
    db.ports.append((protocol, low, high, cursor.context(db.has_ranges).type))


def _node(cursor: Cursor, db: PolicyDb) -> None:
    cursor.numbers(2)
    cursor.context(db.has_ranges)


def _filesystem(cursor: Cursor, db: PolicyDb) -> None:
    behaviour, length = cursor.numbers(2)
    name = cursor.text(length)
    db.filesystem_uses[name] = (behaviour, cursor.context(db.has_ranges))


def _node6(cursor: Cursor, db: PolicyDb) -> None:
    cursor.numbers(8)
    cursor.context(db.has_ranges)


def _key(cursor: Cursor, db: PolicyDb) -> None:
    cursor.numbers(4)
    cursor.context(db.has_ranges)


def _device_port(cursor: Cursor, db: PolicyDb) -> None:
    length, _port_number = cursor.numbers(2)
    cursor.text(length)
    cursor.context(db.has_ranges)
