"""Reads the symbols of a binary policy: classes, permissions, constraints, roles, types, users, booleans, levels.

The layout follows the *_read functions of libsepol's policydb.c.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Tuple

from avcdoctor.host.binary import NO_RANGE, Cursor, Level
from avcdoctor.host.tables import Constraint, ObjectClass, PolicyDb, User

_PRIMARY, _ATTRIBUTE = 1, 2


def read_symbols(cursor: Cursor, db: PolicyDb, tables: int) -> None:
    """Read the tables of symbols, in the order in which every policy has them.

    Args:
        cursor: stands before the first table.
        db: gets what is read.
        tables: how many the policy says it has.
    """
    readers = (_common, _class, _role, _type, _user, _boolean, _sensitivity, _category)
    if tables != len(readers):
        raise cursor.broken(f"{tables} tables of symbols")
    for reader in readers:
        cursor.number()  # the highest number; entries follow
        for _ in range(cursor.count()):
            reader(cursor, db)


def _permissions(cursor: Cursor, count: int) -> Dict[str, int]:
    found = {}
    for _ in range(count):
        length, value = cursor.numbers(2)
        if not 0 < value <= 32:
            raise cursor.broken(f"a permission has the number {value}")
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
    entry = ObjectClass(cursor.symbol(value), permissions, _constraints(cursor, db, constraints))
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
        well_formed(cursor, [kind for kind, *_rest in expression], {1: 0, 2: -1, 3: -1, 4: 1, 5: 1})
        found.append(Constraint(permissions, tuple(expression)))
    return tuple(found)


def well_formed(cursor: Cursor, kinds: List[int], effects: Mapping[int, int]) -> None:
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
    db.roles[cursor.text(length)] = cursor.symbol(value)
    db.role_dominates[value] = cursor.bitmap()
    db.role_types[value] = cursor.bitmap()


def _type(cursor: Cursor, db: PolicyDb) -> None:
    length, value, properties, bounds = cursor.numbers(4)
    name = cursor.text(length)
    db.type_values[name] = cursor.symbol(value)
    if properties & _ATTRIBUTE:
        db.attribute_names[value] = name
    elif properties & _PRIMARY:
        db.type_names[value] = name
        if bounds:
            db.bounds[value] = bounds


def _user(cursor: Cursor, db: PolicyDb) -> None:
    length, value, _bounds = cursor.numbers(3)
    db.users[cursor.text(length)] = cursor.symbol(value)
    roles = cursor.bitmap()
    # Written with and without MLS alike (policydb.c, user_read).
    db.user_data[value] = (
        User(roles, cursor.range(), cursor.level()) if db.has_ranges else User(roles, NO_RANGE, Level(0, 0))
    )


def _boolean(cursor: Cursor, db: PolicyDb) -> None:
    value, state, length = cursor.numbers(3)
    db.booleans[cursor.text(length)] = (cursor.symbol(value), bool(state))


def _sensitivity(cursor: Cursor, db: PolicyDb) -> None:
    length, _alias = cursor.numbers(2)
    name = cursor.text(length)
    db.sensitivities[name] = cursor.level().sensitivity


def _category(cursor: Cursor, db: PolicyDb) -> None:
    length, value, _alias = cursor.numbers(3)
    db.categories[cursor.text(length)] = cursor.symbol(value)
