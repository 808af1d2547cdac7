"""Follows a growing log through rotation, truncation, deletion and re-creation, losing and doubling nothing."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

from avcdoctor.sources.checkpoint import Position, fingerprint, is_same
from avcdoctor.sources.files import PACKED, rotated, see_readable

GONE = "the file of the checkpoint is gone: reading all that is there since its time"
"""Said when a position is in none of the files that are there as they were written."""

_READ = 1 << 16
_LINGER = 5.0  # seconds a writer may go on writing to a file that was rotated away
_TAIL = 64  # bytes before the position by which a truncation is noticed although the file has grown again
_LONGEST_LINE = 1 << 20


class Piece(NamedTuple):
    """Whole lines of one file, and where they began in it."""

    data: bytes
    path: str
    offset: int


class _Open:
    """An open file of the log and how far it was read; the start of an unfinished line waits in `rest`."""

    def __init__(self, path: str, descriptor: int) -> None:
        status = os.fstat(descriptor)
        self.path = path
        self.descriptor = descriptor
        self.identity = (status.st_dev, status.st_ino)
        self.offset = 0
        self.rest = b""
        self.last = b""
        self.until: Optional[float] = None

    def read(self) -> Iterator[Piece]:
        """What has come since, in whole lines."""
        while True:
            data = os.pread(self.descriptor, _READ, self.offset)
            if not data:
                return
            begin = self.offset - len(self.rest)
            self.offset += len(data)
            self.last = (self.last + data)[-_TAIL:]
            data = self.rest + data
            end = data.rfind(b"\n") + 1 or (len(data) if len(data) > _LONGEST_LINE else 0)
            self.rest = data[end:]
            if end:
                yield Piece(data[:end], self.path, begin)

    def was_truncated(self) -> bool:
        """Whether what was read is no longer there: copytruncate, or somebody emptied the file."""
        if os.fstat(self.descriptor).st_size < self.offset:
            return True
        return os.pread(self.descriptor, len(self.last), self.offset - len(self.last)) != self.last

    def go_to(self, offset: int) -> None:
        """Go on from a line's beginning."""
        size = min(_TAIL, offset)
        self.offset, self.rest = offset, b""
        self.last = os.pread(self.descriptor, size, offset - size)

    def close(self) -> None:
        os.close(self.descriptor)


