"""Progress: after a second, on a terminal, and gone in the end."""

from __future__ import annotations

import io
from typing import List

from avcdoctor.cli.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(stream: io.StringIO, moments: List[float]) -> str:
    clock = iter([0.0] + [moment for moment in moments for _ in range(2)] + [99.0])
    with Progress(stream, lambda: next(clock)) as progress:
        for _ in moments:
            progress(500_000_000)
    return stream.getvalue()


def test_a_pipe_gets_nothing() -> None:
    assert run(io.StringIO(), [0.5, 2.0, 3.0]) == ""


def test_a_short_reading_gets_nothing() -> None:
    with Progress(Terminal(), lambda: 0.0) as progress:
        progress(5)
    assert run(Terminal(), []) == ""


def test_a_long_reading_is_shown_and_wiped() -> None:
    shown = run(Terminal(), [1.5])
    assert "500 MB" in shown
    assert shown.endswith("\r")
    assert shown.rstrip("\r").endswith(" ")
