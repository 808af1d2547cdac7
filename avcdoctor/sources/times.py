"""Reads the times users give for --since and --until: ausearch's words, clock times, dates and ISO 8601."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Callable, Dict, Optional

from avcdoctor.errors import UsageError
from avcdoctor.model import safe_text

_HINT = "try recent, today, yesterday, boot, this-week, 14:30, 2026-01-31 or 2026-01-31T14:30:00+01:00"


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


def seconds(words: str) -> float:
    """A length of time such as 60s, 5m, 1h or 90.

    Raises:
        UsageError: it is none, or is nothing.
    """
    match = re.fullmatch(r"([0-9]{1,6})(s|m|h|)", words.strip(), re.ASCII)
    if not match or int(match[1]) == 0:
        raise UsageError(f"{safe_text(words)!r} is no length of time", "try 60s, 5m or 1h")
    return float(int(match[1]) * _UNITS[match[2]])


def parse_time(words: str, now: Optional[datetime] = None) -> int:
    """Turn a time as a user writes it into milliseconds since the epoch.

    Args:
        words: one of ausearch(8)'s words (now, recent, this-hour, boot, today, yesterday, this-week, week-ago,
            this-month, this-year), `HH:MM[:SS]` of today, a date, or date and time in ISO 8601 with or without an
            offset (without one it is this machine's local time), or `@SECONDS` since the epoch.
        now: the moment words are relative to.

    Raises:
        UsageError: it is none of these.
    """
    words = words.strip()
    moment = now or datetime.now()
    named = _WORDS.get(words.lower())
    if named is not None:
        return _milliseconds(named(moment))
    if re.match(r"@[0-9]{1,12}(?:\.[0-9]{1,3})?\Z", words):
        return round(float(words[1:]) * 1000)
    clock = re.match(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\Z", words)
    if clock:
        hour, minute, second = (int(part or 0) for part in clock.groups())
        if hour < 24 and minute < 60 and second < 60:
            return _milliseconds(moment.replace(hour=hour, minute=minute, second=second, microsecond=0))
    text = re.sub(r"[Zz]\Z", "+00:00", words)
    try:
        return _milliseconds(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        pass  # a locale's date is tried next
    american = re.match(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?: +([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?\Z", words)
    if american:  # what ausearch takes in the C and American locales
        month, day, year, hour, minute, second = (int(part or 0) for part in american.groups())
        try:
            return _milliseconds(datetime(year, month, day, hour, minute, second))
        except (ValueError, OverflowError):
            pass  # no such day
    raise UsageError(f"{safe_text(words)!r} is no time", _HINT)


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _boot(moment: datetime) -> datetime:
    """When the machine came up (proc_uptime(5)); where that can't be read, the monotonic clock says it as well."""
    try:
        up = float(Path("/proc/uptime").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        up = time.monotonic()
    return moment - timedelta(seconds=up)


_WORDS: Dict[str, Callable[[datetime], datetime]] = {
    "now": lambda moment: moment,
    "recent": lambda moment: moment - timedelta(minutes=10),
    "this-hour": lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    "boot": _boot,
    "today": _midnight,
    "yesterday": lambda moment: _midnight(moment) - timedelta(days=1),
    # ausearch(8): the week begins on Sunday, week-ago is the start of the day seven days ago
    "this-week": lambda moment: _midnight(moment) - timedelta(days=(moment.weekday() + 1) % 7),
    "week-ago": lambda moment: _midnight(moment) - timedelta(days=7),
    "this-month": lambda moment: _midnight(moment).replace(day=1),
    "this-year": lambda moment: _midnight(moment).replace(month=1, day=1),
}
