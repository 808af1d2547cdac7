"""What stands before every format of a plan: passages that would weaken the machine are withheld."""

from __future__ import annotations

from dataclasses import replace
from typing import Sequence, Tuple

from avcdoctor.knowledge.weakening import WITHHELD, weakens
from avcdoctor.model import Action, Report
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.model import Plan, Skipped, Step


def first_remedies(report: Report) -> Plan:
    """The plan of each incident's first remedy, fit to be shown.

    Raises:
        EmptyPlanError: there is nothing to plan; what it says is fit to be shown, too.
    """
    try:
        return keep_promise(make_plan(report))
    except EmptyPlanError as error:
        raise EmptyPlanError(kept_skipped(error.skipped)) from None


def keep_promise(plan: Plan) -> Plan:
    """Withhold every passage of a plan that would weaken the machine; names of files are data and stay."""
    return replace(
        plan,
        simulation=replace(plan.simulation, why=_words(plan.simulation.why)),
        steps=tuple(_kept(step) for step in plan.steps),
        skipped=kept_skipped(plan.skipped),
    )


def kept_skipped(skipped: Sequence[Skipped]) -> Tuple[Skipped, ...]:
    """The same for what a plan leaves out, whose words name remedies."""
    return tuple(
        replace(item, title=_words(item.title), why=_words(item.why), next=_words(item.next)) for item in skipped
    )


def _kept(step: Step) -> Step:
    return replace(
        step,
        title=_words(step.title),
        incident_title=_words(step.incident_title),
        simulation=replace(step.simulation, why=_words(step.simulation.why)),
        grants=tuple(_words(item) for item in step.grants),
        notes=tuple(_words(item) for item in step.notes),
        actions=tuple(_kept_action(action) for action in step.actions),
    )


def _kept_action(action: Action) -> Action:
    if action.do == "manual":
        return replace(action, parameters={"text": _words(str(action.parameters["text"]))})
    if weakens(str(action.parameters.get("cil", ""))):  # in a comment, since a plan refuses such statements
        return Action("manual", (), {"text": WITHHELD})
    if "te" in action.parameters:  # shown nowhere, and nothing but the CIL text is ever loaded
        kept = {name: value for name, value in action.parameters.items() if name != "te"}
        return replace(action, parameters=kept)
    return action


def _words(words: str) -> str:
    return WITHHELD if weakens(words) else words
