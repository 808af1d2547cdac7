"""Jobs run beside each other; results keep the jobs' order, and nothing new begins once it is too late."""

from __future__ import annotations

import threading
import time
from typing import List, Optional, Tuple

import pytest

from lab import guest as guests
from lab import pool
from lab.paths import LabError
from lab.pool import run_all


def nothing(job: object, result: object) -> None:
    """Tell nobody."""


def test_results_have_the_order_of_the_jobs() -> None:
    told: List[Tuple[int, Optional[int]]] = []
    delays = [0.2, 0.0, 0.1]

    def work(job: int) -> int:
        time.sleep(delays[job])
        return job * 10

    results = run_all([0, 1, 2], work, time.monotonic() + 60, lambda job, result: told.append((job, result)), 2)
    assert results == [0, 10, 20]
    assert told[0] == (1, 10) and sorted(told) == [(0, 0), (1, 10), (2, 20)]


def test_two_run_at_a_time_and_no_more() -> None:
    busy, most = threading.Semaphore(2), []

    def work(job: int) -> bool:
        free = busy.acquire(blocking=False)
        most.append(free)
        time.sleep(0.05)
        busy.release()
        return free

    assert all(run_all(list(range(6)), work, time.monotonic() + 60, nothing, 2))
    assert all(most)


def test_what_has_not_begun_in_time_is_left_out() -> None:
    told: List[int] = []

    def work(job: int) -> int:
        time.sleep(0.15)
        return job

    results = run_all([1, 2, 3], work, time.monotonic() + 0.1, lambda job, result: told.append(job), 1)
    assert results == [1, None, None]
    assert told == [1, 2, 3]


def test_an_error_kills_the_guests_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: List[bool] = []
    monkeypatch.setattr(pool, "kill_all", lambda: killed.append(True))

    def work(job: int) -> int:
        raise LabError("no disk")

    with pytest.raises(LabError, match="no disk"):
        run_all([1, 2], work, time.monotonic() + 60, nothing, 2)
    assert killed == [True]


def test_no_guest_starts_once_the_lab_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "_ending", threading.Event())
    guests.kill_all()
    machine = guests.Machine(*(guests.Path("/nowhere"),) * 3, 64)
    with guests.Guest(machine) as guest, pytest.raises(LabError, match="is ending"):
        monkeypatch.setattr(guests, "overlay", lambda backing, target: target.touch())
        guest.boot(5)
