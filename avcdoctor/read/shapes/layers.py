"""Takes the wrappings off a block of text, one layer after another, until the records stand alone."""

from __future__ import annotations

from functools import partial
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple, Union

from avcdoctor.read.shapes import columns, embedded, encoding, folds, mail, markup, quoting, reports, rows, terminal
from avcdoctor.read.shapes.entries import binary_entries, entries
from avcdoctor.read.shapes.panes import panes
from avcdoctor.read.shapes.pieces import Piece, Sender
from avcdoctor.read.shapes.runtimes import cri
from avcdoctor.read.shapes.signs import is_sound
from avcdoctor.read.shapes.values import values

_MOST_LAYERS = 12
_DEEPEST = 5

Layer = Callable[[bytes], Union[bytes, List[Piece], None]]
_LAYERS: Tuple[Layer, ...] = (
    binary_entries,
    encoding.plain,
    entries,
    terminal.colours,
    mail.alternatives,
    mail.base64_parts,
    panes,
    cri,
    embedded.listed,
    columns.behind_prefixes,
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
    embedded.quotes,
    embedded.doubled,
    embedded.roff,
    terminal.tabs,
    folds.parted,
    reports.as_records,
)
"""In the order in which they are looked for; after each that was taken off, all of them are tried again."""
_KEEPING: Tuple[Layer, ...] = tuple(
    partial(layer, messages=True) if layer in (binary_entries, entries, quoting.prefixes, values) else layer
    for layer in _LAYERS
)
"""The same for texts whose messages count as much as their records."""


class Bare(NamedTuple):
    """A part with each layer taken off.

    Args:
        text: ends where a line ends.
        raw: it stands as it came.
        vouched: the journal vouches for it.
        sender: who sent it, where the text tells.
    """

    text: bytes
    raw: bool = False
    vouched: bool = False
    sender: Optional[Sender] = None


def unwrapped(text: bytes, depth: int = 0, messages: bool = False, sender: Optional[Sender] = None) -> Iterator[Bare]:
    """The parts of a text with each layer taken off.

    Args:
        text: a block of it.
        depth: how many values were taken apart around it.
        messages: parts without a record are kept as well.
        sender: who sent the whole.
    """
    raw = depth == 0
    for _ in range(_MOST_LAYERS):
        for layer in _KEEPING if messages else _LAYERS:
            told = layer(text)
            if told is not None:
                break
        else:
            break
        raw = raw and layer is encoding.plain
        if isinstance(told, list):
            yield from _each(told, depth + 1, messages, sender)
            return
        text = told
    yield Bare(text if text.endswith(b"\n") else text + b"\n", raw, False, sender)


def _each(parts: List[Piece], depth: int, messages: bool, sender: Optional[Sender]) -> Iterator[Bare]:
    for text, vouched, own in parts:
        if vouched or is_sound(text) or depth >= _DEEPEST:
            yield Bare(text + b"\n", False, vouched, own or sender)
        elif text.strip():
            yield from unwrapped(text, depth, messages, own or sender)
