"""Tells whether a regular expression can be made slow by the text it is tried on."""

from __future__ import annotations

import importlib
from typing import Any, Iterator, List, Tuple

_MANY = 16  # a repeat up to this often costs little even within another one
_MOST_OPEN = 4  # repeats without end, one after another: each multiplies the work by the text's length
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")
_HOLDERS = ("SUBPATTERN", "ASSERT", "ASSERT_NOT", "ATOMIC_GROUP")


def slow(pattern: str) -> str:
    """What makes an expression slow, in words; empty for one whose cost is bounded.

    Backtracking explodes where a repeat holds another one, or alternatives, so that one text can be divided in many
    ways. Refused is every such form, also some that would happen to be quick.

    Args:
        pattern: an expression that compiles.
    """
    parsed = _parser().parse(pattern)
    if any(_divides(body) for body in _bodies(parsed)):
        return "a repeat within a repeat, or alternatives within one"
    if _open_ended(parsed) > _MOST_OPEN:
        return f"more than {_MOST_OPEN} repeats without end"
    return ""


def _parser() -> Any:
    """The parser of the `re` module; it moved in Python 3.11."""
    try:
        return importlib.import_module("re._parser")
    except ImportError:
        return importlib.import_module("sre_parse")


def _bodies(parsed: Any) -> Iterator[Any]:
    """What is repeated often, at every depth."""
    for name, value in _items(parsed):
        if name in _REPEATS and value[1] > _MANY:
            yield value[2]
        for inner in _inside(name, value):
            yield from _bodies(inner)


def _divides(body: Any) -> bool:
    """Whether what is repeated can itself end in more than one place."""
    for name, value in _items(body):
        if name in _REPEATS and value[0] != value[1] and value[1] > 1:
            return True
        if name == "BRANCH":
            return True
        if any(_divides(inner) for inner in _inside(name, value)):
            return True
    return False


def _open_ended(parsed: Any) -> int:
    count = 0
    for name, value in _items(parsed):
        if name == "BRANCH":
            count += max((_open_ended(one) for one in value[1]), default=0)
            continue
        count += name in _REPEATS and value[1] > 4 * _MANY
        count += sum(_open_ended(inner) for inner in _inside(name, value))
    return count


def _items(parsed: Any) -> List[Tuple[str, Any]]:
    return [(str(name), value) for name, value in parsed]


def _inside(name: str, value: Any) -> List[Any]:
    """The parts that an element holds."""
    if name in _REPEATS or name == "POSSESSIVE_REPEAT":
        return [value[2]]
    if name == "BRANCH":
        return list(value[1])
    if name in _HOLDERS:
        return [value[-1] if isinstance(value, tuple) else value]
    if name == "GROUPREF_EXISTS":
        return [part for part in value[1:] if part is not None]
    return []
