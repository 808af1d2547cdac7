"""Joins records that a mail program, terminal or web page folded over several lines, without guessing."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, NamedTuple

from avcdoctor.parse.records import starts_record


class Line(NamedTuple):
    """A logical line and the number of the physical line it begins at; `apart` if a blank or `----` stood before it."""

    text: bytes
    number: int
    apart: bool = False


_SEPARATOR = re.compile(rb"\s*(?:-{2,}.*|time->.*)?\s*\Z")
_VECTOR = re.compile(rb"avc: +(?:denied|granted)")
_CLASS = re.compile(rb"\stclass=\S")
_ANY_HEADER = re.compile(rb"audit\([^)]*\) ?: *\\?\s*\Z")
_CONTINUES = re.compile(rb"\s*(?:[a-z_][a-z0-9_]*=|\{|\}|denied\b|granted\b|for\b|[a-z_ ]+\}|avc:)")
_OWN_START = re.compile(rb"\s*(?:type|node|host)=")
_LONGEST = 40  # lines; a record has some 20 fields


def logical_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """Join folded records.

    Args:
        lines: physical lines, with or without their ends.

    Yields:
        Each logical line; blank lines and ausearch's separators are left out, but noted in the next one.
    """
    parts: List[bytes] = []
    first = 0
    apart = gap = False
    for number, physical in enumerate(lines, 1):
        text = physical.rstrip(b"\r\n")
        if _SEPARATOR.match(text) and b"avc:" not in text:
            if parts:
                yield Line(_join(parts), first, apart)
            parts, gap = [], True
            continue
        if parts and len(parts) < _LONGEST and _belongs(parts, text):
            parts.append(text)
            continue
        if parts:
            yield Line(_join(parts), first, apart)
        parts, first, apart, gap = [text], number, gap, False
    if parts:
        yield Line(_join(parts), first, apart)


def _belongs(parts: List[bytes], text: bytes) -> bool:
    """Whether `text` goes on where `parts` stop."""
    last = parts[-1]
    if last.endswith(b"=") and any(b"=3D" in part for part in parts):
        return True  # a soft line break of quoted-printable mail
    if starts_record(text) or _OWN_START.match(text):
        return False
    if last.endswith(b"\\") or _ANY_HEADER.search(last):
        return True
    if not _CONTINUES.match(text):
        return False
    whole = _join(parts)
    if _VECTOR.search(text):
        return False
    return starts_record(whole) or (_VECTOR.search(whole) is not None and not _complete(whole))


def _complete(whole: bytes) -> bool:
    return _CLASS.search(whole) is not None and b"permissive=" in whole


def _join(parts: List[bytes]) -> bytes:
    if len(parts) == 1:
        return parts[0]
    if any(b"=3D" in part for part in parts):
        return b"".join(part[:-1] if part.endswith(b"=") else part + b" " for part in parts)
    return b" ".join(part.rstrip(b"\\ \t") if index == 0 else part.strip(b"\\ \t") for index, part in enumerate(parts))
