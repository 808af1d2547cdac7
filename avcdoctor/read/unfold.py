"""Joins records that a mail program, terminal or web page folded over several lines, without guessing."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, NamedTuple

from avcdoctor.parse.records import is_tidy, starts_record


class Line(NamedTuple):
    """A logical line.

    Args:
        text: without its end.
        number: the physical line it begins at, the first being 1.
        apart: a blank line or `----` stood before it.
        lines: how many physical lines it is.
    """

    text: bytes
    number: int
    apart: bool = False
    lines: int = 1


_VECTOR = re.compile(rb"avc: +(?:denied|granted)")
_CLASS = re.compile(rb"\stclass=\S")
_HEADER_ALONE = re.compile(rb"audit\([^)]{0,64}\) ?:\Z")
_CONTINUES = re.compile(rb"[a-z_][a-z0-9_]{0,63}=|\{|\}|denied\b|granted\b|for\b|[a-z_][a-z_ ]{0,500}\}|avc:")
_OWN_START = (b"type=", b"node=", b"host=")
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
        if _separates(text):
            if parts:
                yield Line(_join(parts), first, apart, len(parts))
            parts, gap = [], True
            continue
        if parts and len(parts) < _LONGEST and _belongs(parts, text):
            parts.append(text)
            continue
        if parts:
            yield Line(_join(parts), first, apart, len(parts))
        parts, first, apart, gap = [text], number, gap, False
    if parts:
        yield Line(_join(parts), first, apart, len(parts))


def _separates(text: bytes) -> bool:
    """Whether a line is blank, or one that ausearch puts between events."""
    text = text.strip()
    return not text or (text.startswith((b"--", b"time->")) and b"avc:" not in text)


def _belongs(parts: List[bytes], text: bytes) -> bool:
    """Whether `text` goes on where `parts` stop."""
    last = parts[-1]
    start = text.lstrip()
    if is_tidy(text):
        return False
    if last.endswith(b"=") and any(b"=3D" in part for part in parts):
        return True  # a soft line break of quoted-printable mail
    if starts_record(text) or start.startswith(_OWN_START):
        return False
    if last.endswith(b"\\") or _HEADER_ALONE.search(last[-200:].rstrip(b" \t\\")):
        return True
    if not _CONTINUES.match(start):
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
