"""A plan in every format, and as text for a person: what changes, what it grants, commands and the way back."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from importlib import import_module
from typing import Callable, Iterable, List, Sequence

from avcdoctor.actions.base import Check, Effect
from avcdoctor.actions.registry import typed, typed_all
from avcdoctor.apply.verify import Finding
from avcdoctor.model import Action, safe_text
from avcdoctor.plan.effects import effects
from avcdoctor.plan.file import to_json
from avcdoctor.plan.model import Plan, Step
from avcdoctor.render.promise import WITHHELD, weakens
from avcdoctor.render.quote import display_command

FORMATS = ("text", "json", "shell", "ansible")
"""The formats of a plan."""


_MOST_GOOD = 12
"""Lines of what is as it should be; a whole tree that was relabelled has thousands."""


def render(plan: Plan, form: str, width: int = 100) -> str:
    """The plan in one of `FORMATS`; no format tells to switch SELinux off, whoever wrote it."""
    safe = keep_promise(plan)
    if form == "text":
        return text(safe, width)
    if form == "json":
        return to_json(safe)
    module, name = {"shell": ("shell", "script"), "ansible": ("ansible", "playbook")}[form]
    function: Callable[[Plan], str] = getattr(import_module(f"avcdoctor.render.{module}"), name)
    return function(safe)


def keep_promise(plan: Plan) -> Plan:
    """Withhold every passage of a plan that would weaken the machine; names of files are data and stay."""
    return replace(
        plan,
        simulation=replace(plan.simulation, why=_words(plan.simulation.why)),
        steps=tuple(_kept(step) for step in plan.steps),
        skipped=tuple(replace(item, title=_words(item.title), why=_words(item.why)) for item in plan.skipped),
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


def text(plan: Plan, width: int = 100) -> str:
    """The plan in plain text.

    Args:
        width: columns to wrap prose at; commands are never wrapped, so that they can be copied.
    """
    lines = [_headline(plan)]
    for step in plan.steps:
        lines += _step(step, width)
    lines += _section("changes", (_effect(effect) for effect in effects(plan)))
    lines += _section("grants", _grants(plan))
    lines += _section("simulation", _simulation(plan, width))
    lines += _section("commands", _commands(plan.actions))
    lines += _section("undo", _undo(plan))
    lines += _section("left out", (safe_text(f"{item.incident}  {item.title}: {item.why}") for item in plan.skipped))
    return "\n".join(lines) + "\n"


def _headline(plan: Plan) -> str:
    count = len(plan.steps)
    where = "" if plan.root == "/" else f" under {safe_text(plan.root)}"
    incidents = "1 incident" if count == 1 else f"{count} incidents"
    return f"plan for {incidents}, {_count(len(plan.actions), 'action')}{where}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _step(step: Step, width: int) -> List[str]:
    lasting = "lasting" if step.lasting else "until the next relabel or restart"
    lines = [
        "",
        safe_text(f"{step.rule or step.incident}  {step.incident_title}"),
        f"  {step.remedy}  {safe_text(step.title)}   fixes {step.resolves}/{step.denials}   "
        f"{step.applicability}   {lasting}",
    ]
    for note in step.notes:
        lines += textwrap.wrap(safe_text(note), max(width - 5, 20), initial_indent="     ", subsequent_indent="     ")
    return lines


def _section(title: str, body: Iterable[str]) -> List[str]:
    lines = [f"    {line}" for line in body]
    return ["", f"  {title}", *lines] if lines else []


def _effect(effect: Effect) -> str:
    change = effect.after
    if effect.before:
        change = f"{effect.before} -> {effect.after or 'removed'}"
    return safe_text(f"{effect.sign} {effect.what:<13}{effect.item}   {change}".rstrip())


def _grants(plan: Plan) -> List[str]:
    words = [safe_text(grant) for step in plan.steps for grant in step.grants]
    words += [safe_text(str(rule)) for rule in plan.accesses()]
    return list(dict.fromkeys(words)) or ["nothing that the policy does not already intend"]


def _simulation(plan: Plan, width: int) -> List[str]:
    simulation = plan.simulation
    asked = simulation.policy or plan.policy.name
    lines = [f"before: {simulation.before}   after: {simulation.after}   asked: {safe_text(asked) or 'no policy'}"]
    return lines + textwrap.wrap(safe_text(simulation.why), max(width - 4, 20))


def _commands(actions: Sequence[Action]) -> List[str]:
    lines = [line for action in actions for line in command(action)]
    for name, text in (pair for one in typed_all(actions) for pair in one.files().items()):
        lines += [f"{name}:", *(f"  {safe_text(line)}" for line in text.splitlines())]
    return lines


def _undo(plan: Plan) -> List[str]:
    lines = [line for action in plan.undo for line in command(action)]
    if plan.undo or plan.actions:
        lines.append("or, once avcdoctor has applied it: avcdoctor undo")
    return lines


def command(action: Action) -> List[str]:
    """The lines that tell a person how to do one action by hand."""
    one = typed(action)
    return [display_command(one.argv())] if one.argv() else [f"# {safe_text(one.words())}"]


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
