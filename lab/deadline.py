"""When to give up on a guest: a deadline that stands still while the emulator waits for a processor."""

from __future__ import annotations

import time
from pathlib import Path

MOST = 5  # a deadline is moved to no more than so many times its length


class Deadline:
    """So many seconds from now on, as they would be on a machine with nothing else to do.

    Beside other work a guest that runs well takes longer; one that hangs sleeps, and does not wait for a processor.

    Args:
        seconds: how long it may take.
        pid: the emulator's process.
    """

    def __init__(self, seconds: float, pid: int) -> None:
        self._seconds = seconds
        self._pid = pid
        self._begun = time.monotonic()
        self._waited = waited(pid)

    def left(self) -> float:
        """How many seconds are left; none, or fewer, when it is over."""
        more = max(0.0, waited(self._pid) - self._waited)
        return min(self._seconds + more, MOST * self._seconds) - (time.monotonic() - self._begun)


def waited(pid: int, proc: Path = Path("/proc")) -> float:
    """How many seconds the busiest thread of a process was ready to run and had no processor; 0 where none tells."""
    found = [0]
    for place in proc.glob(f"{pid}/task/*/schedstat"):
        try:
            found.append(int(place.read_text(encoding="ascii").split()[1]))  # run, waited (ns), number of times
        except (OSError, ValueError, IndexError):
            continue  # the thread ended, or the kernel keeps no such account
    return max(found) / 1e9
