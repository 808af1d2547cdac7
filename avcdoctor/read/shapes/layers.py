"""Takes the wrappings off a block of text, one layer after another, until the records stand alone."""

from __future__ import annotations

from typing import Callable, Iterator, List, Tuple, Union

from avcdoctor.read.shapes import encoding, folds, mail, markup, quoting, reports, rows, terminal
from avcdoctor.read.shapes.entries import entries
from avcdoctor.read.shapes.signs import is_sound
from avcdoctor.read.shapes.values import Piece, values

_MOST_LAYERS = 12
_DEEPEST = 5

Layer = Callable[[bytes], Union[bytes, List[Piece], None]]
_LAYERS: Tuple[Layer, ...] = (
    encoding.plain,
    entries,
    terminal.colours,
    mail.base64_parts,
    folds.refilled,
    quoting.prefixes,
    mail.quoted_printable,
    values,
    terminal.octal,
    rows.rows,
    mail.percent,
    markup.markup,
    quoting.tables,
    terminal.typography,
    quoting.emphasis,
    quoting.backslashes,
    terminal.tabs,
    reports.as_records,
)
"""In the order in which they are looked for; after each that was taken off, all of them are tried again."""


def unwrapped(text: bytes, depth: int = 0) -> Iterator[Tuple[bytes, bool, bool]]:
    """The parts of a text with each layer taken off; whether it stands as it came; whether the journal vouches."""
    raw = depth == 0
    for _ in range(_MOST_LAYERS):
        for layer in _LAYERS:
            told = layer(text)
            if told is not None:
                break
        else:
            break
        raw = raw and layer is encoding.plain
        if isinstance(told, list):
            yield from _each(told, depth + 1)
            return
        text = told
    yield text if text.endswith(b"\n") else text + b"\n", raw, False


def _each(parts: List[Piece], depth: int) -> Iterator[Tuple[bytes, bool, bool]]:
    for text, vouched in parts:
        if vouched or is_sound(text):
            yield text + b"\n", False, vouched
        elif depth >= _DEEPEST:
            yield text + b"\n", False, False
        elif text.strip():
            yield from unwrapped(text, depth)
