"""Remembers how far a log was read, so that a later run goes on exactly there."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple, Optional

from avcdoctor.errors import InputError
from avcdoctor.model import safe_text
from avcdoctor.private import write_private
from avcdoctor.sources.regular import read_regular

_BEGINNING = 128  # bytes of a file by which it is known again when its inode number was given to another


class Position(NamedTuple):
    """A place in a log: which file, how far, and the time of the last record read."""

    device: int
    inode: int
    offset: int
    beginning: str = ""
    milliseconds: Optional[int] = None


def fingerprint(descriptor: int, offset: int) -> str:
    """A digest of a file's first bytes that were read; the number of bytes is its first word."""
    size = min(_BEGINNING, offset)
    return f"{size} {hashlib.sha256(os.pread(descriptor, size, 0)).hexdigest()}" if size else ""


def is_same(descriptor: int, position: Position) -> bool:
    """Whether an open file is the one a position is about, and still holds what was read of it."""
    status = os.fstat(descriptor)
    if (status.st_dev, status.st_ino) != (position.device, position.inode) or status.st_size < position.offset:
        return False
    return not position.beginning or position.beginning == fingerprint(descriptor, position.offset)


def is_copy(beginning: bytes, position: Position) -> bool:
    """Whether a file with this beginning is a copy of the one a position is about, such as a packed one.

    Args:
        beginning: at least the file's first 128 bytes; with fewer, nothing can be told.
        position: as it was saved.
    """
    known = hashlib.sha256(beginning[:_BEGINNING]).hexdigest()
    return position.beginning == f"{_BEGINNING} {known}" and len(beginning) >= _BEGINNING


def load(path: Path) -> Optional[Position]:
    """The saved position, or None if there is none yet.

    Raises:
        InputError: the file can't be read or is no checkpoint.
    """
    try:
        saved = json.loads(read_regular(path, 1 << 20))
        return Position(
            int(saved["device"]),
            int(saved["inode"]),
            int(saved["offset"]),
            str(saved.get("beginning", "")),
            None if saved.get("milliseconds") is None else int(saved["milliseconds"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"the checkpoint {safe_text(str(path))} can't be read", "remove it to begin at the end of the log"
        ) from error


def save(path: Path, position: Position) -> None:
    """Write a position so that a crash leaves the old or the new one, never half of one.

    Raises:
        OSError: the directory can't be written.
    """
    write_private(path, (json.dumps({"version": 1, **position._asdict()}) + "\n").encode())
