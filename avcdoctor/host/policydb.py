"""Reads the kernel's binary policy (policy.33 and its relatives) into plain tables.

setools would do, but costs 0.25 s to import and 75 MiB to keep its rules; this reader takes a fifth of both and
needs no binding, so that a policy can be asked on any machine. The tests compare it with setools rule by rule.
The layout follows libsepol's policydb.c and the kernel's security/selinux/ss/policydb.c, versions 24 to 35.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Dict, List, Mapping, NamedTuple, Tuple

from avcdoctor.host.binary import NO_RANGE, Cursor, Level, NumberedContext, Range

MAGIC = 0xF97CFF8C
OLDEST, NEWEST = 24, 35
_MLS = 1
_PRIMARY, _ATTRIBUTE = 1, 2

ALLOW, AUDITALLOW, AUDITDENY = 0x1, 0x2, 0x4
TRANSITION, MEMBER, CHANGE = 0x10, 0x20, 0x40
XPERM_ALLOW = 0x100
_XPERMS = 0x700
WHOLE_DRIVERS = 2  # an extended rule's `specified`: its bits are drivers, not functions of one
RULE = struct.Struct("<HHHHI")  # source, target, class, kind, permissions or new type


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
    rules: Dict[int, bytearray] = field(default_factory=dict)  # by source number, packed as RULE
    rule_count: int = 0
    extended: Dict[int, List[Extended]] = field(default_factory=dict)
    conditionals: List[Conditional] = field(default_factory=list)
    role_allows: Tuple[Tuple[int, int], ...] = ()
    named_transitions: List[Tuple[str, int, int, int, int]] = field(default_factory=list)
    ports: List[Tuple[int, int, int, int]] = field(default_factory=list)  # protocol, low, high, type
    filesystem_uses: Dict[str, Tuple[int, NumberedContext]] = field(default_factory=dict)
    genfs: List[Tuple[str, str, int, NumberedContext]] = field(default_factory=list)
    type_sets: List[int] = field(default_factory=list)  # index: type number less one; members: numbers less one


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
    readers = (_common, _class, _role, _type, _user, _boolean, _sensitivity, _category)
    if symbols != len(readers):
        raise cursor.broken(f"{symbols} tables of symbols")
    for reader in readers:
        cursor.number()  # the highest number; entries follow
        for _ in range(cursor.count()):
            reader(cursor, db)
    _rules(cursor, db)
    _conditionals(cursor, db)
    _roles_and_names(cursor, db)
    _labels(cursor, db, contexts)
    for _ in range(cursor.count()):  # range transitions
        cursor.numbers(3)
        cursor.range()
    highest = max([*db.type_names, *db.attribute_names], default=0)
    db.type_sets = [cursor.bitmap() for _ in range(highest)]
    return db


def _permissions(cursor: Cursor, count: int) -> Dict[str, int]:
    found = {}
    for _ in range(count):
        length, value = cursor.numbers(2)
        found[cursor.text(length)] = value - 1
    return found


def _common(cursor: Cursor, db: PolicyDb) -> None:
    length, _value, _highest, count = cursor.numbers(4)
    name = cursor.text(length)
    db.commons[name] = _permissions(cursor, count)


def _class(cursor: Cursor, db: PolicyDb) -> None:
    length, common_length, value, _highest, count, constraints = cursor.numbers(6)
    name = cursor.text(length)
    permissions: Dict[str, int] = {}
    if common_length:
        common = cursor.text(common_length)
        if common not in db.commons:
            raise cursor.broken("a class inherits from nothing")
        permissions.update(db.commons[common])
    permissions.update(_permissions(cursor, count))
    entry = ObjectClass(value, permissions, _constraints(cursor, db, constraints))
    _constraints(cursor, db, cursor.count())  # validatetrans
    if db.version >= 27:
        cursor.numbers(3)  # default user, role and range of new objects
    if db.version >= 28:
        cursor.number()  # default type
    db.classes[name] = entry


def _constraints(cursor: Cursor, db: PolicyDb, count: int) -> Tuple[Constraint, ...]:
    found = []
    for _ in range(count):
        permissions, nodes = cursor.numbers(2)
        expression = []
        for _ in range(nodes):
            kind, attribute, operator = cursor.numbers(3)
            names = 0
            if kind == 5:  # CEXPR_NAMES
                names = cursor.bitmap()
                if db.version >= 29:  # the names as they stood in the source
                    cursor.bitmap()
                    cursor.bitmap()
                    cursor.number()
            expression.append((kind, attribute, operator, names))
        _well_formed(cursor, [kind for kind, *_rest in expression], {1: 0, 2: -1, 3: -1, 4: 1, 5: 1})
        found.append(Constraint(permissions, tuple(expression)))
    return tuple(found)


def _well_formed(cursor: Cursor, kinds: List[int], effects: Mapping[int, int]) -> None:
    """Check a postfix expression: each kind of node changes the stack's height by its effect, and one value remains."""
    height = 0
    for kind in kinds:
        height += effects.get(kind, -1000)
        if height < 1:
            break
    if height != 1:
        raise cursor.broken("an expression makes no sense")


def _role(cursor: Cursor, db: PolicyDb) -> None:
    length, value, _bounds = cursor.numbers(3)
    db.roles[cursor.text(length)] = value
    db.role_dominates[value] = cursor.bitmap()
    db.role_types[value] = cursor.bitmap()


