"""What must not be cut in two comes to its end first, and what must not last is ended."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from types import FrameType
from typing import Iterator, List, Optional

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
    """Keep Ctrl-C, SIGTERM and the end of the terminal back; what came meanwhile is delivered at the end.

    This thread blocks them, so that no call into a C library is interrupted. The kernel then hands a signal to any
    other thread of the process, after which Python calls the main thread's handler: it only takes note.
    """
    came: List[int] = []
    is_main = threading.current_thread() is threading.main_thread()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITING)
    handlers = {one: signal.signal(one, lambda number, _: came.append(number)) for one in _WAITING if is_main}
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for one, handler in handlers.items():
            signal.signal(one, handler)
        for number in came:
            signal.raise_signal(number)
