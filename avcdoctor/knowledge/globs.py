"""Compares names with globs: those that have nothing but stars, and most do, need no regular expression."""

from __future__ import annotations

from fnmatch import fnmatchcase


def fits(value: str, glob: str) -> bool:
    """Whether a value is what a glob (`*`, `?`, `[...]`) stands for; case matters."""
    if "?" in glob or "[" in glob:
        return fnmatchcase(value, glob)
    if "*" not in glob:
        return value == glob
    first, *between, last = glob.split("*")
    if not value.startswith(first):
        return False
    at = len(first)
    for part in between:
        at = value.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return value.endswith(last) and len(value) - len(last) >= at
