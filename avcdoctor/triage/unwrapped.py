"""Takes off what other programs wrapped around the evidence, with the readers of all logs, and numbers its lines."""

from __future__ import annotations

from typing import List, Tuple

from avcdoctor.read.shapes import Text, texts


def unwrapped(data: bytes) -> Tuple[Text, ...]:
    """The parts of the evidence with nothing around their messages and records.

    Args:
        data: logs of any shape.

    Returns:
        The parts in order. Their lines are numbered one after the other: as they stand where nothing was wrapped, and
        each entry of a journal or shipper as the line it is.
    """
    found: List[Text] = []
    number = 1
    for text in texts([data], messages=True):
        found.append(text._replace(first_line=number))
        number += text.text.count(b"\n")
    return tuple(found)
