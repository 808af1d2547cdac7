"""Reads labels, modes and owners out of listings: ls -Z, sestatus -v, matchpathcon -V, restorecon -n, find -printf."""

from __future__ import annotations

import re
import stat
from typing import Dict, Iterable, Iterator, NamedTuple, Optional, Set, Tuple

from avcdoctor.host.files import FileFacts
from avcdoctor.model import Context

_CONTEXT = r"[\w.-]+:[\w.-]+:[\w.-]+(?::[\w.,:-]+)?"
_LONG = re.compile(
    r"^ *(?:[\d.,]+[KMGTP]? +){0,2}(?P<mode>[-dlbcspD][-rwxsStT]{9})[.+@]? +"
    rf"(?:\d+ +)?(?P<owner>\S+) +(?P<group>\S+) +(?P<context>{_CONTEXT}|\?) +(?P<rest>.+)$"
)
_DATED = re.compile(
    r"^(?:(?P<size>\d+)|\d+,\s+\d+)\s+(?:[A-Z][a-z]{2}\s+\d{1,2}\s+[\d:]{4,5}|\d{4}-\d\d-\d\d\s+\d\d:\d\d(?::\d\d\S*)?"
    r"(?:\s+[+-]\d{4})?)\s(?P<name>.+)$"
)
_SHORT = re.compile(rf"^(?P<context>{_CONTEXT})\s+(?P<path>/.*)$")
_AFTER = re.compile(rf"^(?P<path>/\S*(?: \S+)*)\s+(?P<context>{_CONTEXT})(?: -> \S+)?$")
_HAS = re.compile(rf"^(?P<path>/.*?) has context (?P<context>{_CONTEXT}), should be ")
_WOULD = re.compile(rf"^(?:Would relabel|Relabeled) (?P<path>/.*) from (?P<context>{_CONTEXT}) to {_CONTEXT}\s*$")
_HEADER = re.compile(r"^(?P<path>/.*):$")
_LONGEST = 6000  # a path has at most 4096 bytes
_TYPES = {
    "-": ("f", stat.S_IFREG),
    "d": ("d", stat.S_IFDIR),
    "l": ("l", stat.S_IFLNK),
    "c": ("c", stat.S_IFCHR),
    "b": ("b", stat.S_IFBLK),
    "s": ("s", stat.S_IFSOCK),
    "p": ("p", stat.S_IFIFO),
}


class Entry(NamedTuple):
    """One file of a listing.

    Args:
        facts: mode and owner where the listing has them; it has neither device nor other names.
        directory: the directory that was listed whole with it; empty where the file was listed by itself.
    """

    path: str
    label: Optional[Context]
    facts: Optional[FileFacts] = None
    directory: str = ""


class Listed(NamedTuple):
    """All that listings tell, by path, and the directories of which they name every file."""

    entries: Dict[str, Entry]
    directories: Set[str]


def listed(texts: Iterable[Tuple[str, str]]) -> Listed:
    """Put listings together; the first that names a path counts.

    Args:
        texts: (the directory that was asked for, or nothing where the text itself names it; what was printed).
    """
    entries: Dict[str, Entry] = {}
    directories: Set[str] = set()
    for asked, text in texts:
        for entry in parse(text, asked):
            entries.setdefault(entry.path, entry)
            if entry.directory:
                directories.add(entry.directory)
    return Listed(entries, directories)


def parse(text: str, asked: str = "") -> Iterator[Entry]:
    """The files of a listing whose labels can be read.

    Args:
        text: what the command printed.
        asked: the directory that `ls` was given, which it does not print where it was the only one.
    """
    directory = asked
    for line in text.splitlines():
        if len(line) > _LONGEST:
            continue
        header = _HEADER.match(line)
        if header:
            directory = header["path"].rstrip("/") or "/"
            continue
        entry = _long(line, directory) or _plain(line)
        if entry is not None:
            yield entry


def _plain(line: str) -> Optional[Entry]:
    for form in (_WOULD, _HAS, _SHORT, _AFTER):
        found = form.match(line)
        if found:
            return Entry(found["path"], _context(found["context"]))
    return None


def _long(line: str, directory: str) -> Optional[Entry]:
    found = _LONG.match(line)
    if found is None:
        return None
    dated = _DATED.match(found["rest"])
    name, size = (dated["name"], int(dated["size"] or 0)) if dated else (found["rest"], 0)
    name = name.partition(" -> ")[0] if found["mode"].startswith("l") else name
    path = _path(directory, name)
    if not path:
        return None
    letter, kind = _TYPES.get(found["mode"][0], _TYPES["-"])
    mode = _bits(found["mode"][1:])
    facts = FileFacts(
        path=path,
        type=letter,
        mode=mode,
        uid=int(found["owner"]) if found["owner"].isdigit() else 0 if found["owner"] == "root" else -1,
        gid=int(found["group"]) if found["group"].isdigit() else 0 if found["group"] == "root" else -1,
        owner=found["owner"],
        group=found["group"],
        device="",
        inode=0,
        size=size,
        modified=0.0,
        st_mode=kind | mode,
    )
    return Entry(path, _context(found["context"]), facts, "" if name.startswith("/") else directory)


def _path(directory: str, name: str) -> str:
    """Where an entry lies; nothing where that is not known, or it stands for another entry."""
    if name.startswith("/"):
        return name
    if not directory or name == "..":
        return ""
    return directory if name == "." else f"{directory.rstrip('/')}/{name}"


def _bits(letters: str) -> int:
    bits = 0
    for place, letter in enumerate(letters):
        if letter not in "-ST":
            bits |= 1 << (8 - place)
        if letter in "sStT":
            bits |= 0o4000 >> (place // 3)
    return bits


def _context(text: str) -> Optional[Context]:
    try:
        return Context.parse(text)
    except ValueError:  # "?": the file carries no label
        return None
