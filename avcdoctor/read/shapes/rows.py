"""Undoes CSV: the cells of rows whose quotes are doubled, as Splunk, Elastic and spreadsheets export them."""

from __future__ import annotations

import csv
import io
import re
from typing import Iterator, List, Optional

from avcdoctor.read.shapes import columns
from avcdoctor.read.shapes.cores import Once
from avcdoctor.read.shapes.signs import PROMISING, RECORD

_DOUBLED = re.compile(rb"=\"\"[^\" \n][^\"\n]{0,4096}\"\"")
_SINGLE = re.compile(rb"=\"[^\" \n][^\"\n]{0,4096}\"[ \n]")
_ROW = re.compile(rb"(?:^|[\n,;\t|])\"[^\"\n]{0,400}(?:type=|avc: |audit\(|SELinux is)")
_CELL_END = re.compile(rb"\"([,;\t|])\"|(?:^|\n)[^\"\n]{0,400}?([,;\t|])\"|\"([,;\t|])[^\"\n]{0,400}(?:\n|$)")
_MOST_COLUMNS = 16  # parted by tabs: where all blanks are tabs, there are more
_WHOLE = re.compile(rb"(?:^|\n)\"[^\"]*(?:\"\"[^\"]*)*\"\r?(?:\n|$)")


def rows(text: bytes) -> Optional[bytes]:
    """A layer: rows whose cells stand in quotes and hold records; a record that stands twice in a row is kept once."""
    if b"\t" in text:
        told = _by_tabs(text.decode("utf-8", "surrogateescape"))
        if told is not None:
            return told.encode("utf-8", "surrogateescape")
    if b'"' not in text or not (_DOUBLED.search(text) or _ROW.search(text)):
        return None
    if b'=\\"' in text or (_SINGLE.search(text) and not _DOUBLED.search(text)):
        return None  # a programming language's string
    ends = _CELL_END.search(text)
    if ends is None and _WHOLE.search(text) is None:
        return None
    delimiter = next((sign for sign in ends.groups() if sign), b",") if ends else b","
    shown = text.decode("utf-8", "surrogateescape")
    try:
        told = _text_of(
            list(csv.reader(io.StringIO(shown, newline=""), delimiter=delimiter.decode("ascii"))), delimiter
        )
    except csv.Error:
        told = shown.replace('""', '"')
    result = told.encode("utf-8", "surrogateescape")
    return result if result != text else None


def _by_tabs(text: str) -> Optional[str]:
    """The column of a table without quotes whose cells go on in the next row."""
    table = [line.split("\t") for line in text.split("\n") if line.strip()]
    if len({len(row) for row in table}) != 1 or not 1 < len(table[0]) < _MOST_COLUMNS:
        return None
    return columns.folded(columns.of_rows(table))


def _is_rich(cell: bytes) -> bool:
    return RECORD.search(cell) is not None or (len(cell) > 64 and PROMISING.search(cell + b"\n") is not None)


def _text_of(table: List[List[str]], delimiter: bytes) -> str:
    """The text that a table holds: a column whose cells go on in the next row, or each row's records."""
    together = columns.folded(columns.of_rows(table))
    return "\n".join(_cells(table, delimiter.decode("ascii"))) if together is None else together


def _cells(table: List[List[str]], delimiter: str) -> Iterator[str]:
    for row in table:
        once = Once()
        cells: List[str] = [cell for cell in row if cell]
        rich = [cell for cell in cells if _is_rich(cell.encode("utf-8", "surrogateescape"))]
        if not rich:
            yield delimiter.join(row)
            continue
        for cell in rich:
            if once.is_new(cell):
                yield cell