def _type(cursor: Cursor, db: PolicyDb) -> None:
    length, value, properties, bounds = cursor.numbers(4)
    name = cursor.text(length)
    db.type_values[name] = value
    if properties & _ATTRIBUTE:
        db.attribute_names[value] = name
    elif properties & _PRIMARY:
        db.type_names[value] = name
        if bounds:
            db.bounds[value] = bounds


def _user(cursor: Cursor, db: PolicyDb) -> None:
    length, value, _bounds = cursor.numbers(3)
    db.users[cursor.text(length)] = value
    roles = cursor.bitmap()
    # Written with and without MLS alike (policydb.c, user_read).
    db.user_data[value] = User(roles, cursor.range(), cursor.level()) if db.mls else User(roles, NO_RANGE, Level(0, 0))


def _boolean(cursor: Cursor, db: PolicyDb) -> None:
    value, state, length = cursor.numbers(3)
    db.booleans[cursor.text(length)] = (value, bool(state))


def _sensitivity(cursor: Cursor, db: PolicyDb) -> None:
    length, _alias = cursor.numbers(2)
    name = cursor.text(length)
    db.sensitivities[name] = cursor.level().sensitivity


def _category(cursor: Cursor, db: PolicyDb) -> None:
    length, value, _alias = cursor.numbers(3)
    db.categories[cursor.text(length)] = value


def _rules(cursor: Cursor, db: PolicyDb) -> None:
    """The access vector table, kept packed and sorted into one heap per source: a few bytes a rule."""
    data, unpack, rules = cursor.data, RULE.unpack_from, db.rules
    count = cursor.count()
    position = cursor.position
    try:
        for _ in range(count):
            source, _target, _class, kind, _value = unpack(data, position)
            if kind & _XPERMS:
                cursor.position = position
                db.extended.setdefault(source, []).append(_extended(cursor))
                position = cursor.position
                continue
            heap = rules.get(source)
            if heap is None:
                heap = rules[source] = bytearray()
            heap += data[position : position + 12]
            position += 12
    except struct.error:
        raise cursor.broken("it ends within its rules") from None
    cursor.position = position
    db.rule_count = count


def _extended(cursor: Cursor) -> Extended:
    try:
        _source, target, tclass, kind = struct.unpack_from("<HHHH", cursor.data, cursor.position)
        specified, driver = struct.unpack_from("<BB", cursor.data, cursor.position + 8)
    except struct.error:
        raise cursor.broken("it ends within its rules") from None
    cursor.position += 10
    bits = 0
    for index, word in enumerate(cursor.numbers(8)):
        bits |= word << (32 * index)
    return Extended(target, tclass, kind, specified, driver, bits)


def _conditionals(cursor: Cursor, db: PolicyDb) -> None:
    for _ in range(cursor.count()):
        cursor.number()  # the expression's present value
        expression = [(pair[0], pair[1]) for pair in (cursor.numbers(2) for _ in range(cursor.count()))]
        _well_formed(cursor, [kind for kind, _boolean in expression], {1: 1, 2: 0, 3: -1, 4: -1, 5: -1, 6: -1, 7: -1})
        db.conditionals.append(Conditional(tuple(expression), (_branch(cursor, db), _branch(cursor, db))))


def _branch(cursor: Cursor, db: PolicyDb) -> bytes:
    found = bytearray()
    for _ in range(cursor.count()):
        if len(cursor.data) - cursor.position < 12:
            raise cursor.broken("it ends within its rules")
        kind = RULE.unpack_from(cursor.data, cursor.position)[3]
        if kind & _XPERMS:  # from version 34 on
            _extended(cursor)
            continue
        found += cursor.data[cursor.position : cursor.position + 12]
        cursor.position += 12
        db.rule_count += 1
    return bytes(found)


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
            db.named_transitions.append((name, 1 << (source - 1), target, tclass, new))
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
            db.genfs.append((filesystem, path, tclass, cursor.context(db.mls)))


def _initial(cursor: Cursor, db: PolicyDb) -> None:
    cursor.number()
    cursor.context(db.mls)


def _named_pair(cursor: Cursor, db: PolicyDb) -> None:
    cursor.text(cursor.number())
    cursor.context(db.mls)
    cursor.context(db.mls)


def _port(cursor: Cursor, db: PolicyDb) -> None:
    protocol, low, high = cursor.numbers(3)
    db.ports.append((protocol, low, high, cursor.context(db.mls).type))


def _node(cursor: Cursor, db: PolicyDb) -> None:
    cursor.numbers(2)
    cursor.context(db.mls)


def _filesystem(cursor: Cursor, db: PolicyDb) -> None:
    behaviour, length = cursor.numbers(2)
    name = cursor.text(length)
    db.filesystem_uses[name] = (behaviour, cursor.context(db.mls))


def _node6(cursor: Cursor, db: PolicyDb) -> None:
    cursor.numbers(8)
    cursor.context(db.mls)


def _key(cursor: Cursor, db: PolicyDb) -> None:
    cursor.numbers(4)
    cursor.context(db.mls)


def _device_port(cursor: Cursor, db: PolicyDb) -> None:
    length, _port_number = cursor.numbers(2)
    cursor.text(length)
    cursor.context(db.mls)
