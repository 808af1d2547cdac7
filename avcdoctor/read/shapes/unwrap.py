"""Cuts a text into blocks, tells which of them have something around their records, and has that taken off."""

from __future__ import annotations

import codecs
import re
from typing import Iterable, Iterator, List, NamedTuple, Optional

from avcdoctor.read.shapes import encoding
from avcdoctor.read.shapes.pieces import Sender
from avcdoctor.read.shapes.signs import BROKEN_KEY, WRAPPED, is_joined
from avcdoctor.read.shapes.trail import SAMPLE, is_trail, parts

_RAW = re.compile(rb"(?:(?:node=[^ \n]+ )?type=[^ \n]+ msg=audit\([0-9]{10}\.[0-9]{3}:[0-9]+\): [^\n]*\n)+\Z")
_BLOCK = 1 << 20
_LONGEST_BLOCK = 1 << 24


class Text(NamedTuple):
    """A part of a text with nothing around its records.

    Args:
        text: ends where a line ends.
        raw: auditd's own lines of a trail, as they stand; their beginnings are believed.
        vouched: the journal says that it came from the kernel and from nobody else.
        first_line: where it begins.
        sender: who sent it, where messages are kept and the text tells.
    """

    text: bytes
    raw: bool
    vouched: bool
    first_line: int
    sender: Optional[Sender] = None


def is_raw(sample: bytes) -> bool:
    """Whether a log's beginning is a trail as auditd writes it, so that the scanner can read it."""
    return not sample.startswith(codecs.BOM_UTF8) and b"\n----\n" not in sample and is_trail(sample)


def texts(chunks: Iterable[bytes], messages: bool = False) -> Iterator[Text]:
    """Take off everything that is known to be put around records.

    Args:
        chunks: pieces of a text, cut anywhere.
        messages: keep what holds no record as well, such as a journal entry of a program.

    Yields:
        Its parts in order, each one ending where a line ends.
    """
    line = 1
    trail: Optional[bool] = None
    for block in _blocks(as_utf8(chunks)):
        trail = is_trail(block[:SAMPLE]) if trail is None else trail
        plain = _is_plain(block)
        if plain:
            yield Text(block if block.endswith(b"\n") else block + b"\n", trail, False, line)
        elif trail:
            for part in parts(block, messages):
                yield Text(part.text, part.own, part.vouched, line + part.line, part.sender)
        else:
            from avcdoctor.read.shapes.layers import unwrapped  # noqa: PLC0415 - most logs have nothing around them

            for text, _, vouched, sender in unwrapped(block, messages=messages):
                yield Text(text, False, vouched, line, sender)
        line += block.count(b"\n")


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a text in UTF-16 or UTF-32 as UTF-8; other pieces as they are."""
    stream = iter(chunks)
    first = b""
    for chunk in stream:
        first += chunk
        if len(first) >= 64:
            break
    first = first[len(codecs.BOM_UTF8) :] if first.startswith(codecs.BOM_UTF8) else first
    name = encoding.wide_encoding(first)

    def whole() -> Iterator[bytes]:
        yield first
        yield from stream

    return encoding.decoded(whole(), name) if name else whole()


def _blocks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks of whole lines, cut where neither a record nor a value is likely to go on."""
    waiting: List[bytes] = []
    size = 0
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size < _BLOCK:
            continue
        block = b"".join(waiting)
        cut = _cut(block)
        if not cut and size < _LONGEST_BLOCK:
            waiting = [block]
            continue
        cut = cut or len(block)
        yield block[:cut]
        waiting = [block[cut:]]
        size = len(block) - cut
    block = b"".join(waiting)
    if block:
        yield block


_CUTS = re.compile(
    rb"\n(?=(?:node=[^ \n]+ )?type=[A-Z]|\{|\[|----\n|"
    rb"\"?[A-Z][a-z]{2} [ 0-9][0-9] |\"?[12][0-9]{3}-[0-9]{2}-|__CURSOR=|\n)"
    rb"|(?<=\}),[ \t\r\n]*(?=\{)"
)


def _cut(block: bytes) -> int:
    """Where a block may end, as late as possible; 0 for nowhere."""
    begin = len(block) - (_BLOCK >> 1)
    found = 0
    for match in _CUTS.finditer(block, max(0, begin)):
        found = match.end()
    if found:
        return found
    newline = block.rfind(b"\n")
    return newline + 1 if newline >= 0 and len(block) >= 2 * _BLOCK else 0


def _is_plain(block: bytes) -> bool:
    """Whether each line begins as auditd writes it, and nothing in them was wrapped."""
    return (
        _RAW.match(block) is not None
        and not is_joined(block)
        and WRAPPED.search(block) is None
        and not BROKEN_KEY.search(block)
    )
