"""Undoes a text's encoding: UTF-16 and UTF-32 with or without a mark, zero bytes, lone carriage returns."""

from __future__ import annotations

import codecs
import re
from typing import Iterable, Iterator, Optional

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4096
_BETWEEN = re.compile(rb"(?<=[^\0\n])\0+(?=(?:node=[!-~]{1,255} )?type=[A-Z])")
_LONE_RETURN = re.compile(rb"\r+\n|\r(?!\n)")


def wide_encoding(sample: bytes) -> Optional[str]:
    """The UTF-16 or UTF-32 a text begins in; without a mark, by where its zero bytes are."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    head = sample[: _SAMPLE - _SAMPLE % 4]
    if len(head) < 8 or b"\0" not in head:
        return None
    zeros = [head[place::4].count(0) / max(1, len(head[place::4])) for place in range(4)]
    often = [share > 0.9 for share in zeros]
    seldom = [share < 0.05 for share in zeros]
    if often[1] and often[2] and often[3] and seldom[0]:
        return "utf-32-le"
    if often[0] and often[1] and often[2] and seldom[3]:
        return "utf-32-be"
    if often[1] and often[3] and seldom[0] and seldom[2]:
        return "utf-16-le"
    if often[0] and often[2] and seldom[1] and seldom[3]:
        return "utf-16-be"
    return None


def decoded(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Pieces of a text in UTF-16 or UTF-32, as UTF-8; what is broken becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder(name)("replace")
    first = True
    for chunk in chunks:
        text = decoder.decode(chunk)
        if first and text:
            text, first = text.lstrip("\ufeff"), False
        yield text.encode("utf-8", "replace")
    yield decoder.decode(b"", True).encode("utf-8", "replace")


def without_zeros(text: bytes) -> bytes:
    """A text without zero bytes, which a crash leaves between records: there a line ends."""
    return _BETWEEN.sub(b"\n", text).replace(b"\0", b"") if b"\0" in text else text


def plain(text: bytes) -> Optional[bytes]:
    """A layer: a UTF-8 mark and zero bytes are dropped, and each kind of line end becomes a newline."""
    told = text
    if b"\xef\xbb\xbf" in told:
        told = told.replace(b"\xef\xbb\xbf", b"")
    told = without_zeros(told)
    if b"\r" in told:
        told = _LONE_RETURN.sub(b"\n", told)
    if b"\x0c" in told or b"\x0b" in told:
        told = told.replace(b"\x0c", b"\n").replace(b"\x0b", b"\n")
    return told if told != text else None
