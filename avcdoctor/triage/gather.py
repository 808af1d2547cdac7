"""Brings the evidence together: log files, the journal, the audit trail, and a unit's settings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Sequence

from avcdoctor.errors import InputError
from avcdoctor.model import safe_text

MOST_BYTES = 64 << 20  # of one log; what is older is left out


def read_logs(names: Sequence[str]) -> bytes:
    """The text of some logs, one after the other; of a very large one only the end.

    Args:
        names: files; "-" is standard input.

    Raises:
        InputError: a file can't be read.
    """
    return b"\n".join(_read(name) for name in names)


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MOST_BYTES)
    try:
        with Path(name).open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - MOST_BYTES))
            return stream.read()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{safe_text(name)} can't be read: {reason}", "give --log a text file") from error
