"""Lets what must not be cut in two come to its end: Ctrl-C, SIGTERM and a closed terminal wait until then."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import Iterator

_WAITING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep these signals back; one that came meanwhile is delivered at the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
