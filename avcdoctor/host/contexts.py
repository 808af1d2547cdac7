"""Says whether a policy accepts a context, and puts a valid user, role and level around a type where it doesn't."""

from __future__ import annotations

from typing import Optional, Tuple

from avcdoctor.host.binary import Level, Range
from avcdoctor.host.tables import PolicyDb
from avcdoctor.model import Context

OBJECT_ROLE = 1  # object_r carries every type (OBJECT_R_VAL in libsepol)


def valid(db: PolicyDb, context: Context) -> bool:
    """Whether the policy accepts a context (policydb_context_isvalid and mls_context_isvalid in the kernel)."""
    type_ = db.type_values.get(context.type)
    user = db.users.get(context.user)
    role = db.roles.get(context.role)
    if type_ not in db.type_names or user is None or role is None or type_ is None:
        return False
    if role != OBJECT_ROLE and not (_carries(db, role, type_) and _may_take(db, user, role)):
        return False
    if not db.mls:
        return not context.level
    level = parse_range(db, context.level)
    return level is not None and (role == OBJECT_ROLE or _contains(db.user_data[user].range, level))


def _carries(db: PolicyDb, role: int, type_: int) -> bool:
    return bool(db.role_types.get(role, 0) >> (type_ - 1) & 1)


def _may_take(db: PolicyDb, user: int, role: int) -> bool:
    return bool(db.user_data[user].roles >> (role - 1) & 1)


def substitute(db: PolicyDb, context: Context) -> Optional[Context]:
    """The nearest valid context with the same type: what is valid of user, role and level stays.

    Returns:
        None when the policy does not know the type.
    """
    type_ = db.type_values.get(context.type)
    if type_ is None or type_ not in db.type_names:
        return None
    pairs = sorted(
        (role != context.role, user != context.user, role != "system_r", user != "system_u", role, user)
        for role, role_number in db.roles.items()
        for user, user_number in db.users.items()
        if role_number == OBJECT_ROLE or (_carries(db, role_number, type_) and _may_take(db, user_number, role_number))
    )
    for *_order, role, user in pairs:
        for level in (context.level, _lowest(db, user)):
            candidate = Context(user, role, context.type, level if db.mls else "")
            if valid(db, candidate):
                return candidate
    return None


def accepted(db: PolicyDb, context: Context) -> Optional[Context]:
    """The context itself where the policy accepts it, or else its nearest substitute."""
    return context if valid(db, context) else substitute(db, context)


def _lowest(db: PolicyDb, user: str) -> str:
    low = db.user_data[db.users[user]].range.low
    names = {number: name for name, number in db.sensitivities.items()}
    return names.get(low.sensitivity, "s0")


def parse_range(db: PolicyDb, text: str) -> Optional[Range]:
    """Read `s0-s0:c0.c1023`; None where the policy does not know a part of it or low is not dominated by high."""
    low_text, _, high_text = text.partition("-")
    low = _parse_level(db, low_text)
    high = _parse_level(db, high_text) if high_text else low
    if low is None or high is None or not dominates(high, low):
        return None
    return Range(low, high)


def _parse_level(db: PolicyDb, text: str) -> Optional[Level]:
    sensitivity, _, categories = text.partition(":")
    number = db.sensitivities.get(sensitivity)
    if number is None:
        return None
    bits = 0
    for part in categories.split(",") if categories else ():
        first, last = _category_span(db, part)
        if not 0 < first <= last:
            return None
        bits |= (1 << last) - (1 << (first - 1))
    return Level(number, bits)


def _category_span(db: PolicyDb, text: str) -> Tuple[int, int]:
    first, _, last = text.partition(".")
    return db.categories.get(first, 0), db.categories.get(last or first, 0)


def dominates(high: Level, low: Level) -> bool:
    """Whether a level is at least another: no lower sensitivity, and all of its categories (mls_level_dom)."""
    return high.sensitivity >= low.sensitivity and not low.categories & ~high.categories


def _contains(outer: Range, inner: Range) -> bool:
    return dominates(inner.low, outer.low) and dominates(outer.high, inner.high)
