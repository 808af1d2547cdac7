"""Reads file_contexts and its companions as text and finds a path's default label without any binding.

Which entry wins follows label_file.c of libselinux: entries are read in the order base, homedirs, local; those without
a regular expression come after the others; the last one that matches wins. See file_contexts(5).
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Pattern, Tuple

from avcdoctor.errors import PolicyError
from avcdoctor.model import Context
from avcdoctor.signals import TookTooLongError, at_most
from avcdoctor.sources.regular import read_regular

_SECONDS = 10.0  # a path is found in some milliseconds, its expressions are compiled in a second
_META = frozenset(".^$?*+|[({")
_PLAIN = re.compile(r"(?:[^.^$?*+|\[({\\]|\\[^0-9A-Za-z])*")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TYPES = {
    "--": ("f", stat.S_IFREG),
    "-d": ("d", stat.S_IFDIR),
    "-c": ("c", stat.S_IFCHR),
    "-b": ("b", stat.S_IFBLK),
    "-s": ("s", stat.S_IFSOCK),
    "-l": ("l", stat.S_IFLNK),
    "-p": ("p", stat.S_IFIFO),
}


class FileContext(NamedTuple):
    """One entry of file_contexts.

    Args:
        pattern: the regular expression, which covers a whole path.
        file_type: a (any) f d c b s l p, as `semanage fcontext -f` names them.
        context: the label; None for `<<none>>`.
        prefix: the pattern's beginning up to its first special character, backslashes removed.
        exact: the pattern names one path.
    """

    pattern: str
    file_type: str
    context: Optional[Context]
    prefix: str
    exact: bool


class FileContexts:
    """The entries of one policy's file_contexts, its companions included.

    Args:
        path: the file; `.homedirs`, `.local`, `.subs_dist` and `.subs` beside it belong to it.
        follow: they may be symbolic links, which in another machine's image could lead out of it.

    Raises:
        PolicyError: one of them can't be read.
    """

    def __init__(self, path: Path, follow: bool = True) -> None:
        entries: List[FileContext] = []
        for name in (path.name, path.name + ".homedirs", path.name + ".local"):
            entries += _entries(path.with_name(name), follow)
        self.entries = tuple(entries)
        self._own = follow
        self._place = path
        self._local = _pairs(path.with_name(path.name + ".subs"), follow)
        self._given = _pairs(path.with_name(path.name + ".subs_dist"), follow)
        self.equivalences = self._local + self._given
        self._exact: Dict[str, List[FileContext]] = {}
        self._by_stem: Dict[str, List[Tuple[int, FileContext]]] = {}
        self._compiled: Dict[str, Optional[Pattern[str]]] = {}
        for order, entry in enumerate(entries):
            if entry.exact:
                self._exact.setdefault(entry.prefix, []).append(entry)
            else:
                self._by_stem.setdefault(_stem(entry), []).append((order, entry))

    def translate(self, path: str) -> str:
        """The path under which file contexts are looked up: doubled slashes removed, equivalences applied once each."""
        path = re.sub(r"/{2,}", "/", path)
        if len(path) > 1:
            path = path.rstrip("/") or "/"
        return _substitute(_substitute(path, self._local), self._given)

    def find(self, path: str, mode: int = 0) -> Optional[FileContext]:
        """The entry that decides a path's label; None when none matches.

        Args:
            path: absolute.
            mode: st_mode; only its file type counts, and 0 stands for any.

        Raises:
            PolicyError: an expression of another machine's file contexts does not come to an end.
        """
        if self._own:
            return self._find(path, mode)
        try:
            with at_most(_SECONDS):
                return self._find(path, mode)
        except TookTooLongError:
            words = "hold an expression that does not come to an end"
            raise PolicyError(f"the file contexts {self._place} {words}", "look what wrote them") from None

    def _find(self, path: str, mode: int) -> Optional[FileContext]:
        path = self.translate(path)
        for entry in reversed(self._exact.get(path, ())):
            if _fits(entry, mode):
                return entry
        first = "/" + path.split("/", 2)[1] if path.startswith("/") else path
        candidates = self._by_stem.get(first, []) + self._by_stem.get("", [])
        for _order, entry in sorted(candidates, key=lambda item: item[0], reverse=True):
            if path.startswith(entry.prefix) and _fits(entry, mode) and self._matches(entry, path):
                return entry
        return None

    def _matches(self, entry: FileContext, path: str) -> bool:
        if entry.pattern not in self._compiled:
            try:
                self._compiled[entry.pattern] = re.compile(entry.pattern, re.DOTALL)
            except re.error:  # PCRE knows more than Python; such an entry can't be judged here
                self._compiled[entry.pattern] = None
        compiled = self._compiled[entry.pattern]
        return compiled is not None and compiled.fullmatch(path) is not None


def _fits(entry: FileContext, mode: int) -> bool:
    if entry.file_type == "a" or not mode:
        return True
    return any(letter == entry.file_type and stat.S_IFMT(mode) == kind for letter, kind in _TYPES.values())


def _stem(entry: FileContext) -> str:
    """The first directory of an entry where it is literal; entries without one may match anywhere."""
    end = entry.prefix.find("/", 1)
    return entry.prefix[:end] if end > 0 else ""


def _lines(path: Path, follow: bool) -> List[List[str]]:
    try:
        text = read_regular(path, follow=follow).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):  # the companions are optional
        return []
    except OSError as error:
        raise PolicyError(f"can't read the file contexts {path}: {error.strerror}") from error
    return [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _entries(path: Path, follow: bool) -> List[FileContext]:
    found = []
    labels: Dict[str, Context] = {}
    for fields in _lines(path, follow):
        if len(fields) not in (2, 3) or (len(fields) == 3 and fields[1] not in _TYPES):
            continue
        label = None
        if fields[-1] != "<<none>>":
            label = labels.get(fields[-1])
            if label is None:
                try:
                    label = labels[fields[-1]] = Context.parse(fields[-1])
                except ValueError:
                    continue
        letter = _TYPES[fields[1]][0] if len(fields) == 3 else "a"
        prefix, exact = _literal(fields[0])
        found.append(FileContext(fields[0], letter, label, prefix, exact))
    return found


def _literal(pattern: str) -> Tuple[str, bool]:
    """The literal beginning of a pattern, and whether that is all of it (spec_hasMetaChars in label_file.h)."""
    match = _PLAIN.match(pattern)
    plain = match.group() if match else ""
    after = pattern[len(plain) : len(plain) + 1]
    if after not in ("?", "*", "{", "\\") and "|" not in pattern:  # nearly all
        return _ESCAPED.sub(r"\1", plain) if "\\" in plain else plain, not after
    return _literal_with_care(pattern)


def _literal_with_care(pattern: str) -> Tuple[str, bool]:
    """The same for a pattern whose first special character reaches back, or that has alternatives."""
    found: List[str] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character in _META:
            if found and character in "?*{":
                found.pop()  # it repeats the character before it, perhaps no time at all
            if "|" in pattern[index:] and "(" not in pattern[: index + 1]:
                found.clear()  # alternatives at the top: nothing is certain
            return "".join(found), False
        if character == "\\" and index + 1 < len(pattern):
            index += 1
            if pattern[index].isalnum():  # a class such as \d, not a literal
                return "".join(found), False
            character = pattern[index]
        found.append(character)
        index += 1
    return "".join(found), True


def _pairs(path: Path, follow: bool) -> Tuple[Tuple[str, str], ...]:
    return tuple((fields[0], fields[1]) for fields in _lines(path, follow) if len(fields) == 2)


def _substitute(path: str, pairs: Tuple[Tuple[str, str], ...]) -> str:
    for alias, original in pairs:
        if path == alias or path.startswith(alias.rstrip("/") + "/"):
            return (original.rstrip("/") + path[len(alias.rstrip("/")) :]) or "/"
    return path
