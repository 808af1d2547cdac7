"""Finds every action by its name, and derives from actions what belongs to all of them: commands and the way back."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Type

import avcdoctor.actions
from avcdoctor.actions.base import KINDS, Known, TypedAction
from avcdoctor.errors import PlanError
from avcdoctor.model import Action, safe_text


def kinds() -> Mapping[str, Type[TypedAction]]:
    """Every action by its name; each module of this package brings its own."""
    if not _loaded:
        for module in pkgutil.iter_modules(avcdoctor.actions.__path__):
            import_module(f"avcdoctor.actions.{module.name}")
        _loaded.append(True)
    return KINDS


def typed(action: Action) -> TypedAction:
    """An action of a report or a plan with checked parameters.

    Raises:
        PlanError: the action is unknown, a parameter is missing, unknown or not acceptable.
    """
    kind = KINDS.get(action.do) or kinds().get(action.do)
    if kind is None:
        raise PlanError(f"there is no action {safe_text(action.do)!r}")
    return kind.of(action.parameters)


def typed_all(actions: Sequence[Action]) -> Tuple[TypedAction, ...]:
    """The same for several."""
    return tuple(typed(action) for action in actions)


def canonical(action: Action) -> Action:
    """The same action with checked parameters and the command that they stand for.

    Raises:
        PlanError: see `typed`.
    """
    return typed(action).action()


def of_command(argv: Sequence[str]) -> Optional[Action]:
    """The action that a command stands for; None where no action does that, or not with these words."""
    for kind in kinds().values():
        try:
            found = kind.read(tuple(argv))
        except PlanError:  # such as a word in place of a path that nobody knows
            return None
        if found is not None:
            return found.action()
    return None


def undo(actions: Sequence[Action]) -> Tuple[Action, ...]:
    """What takes actions back: the last one first, and labels after the rules that they follow.

    Every way back that is shown or written comes from here.
    """
    done = typed_all(actions)
    found: List[TypedAction] = [back for one in reversed(done) for back in one.inverse(done)]
    ordered = [one for one in found if not one.last] + [one for one in found if one.last]
    return tuple(one.action() for one in dict.fromkeys(ordered))


def recalling(actions: Sequence[Action], known: Known) -> Tuple[Action, ...]:
    """The same actions, that remember what the machine holds before them."""
    return tuple(one.recalling(known).action() for one in typed_all(actions))


def unforeseen(kind: str, actions: Sequence[Action]) -> str:
    """Why no remedy of a kind would hold these actions, in words; empty where each of them is foreseen."""
    together = typed_all(actions)
    for one in together:
        if kind not in one.foreseen:
            return f"a remedy of the kind {kind} never holds {one.do}"
        why = one.unforeseen(kind, together)
        if why:
            return why
    return ""


def schema() -> Dict[str, Any]:
    """The JSON schema of any action."""
    return {"oneOf": [kind.schema() for _, kind in sorted(kinds().items())]}


_loaded: List[bool] = []
