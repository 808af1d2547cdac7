"""Which objects no remedy may open: the table policies/facts/protected.yaml, by type, path and name."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Dict, FrozenSet, Iterator, List, Mapping, Optional, Pattern, Tuple

from avcdoctor.access.operations import CHANGES, LOOKS, READS, RUNS, WRITES
from avcdoctor.errors import InputError
from avcdoctor.knowledge.globs import fits
from avcdoctor.knowledge.tables import entries
from avcdoctor.knowledge.typefacts import spellings

CATEGORIES = ("look", "read", "write", "execute")
_NOTHING: FrozenSet[str] = frozenset()
_OF_OTHER_ROOT = re.compile(r"/proc/[^/]+/(?:task/[^/]+/)?root(?=/|\Z)")
_OF_OTHER_DIRECTORY = re.compile(r"/proc/[^/]+/(?:task/[^/]+/)?cwd(?=/|\Z)")
_QUOTES = "\"'\u201c\u201d\u2018\u2019"
_LONGEST = 8192

_TEXTS = frozenset({"id", "title", "right", "narrow"})
_FLAGS = frozenset({"fixed", "contained", "machinery", "secret"})
_LISTS = frozenset(
    {
        "guards",
        "seals",
        "types",
        "unless",
        "also",
        "lacks",
        "enters",
        "paths",
        "names",
        "classes",
        "trusted",
        "known",
        "open",
    }
    | {"closer"}
)


@dataclass(frozen=True)
class Kind:
    """One kind of protected object; the fields are those of the table, which explains them.

    Args:
        rank: its place in the table; the lower, the more protected.
    """

    id: str
    title: str
    rank: int
    guards: FrozenSet[str]
    seals: FrozenSet[str]
    fixed: bool = True
    types: Tuple[str, ...] = ()
    unless: Tuple[str, ...] = ()
    also: Tuple[str, ...] = ()
    lacks: Tuple[str, ...] = ()
    enters: Tuple[str, ...] = ()
    paths: Tuple[str, ...] = ()
    names: Tuple[str, ...] = ()
    classes: FrozenSet[str] = frozenset()
    right: str = ""
    trusted: Tuple[str, ...] = ()
    known: Tuple[str, ...] = ()
    open: FrozenSet[str] = frozenset()
    contained: bool = False
    machinery: bool = False
    secret: bool = False
    closer: Tuple[str, ...] = ()
    narrow: str = ""

    def has_type(self, type_: str) -> bool:
        """Whether a type is of this kind by its name, in any distribution's spelling."""
        return any(_is_one_of(name, self.types) for name in spellings(type_)) and not self.excludes(type_)

    def excludes(self, type_: str) -> bool:
        """Whether the table takes a type out of this kind."""
        return _is_one_of(type_, self.unless)

    def accepts(self, type_: str) -> bool:
        """Whether an object of this kind may carry a type: one of the kind's own, or one that stands beside them."""
        return self.has_type(type_) or _is_one_of(type_, self.also)


def _is_one_of(name: str, patterns: Tuple[str, ...]) -> bool:
    return any(fits(name, pattern) for pattern in patterns)


def categories(permissions: FrozenSet[str], tclass: str = "file") -> FrozenSet[str]:
    """What permissions of a file class come to: look, read, write, execute; passing a directory is none of them."""
    named = (
        ("look", LOOKS if tclass != "dir" else _NOTHING),
        ("read", READS),
        ("write", CHANGES),
        ("execute", RUNS),
    )
    return frozenset(name for name, members in named if permissions & members)


def core(category: str) -> FrozenSet[str]:
    """The permissions of which a domain has one where it may do what the category says."""
    return _CORE[category]


_CORE: Mapping[str, FrozenSet[str]] = {
    "look": LOOKS,
    "read": frozenset({"read"}),
    "write": WRITES,
    "execute": frozenset({"execute"}),
}


@cache
def kinds() -> Tuple[Kind, ...]:
    """Every kind, the most protected first.

    Raises:
        InputError: a table is missing, unreadable or faulty.
    """
    table = entries("protected.yaml")
    wrong = table_faults(table)
    if wrong:  # what it protects must not be forgotten in silence
        raise InputError(f"protected.yaml: {wrong[0]}", "avcdoctor rules check FILE tells every fault")
    return tuple(_kind(rank, entry) for rank, entry in enumerate(table))


def table_faults(table: object) -> List[str]:
    """What is wrong with a table of protected objects, for the linter; empty when all is well."""
    if not isinstance(table, (list, tuple)):
        return ["a list of kinds is needed here"]
    found: List[str] = []
    seen: Dict[str, int] = {}
    for number, entry in enumerate(table, 1):
        name = str(entry.get("id", f"entry {number}")) if isinstance(entry, Mapping) else f"entry {number}"
        found += [f"{name}: {fault}" for fault in faults(entry)]
        if name in seen:
            found.append(f"{name}: stands twice")
        seen[name] = number
    return found


