"""Reads what stands in `audit(...)`: the time and serial that all records of an event share."""

from __future__ import annotations

import re
import time
from typing import Optional

from avcdoctor.model import EventId, safe_text

_RAW = re.compile(rb"([0-9]{1,12})\.([0-9]{3}):([0-9]{1,20})\Z")
_INTERPRETED = re.compile(
    rb"([0-9]{1,4})([-/.])([0-9]{1,2})[-/.]([0-9]{1,4}) +"
    rb"([0-9]{1,2}):([0-9]{2}):([0-9]{2})[.,]([0-9]{3}):([0-9]{1,20})\Z"
)


def is_raw(stamp: bytes) -> bool:
    """Whether the stamp is the kernel's own, seconds.milliseconds:serial."""
    return _RAW.match(stamp) is not None


def event_id(stamp: bytes, node: bytes = b"") -> EventId:
    """The identity of an event.

    Args:
        stamp: what stands between `audit(` and `)`; dates of `ausearch -i` are read in this machine's time zone, and
            where day and month can't be told apart the month comes first, as in the C and American locales.
        node: the value of `node=` or `host=`.

    Returns:
        The identity; time and serial are None where the stamp has none (a redacted log).
    """
    name = safe_text(node)
    raw = _RAW.match(stamp)
    if raw:
        seconds, milliseconds, serial = (int(part) for part in raw.groups())
        if seconds == 0:  # Android's logcat prints 0.0
            return EventId(name, None, serial)
        return EventId(name, seconds * 1000 + milliseconds, serial)
    interpreted = _INTERPRETED.match(stamp)
    if interpreted:
        return EventId(name, _milliseconds(interpreted), int(interpreted.group(9)))
    return EventId(name)


def _milliseconds(match: re.Match[bytes]) -> Optional[int]:
    first, separator, second, third = (match.group(index) for index in (1, 2, 3, 4))
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
    else:
        year = int(third) + (2000 if len(third) <= 2 else 0)
        month, day = int(first), int(second)
        if separator == b"." or month > 12:  # 15.06.2023 is how Germany and Poland write it
            month, day = day, month
    hour, minute, second_of_minute = (int(match.group(index)) for index in (5, 6, 7))
    if not (1 <= month <= 12 and 1 <= day <= 31 and 1970 <= year <= 9999):
        return None
    try:
        local = time.mktime((year, month, day, hour, minute, second_of_minute, 0, 0, -1))
    except (OverflowError, ValueError):
        return None
    return int(local) * 1000 + int(match.group(8))
