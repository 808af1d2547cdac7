"""Compares names with globs; most globs are plain names or beginnings, which need no regular expression."""

from __future__ import annotations

from fnmatch import fnmatchcase


def fits(value: str, glob: str) -> bool:
    """Whether a value is what a glob (`*`, `?`, `[...]`) stands for; case matters."""
    if "*" not in glob and "?" not in glob and "[" not in glob:
        return value == glob
    beginning = glob[:-1]
    if glob.endswith("*") and "*" not in beginning and "?" not in beginning and "[" not in beginning:
        return value.startswith(beginning)
    return fnmatchcase(value, glob)
