"""The systems that bring their SELinux policy in their image: how they are told, and what can be done there."""

from __future__ import annotations

from functools import cache
from typing import Any, Dict, FrozenSet, Iterator, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.errors import InputError
from avcdoctor.knowledge.tables import mapping
from avcdoctor.knowledge.weakening import spoken_of

TABLE = "systems.yaml"
_DOCUMENTED = "audit2allow"
"""May be spoken of here: Android's own documents name it, and what it prints is loaded nowhere without a build."""
_LISTS = ("ids", "roles", "own", "plain", "types", "steps", "notes")
_TEXTS = ("name", "user", "why", "report", "levels")


class System(NamedTuple):
    """One entry of policies/facts/systems.yaml, whose head tells what each part is for."""

    name: str
    ids: FrozenSet[str]
    user: str = "system_u"
    roles: FrozenSet[str] = frozenset()
    own: FrozenSet[str] = frozenset()
    plain: FrozenSet[str] = frozenset()
    types: FrozenSet[str] = frozenset()
    why: str = ""
    steps: Tuple[str, ...] = ()
    report: str = ""
    levels: str = ""
    notes: Tuple[str, ...] = ()

    @property
    def all_types(self) -> FrozenSet[str]:
        """Every type of its policy that is known."""
        return self.own | self.plain | self.types


@cache
def systems() -> Tuple[System, ...]:
    """All of them, the administrator's own first.

    Raises:
        InputError: an entry is not one.
    """
    table = mapping(TABLE)
    found = next(faults(table), "")
    if found:
        raise InputError(f"{TABLE}: {found}", "avcdoctor rules check FILE names every fault")
    return tuple(_system(entry) for entry in table.values())


def named(names: Sequence[str]) -> Optional[System]:
    """The system that os-release names."""
    return next((one for one in systems() if one.ids & set(names)), None)


def _system(entry: Any) -> System:
    values: Dict[str, Any] = {key: entry[key] for key in _TEXTS if key in entry}
    values.update({key: frozenset(entry.get(key, ())) for key in ("ids", "roles", "own", "plain", "types")})
    values.update({key: tuple(entry.get(key, ())) for key in ("steps", "notes")})
    return System(**values)


def faults(table: object) -> Iterator[str]:
    """What is wrong with a table of systems, one sentence each."""
    if not isinstance(table, dict):
        yield "a mapping of names to systems is needed here"
        return
    for key, entry in table.items():
        if not isinstance(entry, dict):
            yield f"{key} is no mapping"
            continue
        yield from (f"{key}: {fault}" for fault in _entry_faults(entry))
    ids = [one for entry in table.values() if isinstance(entry, dict) for one in _texts(entry, "ids")]
    own = [one for entry in table.values() if isinstance(entry, dict) for one in _texts(entry, "own")]
    for what, names in (("id", ids), ("own type", own)):
        yield from (f"the {what} {one} stands in two systems" for one in sorted(set(names)) if names.count(one) > 1)


def _texts(entry: Any, key: str) -> Sequence[str]:
    value = entry.get(key, [])
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _entry_faults(entry: Any) -> Iterator[str]:
    yield from (f"nobody asks for {key}" for key in entry if key not in (*_LISTS, *_TEXTS))
    for key in _LISTS:
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            yield f"{key} is no list of texts"
    yield from (f"{key} is no text" for key in _TEXTS if not isinstance(entry.get(key, ""), str))
    yield from (f"{key} is missing" for key in ("name", "ids") if not entry.get(key))
    if bool(entry.get("steps")) == bool(entry.get("notes")):
        yield "either steps or notes are needed: other advice, or what to mind with the usual one"
    if entry.get("steps"):
        yield from (f"{key} is missing: steps need it" for key in ("why", "report") if not entry.get(key))
    types = [*_texts(entry, "own"), *_texts(entry, "plain"), *_texts(entry, "types")]
    yield from (f"{one} is named twice" for one in sorted(set(types)) if types.count(one) > 1)
    if entry.get("types") and not (entry.get("own") or entry.get("plain")):
        yield "types without own or plain ones tell nothing"
    for text in (*_texts(entry, "steps"), *_texts(entry, "notes"), entry.get("levels", ""), entry.get("report", "")):
        if isinstance(text, str) and spoken_of(text) not in (None, _DOCUMENTED):
            yield f"advice that weakens SELinux: {text[:60]}"
