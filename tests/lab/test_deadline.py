"""A deadline counts the seconds in which the emulator could run."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import deadline as deadlines
from lab.deadline import MOST, Deadline, account, slowness


def thread(proc: Path, number: int, text: str) -> None:
    place = proc / "7" / "task" / str(number)
    place.mkdir(parents=True, exist_ok=True)
    (place / "schedstat").write_text(text, encoding="ascii")


def test_the_busiest_thread_is_asked(tmp_path: Path) -> None:
    assert account(7, tmp_path) == (0.0, 0.0)
    thread(tmp_path, 7, "1000000000 9000000000 3\n")
    thread(tmp_path, 8, "4000000000 2500000000 3\n")
    thread(tmp_path, 9, "\n")
    assert account(7, tmp_path) == (4.0, 2.5)


def test_slowness_is_the_share_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    for told, expected in (((0.0, 0.0), 1.0), ((4.0, 0.0), 1.0), ((4.0, 6.0), 2.5), ((1.0, 99.0), float(MOST))):
        monkeypatch.setattr(deadlines, "account", lambda pid, told=told: told)
        assert slowness(7) == expected


def test_it_stands_still_while_the_emulator_waits_but_not_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, account = [100.0], [40.0]
    monkeypatch.setattr(deadlines.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(deadlines, "waited", lambda pid: account[0])
    idle = Deadline(10, 7)
    clock[0] += 11
    assert idle.left() == -1.0  # nothing waited: it hangs
    busy = Deadline(10, 7)
    clock[0] += 11
    account[0] += 6
    assert busy.left() == 5.0
    account[0] += 1000
    assert busy.left() == 10 * MOST - 11
