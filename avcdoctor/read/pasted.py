"""Reads records out of a text at hand, such as the example of a rule."""

from __future__ import annotations

from typing import Sequence

from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Reading
from avcdoctor.read.counters import Tally, reading_of
from avcdoctor.read.general import PlainReader


def read_text(text: str, name: str = "text") -> Reading:
    """Read the denials of a text of any shape that `read` knows.

    Args:
        text: the records; surrogate escapes stand for bytes that are not UTF-8.
        name: what to call it where a line can't be read.
    """
    return read_bytes(text.encode("utf-8", "surrogateescape"), [name])


def read_bytes(data: bytes, names: Sequence[str]) -> Reading:
    """Read the denials of bytes of any shape that `read` knows.

    Args:
        data: the text.
        names: of the logs it was made of.
    """
    grouper, tally = Grouper(), Tally()
    reader = PlainReader(grouper, tally)
    name = ", ".join(names)
    reader.unwrap([data], name)
    reader.finish(name)
    return reading_of(grouper, tally, names)
