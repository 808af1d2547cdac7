"""Runs jobs two at a time (a guest has one processor), and gives their results in the order of the jobs."""

from __future__ import annotations

import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Callable, Dict, List, Optional, Sequence, TypeVar

from lab.guest import kill_all

Job = TypeVar("Job")
Result = TypeVar("Result")


def workers() -> int:
    """How many guests run beside each other: as many as there are processors, but no more than two, or what
    $AVCDOCTOR_LAB_GUESTS says."""
    chosen = os.environ.get("AVCDOCTOR_LAB_GUESTS", "")
    return max(1, int(chosen) if chosen.isdigit() else min(2, len(os.sched_getaffinity(0))))


def run_all(
    jobs: Sequence[Job],
    work: Callable[[Job], Result],
    deadline: float,
    told: Callable[[Job, Optional[Result]], None],
    at_once: int = 0,
) -> List[Optional[Result]]:
    """Do every job that can be begun before the deadline.

    Args:
        jobs: what to do, the first one first.
        work: does one of them; runs in a thread, with a guest of its own.
        deadline: by time.monotonic(); what has not begun by then is left out, what has is waited for.
        told: is called in this thread as soon as a job has ended (its result) or was left out (None).
        at_once: how many beside each other; by default `workers()`.

    Returns:
        A result for each job, in their order; None where it was left out.

    Raises:
        LabError: or whatever else a job ended with; every guest is dead then.
    """
    results: List[Optional[Result]] = [None] * len(jobs)
    waiting = list(range(len(jobs)))
    running: Dict[Future[Result], int] = {}
    with ThreadPoolExecutor(at_once or workers()) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < (at_once or workers()):
                    number = waiting.pop(0)
                    if time.monotonic() > deadline:
                        told(jobs[number], None)
                    else:
                        running[pool.submit(work, jobs[number])] = number
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    number = running.pop(future)
                    results[number] = future.result()
                    told(jobs[number], results[number])
        except BaseException:
            kill_all()  # so that the threads end, which leaving the pool waits for
            raise
    return results
