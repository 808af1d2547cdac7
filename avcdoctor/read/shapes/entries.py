"""Undoes `journalctl -o export` and `-o verbose`: entries of fields, one a line."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from avcdoctor.read.shapes.pieces import Piece
from avcdoctor.read.shapes.values import journal_pieces

_SIGN = re.compile(rb"(?:^|\n)[ \t]*(?:__CURSOR|__REALTIME_TIMESTAMP|_BOOT_ID|_TRANSPORT)=")
_FIELD = re.compile(rb"[ \t]*([A-Z_][A-Z0-9_]{0,63})=(.*)\Z", re.DOTALL)
_BINARY = re.compile(rb"([A-Z_][A-Z0-9_]{0,63})\Z")
_LONGEST = 1 << 24


def entries(text: bytes, messages: bool = False) -> Optional[List[Piece]]:
    """A layer: the records of journal entries, and what stands between them that is no field.

    Args:
        text: any text.
        messages: entries without a record are kept as well.
    """
    if b"MESSAGE" not in text or not _SIGN.search(text):
        return None
    return list(_entries(text, messages))


def binary_entries(text: bytes, messages: bool = False) -> Optional[List[Piece]]:
    """A layer: entries with a message in journald's binary form, whose length before it holds zero bytes."""
    return entries(text, messages) if b"\0" in text and b"\nMESSAGE\n" in text else None


def _entries(text: bytes, messages: bool) -> Iterator[Piece]:
    fields: Dict[str, Any] = {}
    other: List[bytes] = []
    last = ""
    for key, value in _lines(text):
        if not key:
            if value[:1] in {b" ", b"\t"} and last:
                fields[last] += b"\n" + value.strip()
                continue
            if value.strip() and not fields:
                other.append(value)
                continue
            yield from _entry(fields, messages)
            fields, last = {}, ""
            other += [value] if value.strip() else []
            continue
        if key in {"__CURSOR", "_CURSOR"} and key in fields:
            yield from _entry(fields, messages)
            fields = {}
        if other:
            yield Piece(b"\n".join(other))
            other = []
        fields.setdefault(key, value)
        last = key
    yield from _entry(fields, messages)
    if other:
        yield Piece(b"\n".join(other))


def _entry(fields: Dict[str, Any], messages: bool) -> Iterator[Piece]:
    if "MESSAGE" not in fields:
        return
    told = {key: value.decode("utf-8", "surrogateescape") for key, value in fields.items()}
    yield from journal_pieces(told, messages)


def _lines(text: bytes) -> Iterator[Tuple[str, bytes]]:
    """Fields by name, and other lines with an empty one; binary fields have their length before them."""
    position = 0
    while position < len(text):
        end = text.find(b"\n", position)
        end = len(text) if end < 0 else end
        line = text[position:end]
        position = end + 1
        binary = _BINARY.match(line)
        if binary and len(text) >= position + 8:
            size = int.from_bytes(text[position : position + 8], "little")
            stop = position + 8 + size
            if size < _LONGEST and text[stop : stop + 1] in {b"\n", b""}:
                yield binary[1].decode("ascii"), text[position + 8 : stop]
                position = stop + 1
                continue
        field = _FIELD.match(line)
        if field and not line.startswith((b"  type=",)):
            yield field[1].decode("ascii"), field[2]
        else:
            yield "", line
