"""Lay out text for a terminal: wrapped, escaped, and coloured only where asked."""

from __future__ import annotations

from typing import Iterable, List, Sequence, Tuple, Union

from avcdoctor.model import safe_text
from avcdoctor.render.columns import columns, wrap

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

Span = Union[str, Tuple[str, str]]
"""Plain text, or (text, style) with a style of `_CODES`."""

GAP = "   "


class Page:
    """Lines of a fixed width. What is added is made safe to show here, so that no caller can forget it.

    Args:
        width: columns, at least 40.
        color: whether styles become terminal escapes.
    """

    def __init__(self, width: int, *, color: bool) -> None:
        self.width = max(width, 40)
        self.color = color
        self._lines: List[str] = []

    def line(self, *spans: Span, indent: int = 0) -> None:
        """Add one line as it is, however long: commands must stay whole to be copied."""
        self._lines.append((" " * indent + "".join(self._paint(span) for span in spans)).rstrip())

    def add(self, other: Page) -> None:
        """Add the lines of another page."""
        self._lines += other._lines

    def blank(self) -> None:
        """Add an empty line, but never two in a row and none at the top."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def flow(self, pieces: Iterable[Span], *, indent: int, hang: int) -> None:
        """Add pieces one after another with a gap between, breaking lines only between pieces.

        Args:
            pieces: what is broken only where it is wider than a line; empty ones are skipped.
            indent: columns before the first line.
            hang: columns before the lines that follow.
        """
        row: List[Span] = []
        used = indent
        start = indent
        for piece in pieces:
            size = _size(piece)
            if not size:
                continue
            needed = size + (len(GAP) if row else 0)
            if row and used + needed > self.width:
                self.line(*_joined(row), indent=start)
                row, used, start = [], hang, hang
                needed = size
            if size > self.width - start:
                *whole, rest = self._broken(piece, start, hang)
                for part in whole:
                    self.line(part, indent=start)
                    start = hang
                row, used = [rest], start + _size(rest)
                continue
            row.append(piece)
            used += needed
        if row:
            self.line(*_joined(row), indent=start)

    def labelled(self, name: str, *texts: str, indent: int = 2, column: int = 9, style: str = "bold") -> None:
        """Add paragraphs with a label in front of the first: `why    ...`, wrapped under their own column."""
        head = f"{name:<{column - indent}}"
        for text in texts:
            for part in self.wrapped(text, column):
                self.line((head, style), part, indent=indent)
                head = " " * len(head)

    def paragraph(self, text: str, *, indent: int = 0, style: str = "") -> None:
        """Add a wrapped paragraph."""
        for part in self.wrapped(text, indent):
            self.line((part, style) if style else part, indent=indent)

    def wrapped(self, text: str, indent: int) -> Sequence[str]:
        """Break a text at spaces so that it fits beside an indent; a word that is longer is broken at its signs."""
        return wrap(safe_text(text), max(self.width - indent, 20))

    def _broken(self, piece: Span, start: int, hang: int) -> List[Span]:
        text, style = (piece, "") if isinstance(piece, str) else piece
        return [(part, style) for part in wrap(safe_text(text), max(self.width - max(start, hang), 20))]

    def lines(self) -> int:
        """How many lines there are so far."""
        return len(self._lines)

    def text(self) -> str:
        """The page, ending with a line break."""
        return "\n".join(self._lines).rstrip("\n") + "\n" if self._lines else ""

    def _paint(self, span: Span) -> str:
        text, style = (span, "") if isinstance(span, str) else span
        shown = safe_text(text)
        if not (self.color and style and shown.strip()):
            return shown
        codes = ";".join(_CODES[name] for name in style.split())
        return f"\x1b[{codes}m{shown}\x1b[0m"


def _size(span: Span) -> int:
    return columns(safe_text(span if isinstance(span, str) else span[0]))


def _joined(row: Sequence[Span]) -> List[Span]:
    spans: List[Span] = []
    for number, span in enumerate(row):
        if number:
            spans.append(GAP)
        spans.append(span)
    return spans
