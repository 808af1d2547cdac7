"""Default labels of well-known paths and file names, for use without file contexts."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Pattern, Tuple

from avcdoctor.knowledge.tables import rows

_SAME_TREES = (
    # as file_contexts.subs_dist has them on every distribution
    ("/var/run/", "/run/"),
    ("/bin/", "/usr/bin/"),
    ("/sbin/", "/usr/sbin/"),
    ("/lib/", "/usr/lib/"),
    ("/lib64/", "/usr/lib64/"),
    ("/var/home/", "/home/"),
    ("/var/lib/private/", "/var/lib/"),
    ("/var/log/private/", "/var/log/"),
    ("/var/cache/private/", "/var/cache/"),
)


class Label(NamedTuple):
    """The type a path should have. `sure` is False where services below that tree have labels of their own."""

    type: str
    sure: bool


class _Entry(NamedTuple):
    beginning: str  # what stands before the first star
    expression: str
    weight: int  # how many characters are given, not left to a star
    label: Label


def default_label(path: str) -> Optional[Label]:
    """The type a path should have.

    Args:
        path: an absolute path, or a bare file name when that is all a record tells.

    Returns:
        The label, or None for a name that could lie anywhere.
    """
    if not path.startswith("/"):
        return _name_label(path.rsplit("/", 1)[-1])
    for alias, real in _SAME_TREES:
        if path.startswith(alias):
            path = real + path[len(alias) :]
            break
    return _path_label(path.rstrip("/") or "/")


@lru_cache(maxsize=4096)
def _path_label(path: str) -> Optional[Label]:
    exact, trees = _literal()
    if path in exact:
        return exact[path]
    best, weight = _longest_tree(path, trees)
    for entry in _patterns():
        if entry.weight > weight and path.startswith(entry.beginning) and _compiled(entry.expression).match(path):
            best, weight = entry.label, entry.weight
    return best


def _longest_tree(path: str, trees: Dict[str, Label]) -> Tuple[Optional[Label], int]:
    """Look the path and each of its parents up; "" stands for the root."""
    stem = "" if path == "/" else path
    while True:
        if stem in trees:
            return trees[stem], len(stem)
        if not stem:
            return None, 0
        stem = stem.rpartition("/")[0]


@cache
def _types() -> FrozenSet[str]:
    return frozenset(label.type for _path, label in _entries())


def is_sure(path: str) -> bool:
    """Whether the table has a label for this very path or the tree it stands for, not just for one above it."""
    exact, trees = _literal()
    stem = path.rstrip("/")
    label = exact.get(stem) or trees.get(stem)
    return label is not None and label.sure


def has_label(type_: str) -> bool:
    """Whether the table gives some place this type, so that policies have it."""
    return type_ in _types()


@cache
def _literal() -> Tuple[Dict[str, Label], Dict[str, Label]]:
    """The entries without a star: exact paths, and trees by their root."""
    exact: Dict[str, Label] = {}
    trees: Dict[str, Label] = {}
    for path, label in _entries():
        if path.startswith("/") and "*" not in path:
            (trees if path.endswith("/") else exact).setdefault(path.rstrip("/"), label)
    return exact, trees


@cache
def _patterns() -> Tuple[_Entry, ...]:
    """The entries with a star: it stands for the characters of one component."""
    found: List[_Entry] = []
    for path, label in _entries():
        if path.startswith("/") and "*" in path:  # one star within a component, two across several
            stem = path.rstrip("/")
            expression = re.escape(stem).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
            expression += r"(?:/.*)?\Z" if path.endswith("/") else r"\Z"
            # One more than its characters: `/home/*` is about the directory itself and wins over the tree `/home/*/`.
            weight = len(stem) + (not path.endswith("/"))
            found.append(_Entry(stem.partition("*")[0], expression, weight, label))
    return tuple(sorted(found, key=lambda entry: -entry.weight))


@cache
def _compiled(expression: str) -> Pattern[str]:
    return re.compile(expression)


@lru_cache(maxsize=1024)
def _name_label(name: str) -> Optional[Label]:
    for pattern, label in _entries():
        if pattern.startswith("/"):
            continue
        if pattern == name or ("*" in pattern and re.fullmatch(re.escape(pattern).replace(r"\*", ".+"), name)):
            return label
    return None


@cache
def _entries() -> Tuple[Tuple[str, Label], ...]:
    return tuple((path, Label(type_, word == "sure")) for path, type_, word in rows("labels.tsv"))
