"""How long a guest may take beside other work: deadlines that stand still while the emulator waits for a processor."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Tuple

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


def waited(pid: int) -> float:
    """How many seconds the busiest thread of a process was ready to run and had no processor; 0 where none tells."""
    return account(pid)[1]


def slowness(pid: int) -> float:
    """How many times longer a process takes than it would alone, by its busiest thread; from 1 to MOST."""
    ran, lost = account(pid)
    return min(MOST, (ran + lost) / ran) if ran else 1.0


def account(pid: int, proc: Path = Path("/proc")) -> Tuple[float, float]:
    """What the kernel keeps about the busiest thread of a process.

    Returns:
        Seconds for which it ran, and for which it was ready to run and had no processor; zeros where none tells.
    """
    found = [(0, 0)]
    for place in proc.glob(f"{pid}/task/*/schedstat"):
        try:
            ran, lost = place.read_text(encoding="ascii").split()[:2]  # nanoseconds
            found.append((int(ran), int(lost)))
        except (OSError, ValueError):
            continue  # the thread ended, or the kernel keeps no such account
    ran_most, lost_then = max(found)
    return ran_most / 1e9, lost_then / 1e9
