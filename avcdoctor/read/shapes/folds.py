"""Undoes a terminal's hard wraps: lines that all end at one column are one line with the next."""

from __future__ import annotations

import re
from typing import List, Optional

from avcdoctor.read.shapes.signs import PROMISING, RECORD, is_joined, is_sound

_NARROWEST, _WIDEST = 30, 260
_LOST_BLANKS = 2  # at a line's end, as copies lose them
_MARKED = re.compile(
    rb"[ \t]*(?:[>#;%*|\"]|[0-9T:. +-]{4,40}[,;\t]|&gt;|//|"
    rb"(?:[^\s=:]{1,200}:)?[0-9]{1,9}[:\t ]|[^\s=:\"]{1,200}/[^\s=:\"]{0,200}:)"
)
_JOINT = re.compile(
    rb"(?<! ) *((?:node=[!-~]{1,255} )?type=[A-Z][A-Z0-9_]{1,40} msg=audit\([0-9]{1,12}\.[0-9]{3}:[0-9]{1,20}\): )"
)
_FIELD = re.compile(rb"[ \t]*(?:[a-z][a-z0-9_]{0,40}=|[{}])")
_NEXT = re.compile(rb"[ \t]*(?:[a-z][a-z0-9_]{0,40}=|[{}]|avc:|denied |granted |for )")
_WORD = re.compile(rb"(?:.*avc:|denied|granted|for|[{}]|.*\):)\Z")
_BEGINS = re.compile(
    rb"[^=\w\n]{0,12}(?:[0-9]{1,6}[.:)|\t ][^=\w\n]{0,8})?"
    rb"(?:(?:node|host)=\S+ +)?(?:type=(?:[A-Z][A-Z_]{2,}|1[0-9]{3})[ ,]|----|time->|\{\s*\"|avc: |"
    rb"[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} |[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]|\[ *[0-9]+\.[0-9]+\] |<[0-9]{1,3}>)"
)


def parted(text: bytes) -> Optional[bytes]:
    """A layer: a line for each record, where a copy has lost most of its lines' ends."""
    if not is_joined(text):
        return None
    told = _JOINT.sub(rb"\n\1", text).replace(b"\n\n", b"\n")
    told = told.lstrip(b"\n")
    return told if told != text else None


def refilled(text: bytes) -> Optional[bytes]:
    """A layer: where no line is longer than a width at which several end, each of those goes on in the next."""
    lines = text.split(b"\n")
    if text.isascii() and max(map(len, lines)) > _WIDEST:
        return None
    widths = [_width(line) for line in lines]
    width = max(widths)
    if not _NARROWEST <= width <= _WIDEST or not _is_wrapped(lines, widths, width) or not _holds(text):
        return None
    told: List[bytes] = []
    waiting = b""
    full = False
    gone = 0  # blanks that the line before may have lost at its end
    sign = _sign(lines, widths, width)
    indented = _indentation(lines, widths, width)
    for shown, wide in zip(lines, widths):
        line = shown[:-1] if sign and wide == width else shown
        if full and line.strip() and not _BEGINS.match(line):
            waiting += b" " * gone * _is_between(waiting, line) + line[indented:]
        else:
            told.append(waiting)
            waiting = line
        full = width - _LOST_BLANKS <= wide
        gone = width - wide if full else 0
    told.append(waiting)
    result = b"\n".join(told[1:])
    return result if result != text else None


def _is_between(before: bytes, after: bytes) -> bool:
    """Whether a fold stands between two words, where a blank was, and not within a name or a number."""
    if before.rfind(b"{") > before.rfind(b"}"):
        return True
    last = before.rstrip().rpartition(b" ")[2]
    return _NEXT.match(after) is not None and (b"=" in last.rstrip(b"=") or _WORD.match(last) is not None)


def _sign(lines: List[bytes], widths: List[int], width: int) -> bool:
    """Whether each line of the full width ends with a backslash, which says that it goes on."""
    return all(line.endswith(b"\\") for line, wide in zip(lines, widths) if wide == width)


def _indentation(lines: List[bytes], widths: List[int], width: int) -> int:
    """The blanks that stand before each line that goes on with another; one alone may be the record's own."""
    after = [
        len(line) - len(line.lstrip(b" "))
        for before, line in zip(widths, lines[1:])
        if before >= width - _LOST_BLANKS and line.strip() and not _BEGINS.match(line)
    ]
    return min(after) if len(after) > 1 and min(after) > 1 else 0


def _width(line: bytes) -> int:
    return len(line) if line.isascii() else len(line.decode("utf-8", "replace"))


def _is_wrapped(lines: List[bytes], widths: List[int], width: int) -> bool:
    """Whether lines of the full width go on, and no others: most of them don't end where another record begins."""
    going = ending = marked = 0
    for line, wide, after in zip(lines, widths, lines[1:]):
        if wide < width - _LOST_BLANKS and b"=" in line and _FIELD.match(after) and not _BEGINS.match(after):
            ending += 1  # a mail program's wrap, between words
        if wide < width or is_sound(line):
            continue
        ending += line.endswith(b"=")  # quoted-printable's own
        if after.strip() and not _BEGINS.match(after):
            going += 1
            marked += _MARKED.match(after) is not None
        else:
            ending += 1
    # What stands before each line is taken off first.
    return going >= 2 and going > 4 * ending and marked * 2 <= going


def _holds(text: bytes) -> bool:
    """Whether there is a record in the text once its wraps are undone."""
    whole = text.replace(b"\n", b"")
    return RECORD.search(whole) is not None or PROMISING.search(whole) is not None
