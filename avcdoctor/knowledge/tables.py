"""Finds and reads the small tables below policies/facts; each one is read once."""

from __future__ import annotations

from functools import cache
from typing import Any, List, Mapping, Tuple

from avcdoctor.errors import InputError
from avcdoctor.knowledge.kept import kept
from avcdoctor.resources import policies_dir


@cache
def rows(name: str) -> Tuple[Tuple[str, ...], ...]:
    """The lines of a tab-separated table as tuples of texts, without comments and empty lines.

    Raises:
        InputError: the table is missing or unreadable.
    """
    found: List[Tuple[str, ...]] = []
    for line in _text(name).splitlines():
        if line and not line.startswith("#"):
            found.append(tuple(line.split("\t")))
    return tuple(found)


@cache
def document(name: str) -> Any:
    """A YAML table as plain mappings, lists and texts.

    Raises:
        InputError: the table is missing, unreadable or no YAML.
    """
    text = _text(name)
    return kept(name.rpartition(".")[0], [(name, text.encode())], lambda: _parsed(name, text))


def _parsed(name: str, text: str) -> Any:
    import yaml  # noqa: PLC0415 - a start that finds the table kept needs no YAML

    try:
        # libyaml is ten times faster and not in every PyYAML
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.YAMLError as error:
        raise InputError(f"{policies_dir() / 'facts' / name}: {error}", "install avcdoctor again") from error


@cache
def groups(name: str) -> Mapping[str, Tuple[str, ...]]:
    """A YAML table of group name to patterns.

    Raises:
        InputError: the table is missing or unreadable.
    """
    return {str(key): tuple(map(str, values)) for key, values in document(name).items()}


def _text(name: str) -> str:
    path = policies_dir() / "facts" / name
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}", "install avcdoctor again") from error
