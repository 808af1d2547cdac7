"""Which boolean would answer a denial, judged by its name and its sources: for use without any policy."""

from __future__ import annotations

from functools import cache
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.knowledge.globs import fits
from avcdoctor.knowledge.tables import document, rows
from avcdoctor.knowledge.typefacts import has_attribute

# Costs are added to the rules a boolean turns; what is narrower by its nature must win over any count.
_GENERAL_COST = 1_000  # answers a whole family of targets, such as every port
_FOREIGN_COST = 2_000  # belongs to another service
_ATTRIBUTE_COST = 4_000  # acts on every domain with an attribute
_ON_COST = 10_000  # on by default: rarely what is missing
_WIDE_COST = 100_000


class Boolean(NamedTuple):
    """A boolean of Fedora's policy. `reach` is how many rules it turns; `sources` types and attributes, at most six."""

    name: str
    default: bool
    reach: int
    sources: Tuple[str, ...]
    more_sources: bool
    classes: Tuple[str, ...]


class _Kind(NamedTuple):
    names: Tuple[str, ...]
    fields: Mapping[str, Tuple[str, ...]]
    inverted: bool
    wide: bool


def booleans_for(source: str, target: str, tclass: str, permissions: Iterable[str]) -> Tuple[str, ...]:
    """The booleans that would allow a denial, the narrowest first.

    Args:
        source: the domain that was denied.
        target: the target's type.
        tclass: the object class.
        permissions: the permissions denied; a boolean must answer all of them.

    Returns:
        Names. `boolean_value` tells whether one must be on or off.
    """
    wanted = frozenset(permissions)
    found: List[Tuple[int, str]] = []
    for boolean in _booleans().values():
        kind = _kind(boolean.name)
        if kind is None or ("classes" not in kind.fields and tclass not in boolean.classes):
            continue
        if not _has_source(boolean, kind, source) or not _fits(kind, target, tclass, wanted):
            continue
        found.append((_cost(boolean, kind, source, target), boolean.name))
    return tuple(name for _, name in sorted(found))


def boolean_value(name: str) -> bool:
    """Whether a boolean allows when it is on; False for deny_ptrace and its like."""
    kind = _kind(name)
    return not (kind and kind.inverted)


def boolean_default(name: str) -> Optional[bool]:
    """How a boolean stands in Fedora's policy when nobody touched it; None for one the tables don't know."""
    boolean = _booleans().get(name)
    return boolean.default if boolean else None


def is_wide(name: str) -> bool:
    """Whether a boolean reaches so far that turning it is hardly better than no policy for the domains concerned."""
    kind = _kind(name)
    return bool(kind and kind.wide)


def _has_source(boolean: Boolean, kind: _Kind, source: str) -> bool:
    if "sources" in kind.fields:
        return any(_is_source(source, pattern) for pattern in kind.fields["sources"])
    if any(_is_source(source, one if names.is_type_name(one) else f"@{one}") for one in boolean.sources):
        return True
    # The table names six sources; a service's own domains all begin as its booleans do.
    return boolean.more_sources and source.startswith(boolean.name.split("_")[0])


def _is_source(source: str, pattern: str) -> bool:
    if pattern.startswith("@"):
        return bool(has_attribute(source, pattern[1:]))
    return fits(source, pattern)


def _cost(boolean: Boolean, kind: _Kind, source: str, target: str) -> int:
    """How wide a boolean is, seen from one denial: the smaller the better."""
    targets = kind.fields.get("targets", ())
    own = source.startswith(boolean.name.split("_")[0])
    return (
        boolean.reach
        + (0 if target in targets else _GENERAL_COST)
        + (0 if own else _FOREIGN_COST)
        + (0 if source in boolean.sources or own else _ATTRIBUTE_COST)
        + (_ON_COST if boolean.default == boolean_value(boolean.name) else 0)
        + (_WIDE_COST if kind.wide else 0)
    )


def _fits(kind: _Kind, target: str, tclass: str, permissions: Iterable[str]) -> bool:
    def inside(value: str, field: str) -> bool:
        patterns = kind.fields.get(field)
        return patterns is None or any(fits(value, pattern) for pattern in patterns)

    return (
        inside(target, "targets") and inside(tclass, "classes") and all(inside(p, "permissions") for p in permissions)
    )


@cache
def _booleans() -> Mapping[str, Boolean]:
    found: Dict[str, Boolean] = {}
    for name, default, reach, sources, classes in (row + ("",) * (5 - len(row)) for row in rows("booleans.tsv")):
        names = tuple(part for part in sources.split(",") if part and part != "...")
        boolean = Boolean(name, default == "on", int(reach), names, "..." in sources, _split(classes))
        found.setdefault(name, boolean)
    return found


def _split(text: str) -> Tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


@cache
def _kind(name: str) -> Optional[_Kind]:
    return next((kind for kind in _kinds() if any(fits(name, glob) for glob in kind.names)), None)


@cache
def _kinds() -> Tuple[_Kind, ...]:
    return tuple(
        _Kind(
            tuple(entry["name"]),
            {f: tuple(entry[f]) for f in ("sources", "targets", "classes", "permissions") if f in entry},
            bool(entry.get("inverted")),
            bool(entry.get("wide")),
        )
        for entry in document("boolean-kinds.yaml")
    )
