"""What a plan adds, changes and removes, item by item, as far as the ground is known."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.actions.base import Effect
from avcdoctor.actions.registry import typed
from avcdoctor.plan.model import Plan


def effects(plan: Plan) -> Tuple[Effect, ...]:
    """Every item the plan touches, in the order of its actions."""
    known = plan.known()
    return tuple(effect for action in plan.actions for effect in typed(action).effects(known))
