"""Reads what came to a log since it was read last, through all files that it was rotated to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable, List, NamedTuple, Optional

from avcdoctor.errors import InputError
from avcdoctor.model import Reading, safe_text
from avcdoctor.read.live import LiveReader
from avcdoctor.sources.checkpoint import Position
from avcdoctor.sources.files import rotated
from avcdoctor.sources.follow import Follower


class Resumed(NamedTuple):
    """What came, and where to go on next time."""

    reading: Reading
    position: Optional[Position]


def read_on(path: str, position: Optional[Position], warn: Callable[[str], None]) -> Resumed:
    """Read a log from a position to its present end.

    Args:
        path: the log; the files it was rotated to, as far as they are not compressed, belong to it.
        position: where the last run ended; None reads all that is there.
        warn: told in words when something may be missing.

    Raises:
        InputError: there is no such log, or it may not be read.
    """
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        raise InputError(f"{safe_text(path)}: {error.strerror}") from error
    follower = Follower(path, from_start=True, position=position or _beginning(path), warn=warn)
    lost = position is not None and not follower.went_on
    reader = LiveReader(position.milliseconds + 1 if lost and position and position.milliseconds is not None else None)
    files: List[str] = []
    try:
        for piece in follower.read():
            files += [piece.path] if piece.path not in files else []
            reader.feed(piece.data, piece.path, piece.offset)
        reader.settle()
        reading = reader.reading()
        summary = replace(reading.summary, files=tuple(files) or (path,), unchanged=position is not None and not files)
        latest = summary.last if summary.last is not None else (position.milliseconds if position else None)
        return Resumed(Reading(reading.groups, summary), follower.position(latest))
    finally:
        follower.close()


def _beginning(path: str) -> Optional[Position]:
    """The beginning of the oldest file that can be read as it is."""
    plain = [name for name in rotated(Path(path)) if Path(name).suffix not in (".gz", ".xz", ".zst", ".bz2")]
    if not plain:
        return None
    status = Path(plain[0]).stat()
    return Position(status.st_dev, status.st_ino, 0)
