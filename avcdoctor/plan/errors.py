"""What can go wrong between a report and a changed machine."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.errors import ApplyError, AvcdoctorError, InputError, NoRemedyError
from avcdoctor.plan.model import Skipped


class HistoryError(InputError):
    """The history can't be read, or holds no such transaction."""


class PreflightError(ApplyError):
    """A check before the first change failed; nothing was changed."""


class GroundShiftedError(PreflightError):
    """The machine is no longer as the plan recorded it; nothing was changed."""

    def __init__(self, changes: Tuple[str, ...]) -> None:
        super().__init__(
            "the machine is no longer as the plan recorded it: " + "; ".join(changes),
            "make the plan again from the log",
        )
        self.changes = changes


class BusyError(ApplyError):
    """Another fix holds the lock; nothing was changed."""


class ConflictError(ApplyError):
    """Something else changed an item meanwhile, so undo leaves it alone."""


class DeclinedError(AvcdoctorError):
    """The person at the terminal said no, or there is no terminal to ask at."""

    exit_code = 2


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