class Follower:
    """Reads what comes to a log.

    Args:
        path: the log; need not exist yet.
        from_start: begin with what is in it already.
        position: go on from here, through all files it was rotated to since.
        warn: told in words when something may be missing.
    """

    def __init__(
        self,
        path: str,
        *,
        from_start: bool = False,
        position: Optional[Position] = None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        if os.path.exists(path):  # noqa: PTH110 - a text, and nothing is made of it
            see_readable(path)
        self.path = path
        self._warn = warn
        self._current: Optional[_Open] = None
        self._lingering: List[_Open] = []
        self._missing = False
        self.went_on = position is None or self._resume(position)
        if self._current is None:
            oldest = _plain_files(path) if not self.went_on else []
            self._current = _open(oldest[0] if oldest else path)
            if self._current is not None and not from_start and self.went_on:
                self._skip(self._current)

    def _skip(self, file: _Open) -> None:
        """Begin at the end; a line that is being written is read when it is whole."""
        file.go_to(os.fstat(file.descriptor).st_size)
        before = os.pread(file.descriptor, min(_READ, file.offset), max(0, file.offset - _READ))
        file.rest = before[before.rfind(b"\n") + 1 :]

    def _resume(self, position: Position) -> bool:
        for path in reversed(_plain_files(self.path)):
            file = _open(path)
            if file is not None and is_same(file.descriptor, position):
                file.go_to(position.offset)
                self._current = file
                return True
            if file is not None:
                file.close()
        self._warn(GONE)
        return False

    def read(self) -> Iterator[Piece]:
        """Everything that has come since the last call, older files first."""
        yield from self._read_lingering()
        while True:
            if self._current is None:
                self._current = _open(self.path)
                if self._current is None:
                    self._note_missing()
                    return
                self._missing = False
            if self._current.was_truncated():
                self._warn(f"{self.path} was truncated: what was written just before may be lost")
                yield from self._copied(self._current)
                self._current.go_to(0)
            yield from self._current.read()
            following = self._following(self._current)
            if following is None:
                return
            yield from self._current.read()  # what came between the last look and the rotation
            self._leave(self._current)
            self._current = following

    def _read_lingering(self) -> Iterator[Piece]:
        now = time.monotonic()
        for file in list(self._lingering):
            yield from file.read()
            if file.until is not None and now > file.until:
                if file.rest:
                    yield Piece(file.rest + b"\n", file.path, file.offset - len(file.rest))
                self._lingering.remove(file)
                file.close()

    def _note_missing(self) -> None:
        if not self._missing:
            self._warn(f"{self.path} is not there: waiting for it")
        self._missing = True

    def _leave(self, file: _Open) -> None:
        file.until = time.monotonic() + _LINGER
        self._lingering.append(file)

    def _copied(self, file: _Open) -> Iterator[Piece]:
        """What was not read yet before the log was truncated, from the copy that copytruncate made first."""
        for path in reversed(_plain_files(self.path)):
            copy = _open(path)
            if copy is None:
                continue
            size = len(file.last)
            fits = size and os.pread(copy.descriptor, size, max(0, file.offset - size)) == file.last
            if fits and copy.identity != file.identity:
                copy.go_to(file.offset - len(file.rest))
                yield from copy.read()
                copy.close()
                return
            copy.close()

    def _following(self, file: _Open) -> Optional[_Open]:
        """The file that was begun after this one, open; None if this is still the newest or there is none yet."""
        for _ in range(8):  # files may be rotated on while one looks
            if _identity(self.path) == file.identity:
                return None
            names = self._names()
            if names != self._names():
                continue  # renamed while one looked: a file could be missing from such a list
            known = [identity for _, identity in names]
            if file.identity in known:
                later = names[known.index(file.identity) + 1 :]
            else:
                later = names[-1:] if names and names[-1][0] == self.path else []
            if not later:
                return None
            path, identity = later[0]
            following = _open(path)
            if following is not None and following.identity == identity:
                return following
            if following is not None:
                following.close()
        return None

    def _names(self) -> List[Tuple[str, Optional[Tuple[int, int]]]]:
        """The log and its rotated files, oldest first, with what each name stands for now."""
        return [(path, _identity(path)) for path in _plain_files(self.path)]

    @property
    def is_draining(self) -> bool:
        """Whether a file that was rotated away is still being watched."""
        return bool(self._lingering)

    def position(self, milliseconds: Optional[int] = None) -> Optional[Position]:
        """Where to go on later: behind the last whole line that `read` gave.

        Args:
            milliseconds: the time of the last record, for when the file is gone by then.
        """
        file = self._current
        if file is None:
            return None
        offset = file.offset - len(file.rest)
        return Position(*file.identity, offset, fingerprint(file.descriptor, offset), milliseconds)

    def directories(self) -> List[str]:
        """The directories to watch: the log's, and where a symlink leads the one of its target."""
        found = [str(Path(self.path).parent), str(Path(os.path.realpath(self.path)).parent)]
        return sorted({path or "." for path in found})

    def close(self) -> None:
        """Close all files."""
        for file in [*self._lingering, *([self._current] if self._current else [])]:
            file.close()
        self._lingering, self._current = [], None


def _plain_files(path: str) -> List[str]:
    """The log and its rotated files that are not compressed, oldest first."""
    return [name for name in rotated(Path(path)) if not name.endswith(PACKED)]


def _open(path: str) -> Optional[_Open]:
    """The file, if it is there and a file: a named pipe would never end, and might never begin."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return _Open(path, descriptor)
    os.close(descriptor)
    return None


def _identity(path: str) -> Optional[Tuple[int, int]]:
    try:
        status = os.stat(path)  # noqa: PTH116 - a symlink is followed, as when it is opened
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
