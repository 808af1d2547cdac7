"""Puts a text together that stands line by line in a table's rows or in events: a record goes on in the next one."""

from __future__ import annotations

import re
from typing import Dict, Hashable, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from avcdoctor.read.shapes.cores import Once

Columns = Dict[Hashable, List[str]]

_BEGINS = re.compile(r"[^=]{0,120}?(?:\btype=[A-Z][A-Z0-9_]{2,40}\b|\baudit\([0-9]|\bavc: )")
_VECTOR = re.compile(r"\bavc: {1,4}(?:denied|granted)\b|\btype=(?:USER_)?AVC\b")
_CLASS = re.compile(r"\btclass=[a-z0-9_(]")
_DEEPEST = 20
_DIGITS = re.compile(r"[0-9]")
_CARRIED = re.compile(r"[\"'{|]|<[^0-9]")  # the lines are values, rows or markup, which have a layer of their own
_LONGEST_PREFIX = 200
_OWN = re.compile(r"\b(?:node=|type=[A-Z]|(?:msg=)?audit\()")  # a record's own first words, which records share


def folded(columns: Mapping[Hashable, Sequence[str]]) -> Optional[str]:
    """The text of the columns that hold records in several rows each, and what other columns have; None for none.

    Args:
        columns: the cells of each, from the first row to the last.
    """
    torn = {place for place, cells in columns.items() if is_torn(cells)}
    if not torn:
        return None
    once = Once()
    told: List[str] = []
    for place in sorted(columns, key=lambda place: place not in torn):
        cells = [cell.rstrip("\n") for cell in columns[place]]
        texts = ["\n".join(cells)] if place in torn else [cell for cell in cells if _BEGINS.match(cell)]
        told += [text for text in texts if once.is_new(text)]
    return "\n".join(told)


def is_torn(cells: Sequence[str]) -> bool:
    """Whether vectors end in one cell before their class, and each goes on in the next, which begins no record."""
    found = False
    for cell, after in zip(cells, [*cells[1:], ""]):
        if not _VECTOR.search(cell) or _CLASS.search(cell):
            continue
        if not after.strip() or _BEGINS.match(after):
            return False
        found = True
    return found


def behind_prefixes(text: bytes) -> Optional[bytes]:
    """A layer: what stands behind the same words, whatever their numbers, before each line: a time, a host, a program.

    Taken off only where records go on behind them in the next line.
    """
    if text.find(b"\n", 0, len(text) - 1) < 0 or b"avc:" not in text:
        return None
    lines = [line for line in text.decode("utf-8", "surrogateescape").split("\n") if line.strip()]
    size = _prefix([_DIGITS.sub("0", line[:_LONGEST_PREFIX]) for line in lines])
    if not size or _CARRIED.search(lines[0], 0, size):
        return None
    cells = [line[size:] for line in lines]
    return "\n".join(cells).encode("utf-8", "surrogateescape") if is_torn(cells) else None


def _prefix(lines: Sequence[str]) -> int:
    """How long the words are with which all lines begin; the first and the last in order differ most."""
    first, last = min(lines, default=""), max(lines, default="")
    same = next((at for at, (one, other) in enumerate(zip(first, last)) if one != other), len(first))
    own = _OWN.search(first)
    return first.rfind(" ", 0, min(same, own.start()) if own else same) + 1


def of_rows(rows: Iterable[Sequence[str]]) -> Columns:
    """The columns of a table's rows."""
    columns: Columns = {}
    for row in rows:
        for place, cell in enumerate(row):
            columns.setdefault(place, []).append(cell)
    return columns


def of_values(values: Iterable[object]) -> Columns:
    """The strings of decoded JSON by where they stand; those of a list stand one below the other."""
    columns: Columns = {}
    for value in values:
        for place, text in _strings(value, (), 0):
            columns.setdefault(place, []).append(text)
    return columns


def _strings(value: object, place: Tuple[object, ...], depth: int) -> Iterator[Tuple[Tuple[object, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif depth > _DEEPEST:
        return
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _strings(part, (*place, name), depth + 1)
    elif isinstance(value, list):
        pair = place[-1:] == ("*",)  # a list in a list is a row: [["1655000000", "text"], ...]
        for number, part in enumerate(value):
            yield from _strings(part, (*place, number if pair else "*"), depth + 1)
