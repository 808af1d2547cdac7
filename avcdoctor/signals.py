"""What must not be cut in two comes to its end first, and what must not last is ended."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Iterator, Optional

_WAITING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class TookTooLongError(Exception):
    """What was to be done within some seconds was not."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """End what lasts longer, such as a regular expression that a stranger wrote; only in the main thread.

    Raises:
        TookTooLongError: the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_: int, __: Optional[FrameType]) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep Ctrl-C, SIGTERM and the end of the terminal back; one that came meanwhile is delivered at the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
