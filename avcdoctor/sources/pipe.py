"""Empties a pipe as fast as it fills, so that whoever writes to it never has to wait for a diagnosis."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from contextlib import suppress
from typing import Deque, Optional

_READ = 1 << 16
_MOST = 64 << 20  # bytes that may wait; then the writer has to
_LARGER = 1 << 20  # bytes asked for as the pipe's size (F_SETPIPE_SZ, pipe(7)); a socket refuses, which is all right
_SETPIPE_SZ = getattr(fcntl, "F_SETPIPE_SZ", 1031)


class PipeReader:
    """Reads a descriptor in a thread of its own.

    Args:
        descriptor: what to read.
        wake: a descriptor that one byte is written to when data has come or the end is reached.
    """

    def __init__(self, descriptor: int, wake: int) -> None:
        self._descriptor = descriptor
        self._wake = wake
        self._waiting: Deque[bytes] = deque()
        self._size = 0
        self._room = threading.Condition()
        self.ended = False
        with suppress(OSError):  # no pipe, or not allowed: its own size has to do
            fcntl.fcntl(descriptor, _SETPIPE_SZ, _LARGER)
        threading.Thread(target=self._run, name="standard input", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                data = os.read(self._descriptor, _READ)
            except OSError:
                data = b""
            with self._room:
                self.ended = not data
                self._waiting.append(data)
                self._size += len(data)
            with suppress(OSError):  # the wake-up pipe is full, so a wake-up is due anyway
                os.write(self._wake, b"\0")
            if not data:
                return
            with self._room:
                self._room.wait_for(lambda: self._size < _MOST)

    def take(self) -> Optional[bytes]:
        """What has come since the last call; None once everything was taken and the writer has closed."""
        with self._room:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self._room.notify()
            return None if self.ended and not data else data
