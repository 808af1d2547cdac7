"""Works out constraints, role changes and bounds: what refuses an access although a type rule grants it.

audit2why names a constraint only when no type rule is missing as well; a remedy that adds the rule must know before.
The evaluation follows constraint_expr_eval, context_struct_compute_av and type_attribute_bounds_av in the kernel's
security/selinux/ss/services.c.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.host.binary import Level, Range
from avcdoctor.host.contexts import dominates, parse_range
from avcdoctor.host.tables import Constraint, PolicyDb
from avcdoctor.model import Context

_NOT, _AND, _OR, _ATTRIBUTE, _NAMES = 1, 2, 3, 4, 5
_USER, _ROLE, _TYPE, _TARGET = 1, 2, 4, 8
_EQUAL, _UNEQUAL, _DOMINATES, _DOMINATED, _INCOMPARABLE = 1, 2, 3, 4, 5
_LEVELS = {
    32: ("l1", "l2"),
    64: ("l1", "h2"),
    128: ("h1", "l2"),
    256: ("h1", "h2"),
    512: ("l1", "h1"),
    1024: ("l2", "h2"),
}
_OPERATORS = {_EQUAL: "==", _UNEQUAL: "!=", _DOMINATES: "dom", _DOMINATED: "domby", _INCOMPARABLE: "incomp"}
_MOST_NAMES = 4  # shown of a set of types


_Node = Tuple[int, int, int, int]  # kind, attribute, operator, set of names


class Refusal(NamedTuple):
    """A constraint that is not met.

    Args:
        permissions: those of the access that it refuses.
        text: the constraint in the words of the policy language; what failed is marked with " (failed)".
        compares: what it looks at, such as ("level",) or ("role", "user").
    """

    permissions: Tuple[str, ...]
    text: str
    compares: Tuple[str, ...]


class _Side(NamedTuple):
    user: int
    role: int
    type: int
    range: Range


class _Value(NamedTuple):
    holds: bool
    text: str


def refusals(
    db: PolicyDb, scontext: Context, tcontext: Context, tclass: str, permissions: Tuple[str, ...]
) -> Tuple[Refusal, ...]:
    """The constraints that refuse permissions between two contexts which the policy accepts.

    Returns:
        Nothing where all are met, and nothing for contexts, classes or permissions that the policy doesn't know.
    """
    known = db.classes.get(tclass)
    source, target = _side(db, scontext), _side(db, tcontext)
    if known is None or source is None or target is None:
        return ()
    found = []
    for constraint in known.constraints:
        refused = tuple(
            name
            for name in permissions
            if name in known.permissions and constraint.permissions >> known.permissions[name] & 1
        )
        if refused:
            value = _evaluate(db, constraint, source, target)
            if not value.holds:
                words = f"constrain {tclass} {{ {' '.join(sorted(refused))} }} ({value.text})"
                found.append(Refusal(refused, words, _compares(constraint)))
    return tuple(found)


def _side(db: PolicyDb, context: Context) -> Optional[_Side]:
    range_ = parse_range(db, context.level) if db.mls else Range(Level(0, 0), Level(0, 0))
    user, role, type_ = db.users.get(context.user), db.roles.get(context.role), db.type_values.get(context.type)
    if user is None or role is None or type_ is None or range_ is None:
        return None
    return _Side(user, role, type_, range_)


def _evaluate(db: PolicyDb, constraint: Constraint, source: _Side, target: _Side) -> _Value:
    stack: List[_Value] = []
    for node in constraint.expression:
        kind = node[0]
        if kind == _NOT:
            value = stack.pop()
            stack.append(_Value(not value.holds, f"not ({value.text})"))
        elif kind in (_AND, _OR):
            right, left = stack.pop(), stack.pop()
            holds = left.holds and right.holds if kind == _AND else left.holds or right.holds
            stack.append(_Value(holds, f"({left.text} {'and' if kind == _AND else 'or'} {right.text})"))
        elif kind == _ATTRIBUTE:
            stack.append(_compare(db, node, source, target))
        else:
            stack.append(_among(db, node, target if node[1] & _TARGET else source))
    return stack[0]


def _marked(holds: bool, text: str) -> _Value:
    return _Value(holds, text if holds else f"{text} (failed)")


def _compare(db: PolicyDb, node: _Node, source: _Side, target: _Side) -> _Value:
    _kind, attribute, operator, _names = node
    word = _OPERATORS.get(operator, "?")
    if attribute in _LEVELS:
        left, right = _LEVELS[attribute]
        levels: Mapping[str, Level] = {
            "l1": source.range.low,
            "h1": source.range.high,
            "l2": target.range.low,
            "h2": target.range.high,
        }
        return _marked(_levels(levels[left], levels[right], operator), f"{left} {word} {right}")
    if attribute & _ROLE:
        return _marked(_roles(db, source.role, target.role, operator), f"r1 {word} r2")
    one, two = (source.user, target.user) if attribute & _USER else (source.type, target.type)
    letter = "u" if attribute & _USER else "t"
    return _marked((one == two) is (operator == _EQUAL), f"{letter}1 {word} {letter}2")


def _levels(one: Level, two: Level, operator: int) -> bool:
    return {
        _EQUAL: one == two,
        _UNEQUAL: one != two,
        _DOMINATES: dominates(one, two),
        _DOMINATED: dominates(two, one),
        _INCOMPARABLE: not dominates(one, two) and not dominates(two, one),
    }.get(operator, False)


def _roles(db: PolicyDb, one: int, two: int, operator: int) -> bool:
    over = bool(db.role_dominates.get(one, 0) >> (two - 1) & 1)
    under = bool(db.role_dominates.get(two, 0) >> (one - 1) & 1)
    return {
        _EQUAL: one == two,
        _UNEQUAL: one != two,
        _DOMINATES: over,
        _DOMINATED: under,
        _INCOMPARABLE: not over and not under,
    }.get(operator, False)


def _among(db: PolicyDb, node: _Node, side: _Side) -> _Value:
    _kind, attribute, operator, names = node
    digit = "2" if attribute & _TARGET else "1"
    if attribute & _USER:
        value, letter, table = side.user, "u", {number: name for name, number in db.users.items()}
    elif attribute & _ROLE:
        value, letter, table = side.role, "r", {number: name for name, number in db.roles.items()}
    else:
        value, letter, table = side.type, "t", db.type_names
    holds = bool(names >> (value - 1) & 1) is (operator == _EQUAL)
    return _marked(holds, f"{letter}{digit} {_OPERATORS.get(operator, '?')} {_set_text(names, table, db)}")


def _set_text(names: int, table: Dict[int, str], db: PolicyDb) -> str:
    first: List[int] = []
    rest = names
    while rest and len(first) < _MOST_NAMES:  # the whole set may be thousands of types, and nobody is shown them
        first.append((rest & -rest).bit_length())
        rest &= rest - 1
    shown = [table.get(number) or db.attribute_names.get(number, "?") for number in first]
    more = bin(rest).count("1")
    return "{ " + " ".join(shown) + (f" and {more} more" if more else "") + " }"


def _compares(constraint: Constraint) -> Tuple[str, ...]:
    """Which parts of the two contexts a constraint compares with each other."""
    found = set()
    for kind, attribute, _operator, _names in constraint.expression:
        if kind == _ATTRIBUTE:
            if attribute in _LEVELS:
                found.add("level")
            else:
                found.add("role" if attribute & _ROLE else "user" if attribute & _USER else "type")
    return tuple(sorted(found))


def role_change_refused(
    db: PolicyDb, scontext: Context, tcontext: Context, tclass: str, permissions: Tuple[str, ...]
) -> bool:
    """Whether a process may not change its role like this (role allow rules)."""
    if tclass != "process" or not {"transition", "dyntransition"}.intersection(permissions):
        return False
    pair = (db.roles.get(scontext.role, 0), db.roles.get(tcontext.role, 0))
    return pair[0] != pair[1] and pair not in db.role_allows
