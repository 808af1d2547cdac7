"""Reads what came to a log since it was read last, through all files that it was rotated to."""

from __future__ import annotations

import lzma
import zlib
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, List, NamedTuple, Optional

from avcdoctor.errors import InputError
from avcdoctor.model import Reading, safe_text
from avcdoctor.read.live import LiveReader
from avcdoctor.sources.checkpoint import Position, is_copy
from avcdoctor.sources.files import PACKED, open_log, rotated
from avcdoctor.sources.follow import GONE, Follower, Piece

_READ = 1 << 20
_UNREADABLE = (InputError, OSError, EOFError, lzma.LZMAError, zlib.error)


class Resumed(NamedTuple):
    """What came, and where to go on next time."""

    reading: Reading
    position: Optional[Position]


def read_on(path: str, position: Optional[Position], warn: Callable[[str], None]) -> Resumed:
    """Read a log from a position to its present end.

    Args:
        path: the log; the files it was rotated to, packed or not, belong to it.
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
    told: List[str] = []
    follower = Follower(path, from_start=True, position=position or _beginning(path), warn=told.append)
    packed = _packed(path) if position is None or not follower.went_on else []
    first = _holding(packed, position) if position is not None else None
    lost = position is not None and not follower.went_on and first is None
    reader = LiveReader(position.milliseconds + 1 if lost and position and position.milliseconds is not None else None)
    files: List[str] = []
    try:
        skipped = position.offset if position is not None and first is not None else 0
        for piece in chain(_unpacked(packed[first or 0 :], skipped, told.append), follower.read()):
            files += [piece.path] if piece.path not in files else []
            reader.feed(piece.data, piece.path, piece.offset)
        for words in told:
            if words != GONE or lost:
                warn(words)
        reader.settle()
        reading = reader.reading()
        summary = replace(reading.summary, files=tuple(files) or (path,), unchanged=position is not None and not files)
        latest = summary.last if summary.last is not None else (position.milliseconds if position else None)
        return Resumed(Reading(reading.groups, summary), follower.position(latest))
    finally:
        follower.close()


def _packed(path: str) -> List[str]:
    return [name for name in rotated(Path(path)) if name.endswith(PACKED)]


def _holding(packed: List[str], position: Position) -> Optional[int]:
    """Which of the packed files is the one a position is about; None where none is."""
    for number in reversed(range(len(packed))):
        try:
            with open_log(packed[number]) as log:
                if is_copy(_filled(log, 128), position):
                    return number
        except _UNREADABLE:  # it is told when it is read
            continue
    return None


def _filled(log: BinaryIO, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = log.read(size - len(data))
        if not more:
            break
        data += more
    return data


def _unpacked(packed: List[str], skipped: int, warn: Callable[[str], None]) -> Iterator[Piece]:
    """The lines of packed files, those of the first one from a place on."""
    for number, name in enumerate(packed):
        try:
            yield from _pieces(name, 0 if number else skipped)
        except _UNREADABLE as error:
            warn(f"{safe_text(name)} can't be read: {safe_text(str(error))}")


def _pieces(path: str, skipped: int) -> Iterator[Piece]:
    """A packed file's lines from a place on."""
    with open_log(path) as log:
        offset, rest = 0, b""
        while skipped > offset:
            more = log.read(min(_READ, skipped - offset))
            if not more:
                return
            offset += len(more)
        while True:
            more = log.read(_READ)
            data = rest + more
            end = data.rfind(b"\n") + 1 if more else len(data)
            end = end or (len(data) if len(data) > 2 * _READ else 0)  # an endless line is read in pieces
            if end:
                yield Piece(data[:end], path, offset)
            offset, rest = offset + end, data[end:]
            if not more:
                return


def _beginning(path: str) -> Optional[Position]:
    """The beginning of the oldest file that can be read as it is."""
    plain = [name for name in rotated(Path(path)) if not name.endswith(PACKED)]
    if not plain:
        return None
    status = Path(plain[0]).stat()
    return Position(status.st_dev, status.st_ino, 0)
