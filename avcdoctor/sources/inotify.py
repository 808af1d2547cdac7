"""Waits for a change in some directories by inotify(7), through the C library, as Python has no module for it."""

from __future__ import annotations

import ctypes
import os
import select
from typing import List, Optional, Sequence

_MODIFY, _ATTRIB = 0x2, 0x4
_MOVED_FROM, _MOVED_TO = 0x40, 0x80
_CREATE, _DELETE = 0x100, 0x200
_ANY = _MODIFY | _ATTRIB | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_ANCIENT = os.O_NONBLOCK | os.O_CLOEXEC  # IN_NONBLOCK and IN_CLOEXEC have the same values


class Watch:
    """Directories under watch; without inotify, `wait` only waits.

    Args:
        directories: those that exist are watched.
        wake: a descriptor that ends the wait as well, such as one that signals are written to.
    """

    def __init__(self, directories: Sequence[str], wake: Optional[int] = None) -> None:
        self._poll = select.poll()
        self._wake = wake
        self._descriptor = -1
        if wake is not None:
            self._poll.register(wake, select.POLLIN)
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "inotify_init1"):
            return
        self._descriptor = library.inotify_init1(_ANCIENT)
        if self._descriptor < 0:
            return  # the limit of instances is reached: changes are noticed by the timeout
        watched = [library.inotify_add_watch(self._descriptor, os.fsencode(path), _ANY) for path in directories]
        if any(number >= 0 for number in watched):
            self._poll.register(self._descriptor, select.POLLIN)

    def wait(self, seconds: Optional[float]) -> bool:
        """Wait for a change, a wake-up or the end of the time.

        Args:
            seconds: how long at most; None for ever.

        Returns:
            Whether something happened.
        """
        ready: List[int] = [fd for fd, _ in self._poll.poll(None if seconds is None else max(0.0, seconds) * 1000)]
        if self._descriptor in ready:
            self._drain(self._descriptor)
        return bool(ready)

    def _drain(self, descriptor: int) -> None:
        try:
            while os.read(descriptor, 65536):
                pass  # what changed does not matter: the files are looked at
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the descriptor back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
