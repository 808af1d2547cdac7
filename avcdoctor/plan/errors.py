"""A plan that holds nothing, and why."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.errors import NoRemedyError
from avcdoctor.plan.model import Skipped

_NAMED = 3


class EmptyPlanError(NoRemedyError):
    """A plan without a single step.

    Args:
        skipped: every incident that was looked at, and why nothing is done about it.
    """

    def __init__(self, skipped: Tuple[Skipped, ...]) -> None:
        self.skipped = skipped
        told = "; ".join(f"{item.incident}: {item.why}" for item in skipped[:_NAMED])
        more = f"; and {len(skipped) - _NAMED:,} more incidents" if len(skipped) > _NAMED else ""
        super().__init__(f"nothing to plan: {told + more or 'the report holds no incident'}", _choice(skipped))


def _choice(skipped: Tuple[Skipped, ...]) -> str:
    following = next((item.next for item in skipped if item.next), "")
    return f"choose with {following}" if following else ""
