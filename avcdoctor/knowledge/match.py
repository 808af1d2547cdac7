"""Decides whether a rule's condition holds for a group of denials."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, Iterable, Optional, Tuple

from avcdoctor.knowledge.globs import fits
from avcdoctor.knowledge.schema import Match, Rule
from avcdoctor.model import Denial, Group

HasAttribute = Callable[[str, str], Optional[bool]]
"""(type, attribute) -> whether the type has it; None when nobody can tell."""


def rule_matches(rule: Rule, group: Group, has_attribute: HasAttribute) -> bool:
    """Whether one of the rule's `when` holds for the group and none of its `unless` does."""
    if not any(condition_holds(match, group, has_attribute) for match in rule.when):
        return False
    return not any(condition_holds(match, group, has_attribute) for match in rule.unless)


def condition_holds(match: Match, group: Group, has_attribute: HasAttribute) -> bool:
    """Whether every field of a condition holds: those of the group, and those of one and the same denial."""
    of_denials = {}
    for name, patterns in match.fields.items():
        if name in ("source", "target"):
            if not _type_matches(getattr(group, name), patterns, has_attribute):
                return False
        elif name in ("class", "permissions"):
            values = (group.tclass,) if name == "class" else tuple(group.permissions)
            if not _any_matches(values, patterns):
                return False
        else:
            of_denials[name] = patterns
    if not of_denials:
        return True
    return any(
        all(_any_matches(_values(denial, name), patterns) for name, patterns in of_denials.items())
        for denial in group.examples
    )


def condition_covers(match: Match, group: Group, has_attribute: HasAttribute) -> bool:
    """Whether a condition holds and lists every permission of the group, so that what it stands for allows them all."""
    patterns = match.fields.get("permissions")
    covered = patterns is None or all(_any_matches((name,), patterns) for name in group.permissions)
    return covered and condition_holds(match, group, has_attribute)


def _values(denial: Denial, name: str) -> Tuple[str, ...]:
    """What a denial says for a condition's field, as texts."""
    if name == "path":
        return tuple(path for path in (denial.path, *(record.name for record in denial.paths)) if path)
    if name == "name":
        last = denial.path.rsplit("/", 1)[-1] if denial.path else ""
        return tuple(dict.fromkeys(part for part in (denial.name, last) if part))
    if name == "record":
        return (denial.record_type,)
    value = getattr(denial, name)
    if isinstance(value, bool):
        return ("true" if value else "false",)  # as YAML writes it
    return () if value is None or value == "" else (str(value),)


def _type_matches(type_: str, patterns: Iterable[str], has_attribute: HasAttribute) -> bool:
    for pattern in patterns:
        if pattern.startswith("@"):
            if has_attribute(type_, pattern[1:]):
                return True
        elif _matches(type_, pattern):
            return True
    return False


def _any_matches(values: Iterable[str], patterns: Iterable[str]) -> bool:
    wanted = tuple(patterns)
    return any(_matches(value, pattern) for value in values for pattern in wanted)


def _matches(value: str, pattern: str) -> bool:
    if pattern.startswith("re:"):
        return _compiled(pattern[3:]).fullmatch(value) is not None
    return value == pattern or ("*" in pattern and fits(value, pattern.replace("[", "[[]")))


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)
