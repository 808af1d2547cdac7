"""Single worker thread: runs the announcer's tasks in order, so that reading never waits for a policy to load."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from typing import Callable, Optional


class Teller:
    """Does one thing after the other, apart from the caller.

    Args:
        wake: a descriptor that one byte is written to when something failed.
    """

    def __init__(self, wake: int) -> None:
        self._wake = wake
        self._tasks: queue.Queue[Optional[Callable[[], None]]] = queue.Queue()
        self._failure: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._run, name="speaker", daemon=True)
        self._thread.start()

    def do(self, task: Callable[[], None]) -> None:
        """Have something done in its turn.

        Raises:
            BaseException: what an earlier task raised.
        """
        if self._failure is not None:
            raise self._failure
        self._tasks.put(task)

    def check(self) -> None:
        """Raise what a task raised, if one did."""
        if self._failure is not None:
            raise self._failure

    def finish(self) -> None:
        """Wait until everything is done; raises what a task raised."""
        self._tasks.put(None)
        self._thread.join()
        self.check()

    def _run(self) -> None:
        while True:
            task = self._tasks.get()
            if task is None:
                return
            try:
                task()
            except BaseException as failure:  # the caller's thread raises it
                self._failure = failure
                with suppress(OSError):
                    os.write(self._wake, b"\0")
                return
