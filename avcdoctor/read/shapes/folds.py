"""Undoes a terminal's hard wraps: lines that all end at one column are one line with the next."""

from __future__ import annotations

import re
from typing import List, Optional

from avcdoctor.read.shapes.signs import RECORD, is_sound

_NARROWEST, _WIDEST = 30, 260
_LOST_BLANKS = 2  # at a line's end, as copies lose them
_BEGINS = re.compile(
    rb"[ \t]*(?:(?:node|host)=\S+ +)?(?:type=(?:[A-Z][A-Z_]{2,}|1[0-9]{3})[ ,]|----|time->|\{\s*\"|avc: |"
    rb"[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} |[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]|\[ *[0-9]+\.[0-9]+\] |<[0-9]{1,3}>)"
)


def refilled(text: bytes) -> Optional[bytes]:
    """A layer: where no line is longer than a width at which several end, each of those goes on in the next."""
    lines = text.split(b"\n")
    widths = [_width(line) for line in lines]
    width = max(widths)
    if not _NARROWEST <= width <= _WIDEST or not _is_wrapped(lines, widths, width) or not _holds(text):
        return None
    told: List[bytes] = []
    waiting = b""
    full = False
    for line, wide in zip(lines, widths):
        if full and line.strip() and not _BEGINS.match(line):
            waiting += line
        else:
            told.append(waiting)
            waiting = line
        full = width - _LOST_BLANKS <= wide
        if full and wide < width:
            waiting += b" " * (width - wide)
    told.append(waiting)
    result = b"\n".join(told[1:])
    return result if result != text else None


def _width(line: bytes) -> int:
    return len(line) if line.isascii() else len(line.decode("utf-8", "replace"))


def _is_wrapped(lines: List[bytes], widths: List[int], width: int) -> bool:
    """Whether lines of the full width go on: most of them don't end where another record begins."""
    going = ending = 0
    for line, wide, after in zip(lines, widths, lines[1:]):
        if wide < width or is_sound(line):
            continue
        if after.strip() and not _BEGINS.match(after):
            going += 1
        else:
            ending += 1
    return going >= 2 and going > 4 * ending


def _holds(text: bytes) -> bool:
    """Whether there is a record in the text once its wraps are undone."""
    return RECORD.search(text.replace(b"\n", b"")) is not None
