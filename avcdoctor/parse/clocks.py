"""Reads the time that journalctl prints before a message, as far as its form tells one without guessing."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Optional

_LONGEST = 64
_UNIX = re.compile(rb"([0-9]{9,11})\.([0-9]{3})[0-9]{0,6} ")
_ISO = re.compile(
    rb"([12][0-9]{3}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.,]([0-9]{1,9}))?"
    rb"(Z|[+-][0-9]{2}:?[0-9]{2})[ :]"
)
_FULL = re.compile(
    rb"[A-Z][a-z]{2} ([12][0-9]{3}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))? (UTC) "
)


def clock_of(before: bytes) -> Optional[int]:
    """The time a line begins with; milliseconds since the epoch.

    Args:
        before: what stands before a record: `short-iso`, `short-unix` and `short-full` in UTC of journalctl(1) tell a
            time; `short` has no year, `short-monotonic` counts from a start that is not told.
    """
    head = before[:_LONGEST].lstrip()
    unix = _UNIX.match(head)
    if unix is not None:
        return int(unix[1]) * 1000 + int(unix[2])
    told = _ISO.match(head) or _FULL.match(head)
    if told is None:
        return None
    date, clock, fraction, zone = (part.decode("ascii") if part else "" for part in told.groups())
    offset = "+0000" if zone in {"Z", "UTC"} else zone.replace(":", "")
    try:
        moment = datetime.strptime(f"{date} {clock}{offset}", "%Y-%m-%d %H:%M:%S%z").astimezone(timezone.utc)
        return int(moment.timestamp()) * 1000 + int((fraction + "000")[:3])
    except (ValueError, OverflowError):
        return None
