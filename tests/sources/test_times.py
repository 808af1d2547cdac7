"""Times as users write them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.sources.times import parse_time, seconds

NOW = datetime(2026, 3, 18, 15, 42, 7)  # a Wednesday


def local(*parts: int) -> int:
    return round(datetime(*parts).timestamp() * 1000)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("now", (2026, 3, 18, 15, 42, 7)),
        ("recent", (2026, 3, 18, 15, 32, 7)),
        ("this-hour", (2026, 3, 18, 15, 0)),
        ("today", (2026, 3, 18)),
        ("Yesterday", (2026, 3, 17)),
        ("this-week", (2026, 3, 15)),
        ("week-ago", (2026, 3, 11)),
        ("this-month", (2026, 3, 1)),
        ("this-year", (2026, 1, 1)),
        ("09:30", (2026, 3, 18, 9, 30)),
        ("9:30:15", (2026, 3, 18, 9, 30, 15)),
        ("2026-01-31", (2026, 1, 31)),
        ("2026-01-31T14:30:00", (2026, 1, 31, 14, 30)),
        ("2026-01-31 14:30", (2026, 1, 31, 14, 30)),
        ("01/31/2026", (2026, 1, 31)),
        ("1/31/2026 14:30:05", (2026, 1, 31, 14, 30, 5)),
    ],
)
def test_local_times(words: str, expected: tuple[int, ...]) -> None:
    assert parse_time(words, NOW) == local(*expected)


def test_an_offset_is_heeded() -> None:
    utc = datetime(2026, 1, 31, 13, 30, tzinfo=timezone.utc).timestamp()
    assert parse_time("2026-01-31T14:30:00+01:00") == parse_time("2026-01-31T13:30:00Z") == utc * 1000
    assert parse_time("@1700000000.5") == 1700000000500


def test_boot_is_in_the_past() -> None:
    assert parse_time("boot") < parse_time("now")


@pytest.mark.parametrize("words", ["", "soon", "25:00", "2026-13-01", "13/13/2026", "\x1b[2J", "@", "9" * 400])
def test_no_time(words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_time(words)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(("words", "expected"), [("60s", 60.0), ("5m", 300.0), ("1h", 3600.0), ("90", 90.0)])
def test_lengths_of_time(words: str, expected: float) -> None:
    assert seconds(words) == expected


@pytest.mark.parametrize("words", ["", "0s", "soon", "-1s", "1.5m", "9999999s", "1d", "1e9"])
def test_no_length_of_time(words: str) -> None:
    with pytest.raises(UsageError):
        seconds(words)
