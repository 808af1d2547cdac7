"""Says on a terminal how much of a large log was read; nothing for small ones, and nothing in a pipe."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Callable, Optional, TextIO, Type

_PATIENCE = 1.0  # seconds before anything is said
_PAUSE = 0.2  # seconds between two updates


class Progress:
    """Counts bytes, and writes them over and over on one line of standard error.

    Args:
        stream: where to; nothing is written unless it is a terminal.
        clock: seconds, for tests.
    """

    def __init__(self, stream: Optional[TextIO] = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._shown = self._stream is not None and self._stream.isatty()
        self._clock = clock
        self._bytes = 0
        self._next = clock() + _PATIENCE
        self._width = 0

    def __call__(self, count: int) -> None:
        """Take note of bytes that were read."""
        self._bytes += count
        if self._shown and self._clock() >= self._next:
            self._next = self._clock() + _PAUSE
            self._write(f"reading: {self._bytes / 1e6:,.0f} MB")

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text:<{self._width}}")
        self._stream.flush()
        self._width = len(text)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
