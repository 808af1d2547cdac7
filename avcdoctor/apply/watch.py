"""Watches the trail after a fix for the denials it should have ended."""

from __future__ import annotations

import time
from typing import Callable, Optional, Sequence

from avcdoctor import read as reading
from avcdoctor.model import Reading, safe_text
from avcdoctor.plan.model import Plan

_PAUSE = 2.0  # seconds between two looks; each costs what finding denials in the trail costs


def now() -> int:
    """Milliseconds since the epoch, as events count them."""
    return int(time.time() * 1000)


def relapse(
    plan: Plan,
    logs: Sequence[str],
    since: int,
    wait: float,
    *,
    root: Optional[str] = None,
    read: Callable[..., Reading] = reading.read,
) -> Optional[str]:
    """Look for the plan's denials until the time is over.

    Args:
        logs: what to watch; none means the host's own trail.
        since: milliseconds since the epoch; earlier denials are the old ones.
        wait: seconds.
        root: the offline root whose trail is watched, if it is one.

    Returns:
        The first denial that came back, in words, or None.
    """
    ended = {key[1:] for step in plan.steps for key in step.groups}
    watched = [path for path in logs if path != "-"]
    end = time.monotonic() + wait
    while True:
        for group in read(watched, since=since, root=root).groups:
            if group.key[1:] in ended:
                return safe_text(
                    f"{group.source} {group.target}:{group.tclass} {{ {' '.join(sorted(group.permissions))} }}, "
                    f"{group.count} times"
                )
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(_PAUSE, left))
