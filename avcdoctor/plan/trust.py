"""Sees that a plan rests on what the kernel or a known object manager told, not on what anybody could have written."""

from __future__ import annotations

from typing import Mapping

from avcdoctor.errors import DeclinedError
from avcdoctor.model import KERNEL, MANAGER, TEXT, safe_text
from avcdoctor.plan.model import Plan

_HINT = "look at the records with avcdoctor explain -v; --trust-log acts on such a log nevertheless"


def check_trust(plan: Plan) -> None:
    """See that every step of a plan ends denials of which it is known who told them.

    Raises:
        DeclinedError: a step rests on text.
    """
    for step in plan.steps:
        if not step.groups or any(key[0] not in (KERNEL, MANAGER) for key in step.groups):
            raise DeclinedError(
                f"nothing was changed: {safe_text(step.incident)} rests on text that anybody could have written",
                _HINT,
            )


def check_told(counts: Mapping[str, int]) -> str:
    """What to say of denials that a fix leaves out because they are only text; empty where there are none.

    Args:
        counts: how many denials the kernel, object managers and mere texts tell.

    Raises:
        DeclinedError: there are no others.
    """
    text = counts.get(TEXT, 0)
    if not text:
        return ""
    if text == sum(counts.values()):
        raise DeclinedError(
            f"nothing was changed: {_them(text)} told by text that anybody could have written, not by an audit trail",
            _HINT,
        )
    return f"left out: {_them(text)} told only by text that anybody could have written; {_HINT}"


def _them(number: int) -> str:
    return "the one denial is" if number == 1 else f"{number} denials are"
