"""How many columns a terminal gives a text, and fitting text into columns: wide characters take two, marks none."""

from __future__ import annotations

import unicodedata
from typing import List

ELLIPSIS = "\u2026"
_NONE = ("Mn", "Me", "Cf")


def columns(text: str) -> int:
    """The columns a text takes."""
    return len(text) if text.isascii() else sum(_of(character) for character in text)


def pad(text: str, width: int, right: bool = False) -> str:
    """A text filled with blanks up to a width; `right` puts it at the right."""
    blanks = " " * max(0, width - columns(text))
    return blanks + text if right else text + blanks


def fit(text: str, width: int) -> str:
    """A text of at most this width; what is cut off leaves an ellipsis."""
    return text if columns(text) <= width else _head(text, width - 1) + ELLIPSIS


def wrap(text: str, width: int) -> List[str]:
    """A text broken at blanks into lines of at most this width; a longer word is broken after one of its signs.

    Args:
        width: columns, at least 20.
    """
    lines: List[str] = []
    line = ""
    for word in text.split():
        if line and columns(line) + 1 + columns(word) <= width:
            line += f" {word}"
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(word, width)
        lines += whole
    return [*lines, line] if line else lines


def _pieces(word: str, width: int) -> List[str]:
    """A word in pieces of at most this width, broken after a slash, a comma or the like where there is one."""
    pieces: List[str] = []
    while columns(word) > width:
        head = _head(word, width)
        cut = max(head.rfind(sign) for sign in "/,:;=_-.|)}]") + 1
        cut = cut if cut > width // 3 else len(head)
        pieces.append(word[:cut])
        word = word[cut:]
    return [*pieces, word]


def _head(text: str, width: int) -> str:
    """As much of a text's beginning as fits."""
    used = 0
    for number, character in enumerate(text):
        used += _of(character)
        if used > width:
            return text[:number]
    return text


def _of(character: str) -> int:
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 2
    return 0 if unicodedata.category(character) in _NONE else 1
