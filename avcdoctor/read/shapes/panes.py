"""Parts what stands side by side: the panes of a terminal between lines that go from its top to its bottom."""

from __future__ import annotations

import re
from collections import Counter
from typing import List, Optional

from avcdoctor.read.shapes.signs import PROMISING, RECORD

_BORDER = re.compile("[│┃║]")
_SIGNS = tuple(sign.encode() for sign in "│┃║")
_MOST = 0.6  # of the lines have a border in the same column
_FEWEST = 2  # lines by which a border is told from a sign in a text


def panes(text: bytes) -> Optional[bytes]:
    """A layer: one pane after the other, where all lines have a border in the same columns."""
    if not any(sign in text for sign in _SIGNS):
        return None
    if not RECORD.search(text) and not PROMISING.search(text):
        return None
    told: List[str] = []
    run: List[str] = []
    for line in text.decode("utf-8", "surrogateescape").split("\n"):
        if _BORDER.search(line):
            run.append(line)
            continue
        told += _parted(run)
        told.append(line)
        run = []
    told += _parted(run)
    result = "\n".join(told).encode("utf-8", "surrogateescape")
    return result if result != text else None


def _parted(lines: List[str]) -> List[str]:
    """The panes of lines one after the other; the lines as they are where they have no border in common."""
    found = [tuple(match.start() for match in _BORDER.finditer(line)) for line in lines]
    counted = Counter(column for columns in found for column in columns)
    common = {column for column, times in counted.items() if times > _MOST * len(lines)}
    if len(lines) < _FEWEST or not common:
        return lines
    told: List[List[str]] = [[] for _ in range(len(common) + 1)]
    for line, columns in zip(lines, found):
        # What stands around the whole text moves the borders of its first line.
        borders = sorted(common) if common <= set(columns) else list(columns[: len(common)])
        for place, (begin, end) in enumerate(zip([-1, *borders], [*borders, None])):
            told[place].append(line[begin + 1 : end])
    return [line for pane in told if any(part.strip() for part in pane) for line in (*pane, "")]
