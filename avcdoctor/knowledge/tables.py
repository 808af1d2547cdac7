"""Finds and reads the small tables below policies/facts; each one is read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

from avcdoctor.errors import InputError
from avcdoctor.knowledge.kept import digest_of, kept, write
from avcdoctor.resources import policies_dir

OWN_FACTS = Path("/etc/avcdoctor/facts.d")
"""Where the administrator adds to the shipped tables, under the same file names."""


@cache
def rows(name: str) -> Tuple[Tuple[str, ...], ...]:
    """The lines of a tab-separated table as tuples of texts, the administrator's own first.

    Comments and empty lines are left out.

    Raises:
        InputError: the table is missing or unreadable.
    """
    found: List[Tuple[str, ...]] = []
    for line in (*_own_text(name).splitlines(), *_text(name).splitlines()):
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


def keep(name: str, folder: Path) -> None:
    """Keep a YAML table in a folder, for a package to bring along.

    Raises:
        InputError: the table is missing, unreadable or no YAML.
        OSError: the folder can't be written to.
    """
    text = _text(name)
    write(folder, name.rpartition(".")[0], digest_of([(name, text.encode())]), _parsed(name, text))


def _parsed(name: str, text: str) -> Any:
    import yaml  # noqa: PLC0415 - a start that finds the table kept needs no YAML

    try:
        # libyaml is ten times faster and not in every PyYAML
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.YAMLError as error:
        raise InputError(f"{policies_dir() / 'facts' / name}: {error}", "install avcdoctor again") from error


@cache
def groups(name: str) -> Mapping[str, Tuple[str, ...]]:
    """A YAML table of group name to patterns, with what the administrator adds to each group.

    Raises:
        InputError: the table is missing or unreadable.
    """
    found: Dict[str, Tuple[str, ...]] = {}
    for part in (document(name), _own(name) or {}):
        if not isinstance(part, dict) or not all(isinstance(values, list) for values in part.values()):
            raise InputError(f"{name}: is no table of names to lists", f"see {policies_dir() / 'facts' / name}")
        for key, values in part.items():
            found[str(key)] = (*found.get(str(key), ()), *map(str, values))
    return found


@cache
def mapping(name: str) -> Mapping[str, Any]:
    """A YAML table of names to entries; an entry of the administrator's own stands before the shipped ones.

    Raises:
        InputError: a table is missing, unreadable or no mapping.
    """
    found: Dict[str, Any] = {}
    for part in (_own(name) or {}, document(name)):
        if not isinstance(part, dict):
            raise InputError(f"{name}: is no mapping", f"see {policies_dir() / 'facts' / name}")
        found.update({str(key): value for key, value in part.items() if str(key) not in found})
    return found


@cache
def entries(name: str) -> Tuple[Any, ...]:
    """The entries of a YAML list, those of the administrator's own table first.

    Raises:
        InputError: a table is missing, unreadable or no list.
    """
    own = _own(name)
    parts = [own] if own else []
    found: List[Any] = []
    for part in (*parts, document(name)):
        if not isinstance(part, list):
            raise InputError(f"{name}: is no list", f"see {policies_dir() / 'facts' / name}")
        found += part
    return tuple(found)


def _own(name: str) -> Any:
    """What the administrator added to a table below /etc/avcdoctor; None where there is nothing.

    Raises:
        InputError: it is unreadable or no YAML: what it protects must not be forgotten in silence.
    """
    text = _own_text(name)
    if not text:
        return None
    path = OWN_FACTS / name
    import yaml  # noqa: PLC0415 - most machines have no such file

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise InputError(f"{path}: {error}", "mend the file, or move it away") from error


def _own_text(name: str) -> str:
    path = OWN_FACTS / name
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}", "mend the file, or move it away") from error


def _text(name: str) -> str:
    path = policies_dir() / "facts" / name
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}", "install avcdoctor again") from error
