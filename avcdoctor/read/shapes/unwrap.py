"""Cuts a text into blocks, tells which of them have something around their records, and has that taken off."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, NamedTuple, Optional

from avcdoctor.read.shapes import encoding
from avcdoctor.read.shapes.pieces import Sender
from avcdoctor.read.shapes.signs import BROKEN_KEY, is_joined

_RAW = re.compile(rb"(?:(?:node=[^ \n]+ )?type=[^ \n]+ msg=audit\([0-9]{10}\.[0-9]{3}:[0-9]+\): [^\n]*\n)+\Z")
_WRAPPED = re.compile(
    rb"=(?:&(?:amp;)*(?:quot|#34|#x22|ldquo);|\\{1,8}\"|[\x80-\xff]|\"\"[^\" \n]|''[^' \n])|"
    rb"avc:(?:&|[^ -~])|\\[{}]|: avc: +[^dg \n]|: denied|3D|\\_|</?[a-z]{1,10} ?/?>\n|"
    rb"[\0-\x08\x0b\x0c\x0e-\x1b]|`\n|\r(?!\n)|"
    rb"\*\*|\xc2[\xa0\xad]|\xe2\x80[\x80-\x9f\xa8\xa9\xaf]"
)
"""What a raw log holds only where a user chose a name with it: then the layers are looked for line by line."""
_BLOCK = 1 << 20
_LONGEST_BLOCK = 1 << 24


class Text(NamedTuple):
    """A part of a text with nothing around its records.

    Args:
        text: ends where a line ends.
        raw: it stands as it came.
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
    """Whether a log's beginning is auditd's own raw text and nothing else, so that the scanner can read it."""
    return _is_plain(sample[: sample.rfind(b"\n") + 1])


def texts(chunks: Iterable[bytes], messages: bool = False) -> Iterator[Text]:
    """Take off everything that is known to be put around records.

    Args:
        chunks: pieces of a text, cut anywhere.
        messages: keep what holds no record as well, such as a journal entry of a program.

    Yields:
        Its parts in order, each one ending where a line ends.
    """
    line = 1
    for block in _blocks(as_utf8(chunks)):
        if _is_plain(block):
            yield Text(block if block.endswith(b"\n") else block + b"\n", True, False, line)
        else:
            from avcdoctor.read.shapes.layers import unwrapped  # noqa: PLC0415 - most logs have nothing around them

            for text, raw, vouched, sender in unwrapped(block, messages=messages):
                yield Text(text, raw, vouched, line, sender)
        line += block.count(b"\n")


def as_utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces of a text in UTF-16 or UTF-32 as UTF-8; other pieces as they are."""
    stream = iter(chunks)
    first = b""
    for chunk in stream:
        first += chunk
        if len(first) >= 64:
            break
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
        and _WRAPPED.search(block) is None
        and not BROKEN_KEY.search(block)
    )