def faults(entry: object) -> List[str]:
    """What is wrong with one entry of the table."""
    if not isinstance(entry, Mapping):
        return ["is no mapping"]
    found = [f"has the unknown key {key!r}" for key in entry if key not in _TEXTS | _FLAGS | _LISTS]
    found += [f"{key} is no text" for key in _TEXTS & set(entry) if not isinstance(entry[key], str)]
    found += [f"{key} is neither true nor false" for key in _FLAGS & set(entry) if not isinstance(entry[key], bool)]
    for key in sorted(_LISTS & set(entry)):
        value = entry[key]
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            found.append(f"{key} is no list of texts")
    found += [f"{key} is missing" for key in ("id", "title", "guards", "seals") if key not in entry]
    if found:
        return found
    for key in ("guards", "seals", "open"):
        found += [
            f"{key}: {one!r} is none of {', '.join(CATEGORIES)}" for one in entry.get(key, ()) if one not in CATEGORIES
        ]
    found += [f"seals {one!r} without guarding it" for one in entry["seals"] if one not in entry["guards"]]
    found += [f"the path {one!r} is not absolute" for one in entry.get("paths", ()) if not one.startswith(("/", "**/"))]
    if not any(entry.get(key) for key in ("types", "paths", "names", "lacks", "enters")):
        found.append("names no object")
    return found


def _kind(rank: int, entry: Mapping[str, Any]) -> Kind:
    given: Dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    for key in ("guards", "seals", "classes", "open"):
        given[key] = frozenset(given.get(key, ()))
    return Kind(rank=rank, **given)


@lru_cache(maxsize=4096)
def of_type(type_: str) -> Optional[Kind]:
    """The most protected kind that a type belongs to by its name."""
    return next((kind for kind in kinds() if kind.has_type(type_)), None)


@lru_cache(maxsize=4096)
def is_secret(type_: str) -> bool:
    """Whether a type is for password hashes, keys and the like: nothing to open to another service."""
    return any(kind.secret and kind.has_type(type_) for kind in kinds())


@lru_cache(maxsize=4096)
def of_path(path: str) -> Optional[Kind]:
    """The most protected kind that a path belongs to.

    Args:
        path: absolute and in one of its `forms`.
    """
    folded = _folded(path)
    return next((kind for kind in kinds() if _holds(kind.paths, folded)), None)


@lru_cache(maxsize=4096)
def of_name(name: str, tclass: str) -> Optional[Kind]:
    """The most protected kind that a bare file name of a class belongs to."""
    folded = _folded(name)
    for kind in kinds():
        if (not kind.classes or tclass in kind.classes) and any(fits(folded, one) for one in kind.names):
            return kind
    return None


@lru_cache(maxsize=4096)
def forms(path: str, cwd: str = "") -> Tuple[str, ...]:
    """The absolute paths that a path of the log may stand for, whatever its spelling.

    `.`, `..` and double slashes are resolved as text, another process's view of the root (/proc/PID/root) is taken
    off, and a relative path is put behind the working directory, or behind the root where that is unknown.

    Args:
        path: as the log has it.
        cwd: the working directory, if known.
    """
    text = path.split("\0", maxsplit=1)[0].strip(_QUOTES)
    text = text[: -len(" (deleted)")] if text.endswith(" (deleted)") else text
    if not text or len(text) > _LONGEST:
        return ()
    found: List[str] = []
    starts = [text] if text.startswith("/") else [f"{cwd}/{text}"] * cwd.startswith("/") + [f"/{text}"]
    for start in starts:
        plain = _plain(start)
        found.append(plain)
        stripped = _OF_OTHER_DIRECTORY.sub("", plain) if plain.startswith("/proc/") else plain
        while stripped.startswith("/proc/") and _OF_OTHER_ROOT.match(stripped):
            stripped = _plain(_OF_OTHER_ROOT.sub("", stripped, count=1) or "/")
        found.append(_plain(stripped or "/"))
    return tuple(dict.fromkeys(found))


def _plain(path: str) -> str:
    return posixpath.normpath("/" + path.lstrip("/"))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _holds(patterns: Tuple[str, ...], path: str) -> bool:
    """Whether one of these patterns stands for a folded path; what is plain in a pattern is looked for first."""
    return any(_plainest(one) in path and _compiled(one).fullmatch(path) is not None for one in patterns)


@cache
def _plainest(pattern: str) -> str:
    """The longest part of a path pattern that stands in every path it is for."""
    beginning = pattern[:-3] if pattern.endswith("/**") else pattern
    return max(re.split(r"\*\*/|\*|\[[^\]]*\]", beginning), key=len).casefold()


@cache
def _compiled(pattern: str) -> Pattern[str]:
    return re.compile(_expression(pattern.casefold()))


def _expression(pattern: str) -> str:
    """A path pattern as a regular expression: `**/` any directories or none, a last `**` all below and the tree."""
    if pattern.endswith("/**"):
        return _expression(pattern[:-3]) + r"(?:/.*)?"
    found = ""
    for part in re.split(r"(\*\*/|\*|\[[^\]]*\])", pattern):
        if part == "**/":
            found += r"(?:[^/]+/)*" if found else r"/(?:[^/]+/)*"
        elif part == "*":
            found += r"[^/]*"
        else:
            found += part if part.startswith("[") else re.escape(part)
    return found


@cache
def samples() -> Tuple[str, ...]:
    """A real path for each pattern of the table: what a label rule for a whole tree must not reach."""
    return tuple(path for kind in kinds() if kind.fixed for pattern in kind.paths for path in _samples(pattern))


def _samples(pattern: str) -> Iterator[str]:
    text = re.sub(r"\[([^\]])[^\]]*\]", r"\1", pattern).replace("/**/", "/x/")
    text = f"{text[:-3]}/x" if text.endswith("/**") else text
    if text.startswith("**/"):
        text = text[2:] if text.count("/") > 1 else ""  # a mere name may lie anywhere: no place stands for it
    if text:
        yield text.replace("*", "")
