"""A plan in every format; what was checked before it is applied, and what was found afterwards."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Callable, List, Mapping, Sequence, Tuple

from avcdoctor.actions.base import Check
from avcdoctor.apply.verify import Finding
from avcdoctor.knowledge.weakening import WITHHELD, weakens
from avcdoctor.model import Action, safe_text
from avcdoctor.plan.file import to_json
from avcdoctor.plan.fleet import FleetPlan
from avcdoctor.plan.model import Plan, Skipped, Step
from avcdoctor.render.page import Page
from avcdoctor.render.plan_text import left_out, text

FORMATS = ("text", "json", "shell", "ansible")
"""The formats of a plan."""


_MOST_GOOD = 12
"""Lines of what is as it should be; a whole tree that was relabelled has thousands."""


def render(plan: Plan, form: str, width: int = 100, *, color: bool = False) -> str:
    """The plan in one of `FORMATS`; no format tells to switch SELinux off, whoever wrote it."""
    safe = keep_promise(plan)
    if form == "text":
        return text(safe, width, color=color)
    if form == "json":
        return to_json(safe)
    module, name = {"shell": ("shell", "script"), "ansible": ("ansible", "playbook")}[form]
    function: Callable[[Plan], str] = getattr(import_module(f"avcdoctor.render.{module}"), name)
    return function(safe)


def fleet_files(found: FleetPlan) -> Mapping[str, str]:
    """A plan for many hosts as the files of a playbook's directory."""
    from avcdoctor.render.ansible import fleet  # noqa: PLC0415 - only the format that is asked for

    return fleet(found._replace(plan=keep_promise(found.plan)))


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


def left_out_text(skipped: Sequence[Skipped], width: int = 100, *, color: bool = False) -> str:
    """What a plan would do nothing about, where there is nothing else to show."""
    page = Page(width, color=color)
    left_out(page, kept_skipped(skipped))
    return page.text()


def checks_text(checks: Sequence[Check]) -> str:
    """The checks before a fix, one per line with its result."""
    words = {True: "ok", False: "FAIL", None: "-"}
    lines = [f"    {words[check.passed]:<5}{check.name:<14}{safe_text(check.detail)}" for check in checks]
    return "\n".join(["", "  checks", *lines, ""]) + "\n"


def finding_line(finding: Finding) -> str:
    """One thing that was looked at after a fix."""
    word = {True: "ok", False: "FAIL", None: "?"}[finding.holds]
    return f"  {word:<5}{safe_text(finding.what)}: {safe_text(finding.detail)}"


def finding_lines(findings: Sequence[Finding]) -> List[str]:
    """What was looked at after a fix: all that is not as it should be, and of what is, the first ones and how many."""
    good = [finding for finding in findings if finding.holds]
    shown = good if len(good) <= _MOST_GOOD else good[: _MOST_GOOD - 1]
    lines = [finding_line(finding) for finding in findings if not finding.holds or finding in shown]
    more = len(good) - len(shown)
    return [*lines, f"  {'ok':<5}and {more} more"] if more else lines
