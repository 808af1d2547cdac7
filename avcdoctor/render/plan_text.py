"""A plan as text for a person: what changes, what it grants, the commands, the way back, and what is left out."""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence

from avcdoctor.actions.base import Effect
from avcdoctor.actions.registry import typed
from avcdoctor.model import Action, safe_text
from avcdoctor.plan.effects import effects
from avcdoctor.plan.model import Plan, Skipped, Step
from avcdoctor.render import How
from avcdoctor.render.columns import columns
from avcdoctor.render.page import Page, Span
from avcdoctor.render.quote import display_word
from avcdoctor.render.words import plural, some

_FEW = 3  # steps that are shown with their notes; of more, each gets one line, and explain tells the rest
_MANY = 6
_WORDS = {"allowed": "allowed after", "denied": "still denied", "unknown": "not checked"}
_STYLES = {"allowed": "green", "denied": "red", "unknown": "yellow"}


def of_plan(plan: Plan, how: How) -> str:
    """The plan in plain text; a command that is too wide continues after a backslash, so that it can be copied."""
    page = Page(how.width, color=how.color)
    page.paragraph(_headline(plan), style="bold")
    page.blank()
    for step in plan.steps:
        _step(page, step, in_full=len(plan.steps) <= _FEW)
    _section(page, "changes", [_effect(effect) for effect in effects(plan)])
    _section(page, "grants", _grants(plan))
    _commands(page, "commands", plan.actions)
    _commands(page, "way back", plan.undo)
    if plan.undo:
        page.paragraph("once avcdoctor has applied it, avcdoctor undo does that", indent=4, style="dim")
    left_out(page, plan.skipped)
    return page.text()


def left_out(page: Page, skipped: Sequence[Skipped]) -> None:
    """Add what a plan does nothing about, why, and what could be chosen instead; many are put together by reason."""
    if not skipped:
        return
    page.blank()
    page.line(("left out", "bold"), indent=2)
    if len(skipped) > _MANY:
        _reasons(page, skipped)
        return
    for item in skipped:
        page.labelled(item.incident, f"{item.title}: {item.why}", indent=4, column=14, style="cyan")
        page.labelled("", f"choose: {item.next}" if item.next else "", indent=4, column=14)


def _reasons(page: Page, skipped: Sequence[Skipped]) -> None:
    by_reason: Dict[str, List[str]] = {}
    for item in skipped:
        by_reason.setdefault(item.why.partition(": ")[0], []).append(item.incident)
    for reason, incidents in sorted(by_reason.items(), key=lambda one: -len(one[1])):
        page.paragraph(f"{plural(len(incidents), 'incident')}: {reason}", indent=4)
        page.flow([(name, "cyan") for name in some(incidents, _MANY)], indent=6, hang=6)
    page.paragraph("avcdoctor fix --incident ID --dry-run says what could be chosen for one", indent=4, style="dim")


def command_lines(argv: Sequence[str], width: int) -> List[str]:
    """A command for a person to copy, in lines of at most this width where its words allow it."""
    lines = [""]
    for word in (display_word(one) for one in argv):
        if lines[-1] and columns(lines[-1]) + columns(word) + 3 > width:
            lines[-1] += " \\"
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _headline(plan: Plan) -> str:
    where = "" if plan.root == "/" else f" under {plan.root}"
    ends = sum(step.resolves for step in plan.steps if step.simulation.after == "allowed")
    total = sum(step.denials for step in plan.steps)
    asked = plan.simulation.policy or plan.policy.name
    verdict = f"{plan.simulation.before} before, {_WORDS[plan.simulation.after]}"
    return (
        f"plan for {plural(len(plan.steps), 'incident')}, {plural(len(plan.actions), 'action')}{where}: "
        f"ends {ends:,} of {plural(total, 'denial')}; {verdict}; asked {asked or 'no policy'}"
    )


def _step(page: Page, step: Step, *, in_full: bool) -> None:
    after = step.simulation.after
    if in_full:
        page.paragraph(f"{step.rule or step.incident}  {step.incident_title}", style="bold")
    cells: List[Span] = [
        "" if in_full else (step.incident, "cyan"),
        f"{step.remedy}  {step.title}",
        f"fixes {step.resolves:,}/{step.denials:,}",
        step.applicability,
        "until the next relabel or restart" if not step.lasting else "lasting" if in_full else "",
        (_WORDS[after], _STYLES[after]),
    ]
    page.flow(cells, indent=2, hang=5)
    if in_full and after != "allowed" and step.simulation.why:
        page.paragraph(step.simulation.why, indent=5, style="dim")
    for note in step.notes if in_full else ():
        page.paragraph(note, indent=5)


def _section(page: Page, title: str, lines: Iterable[str]) -> None:
    for number, line in enumerate(lines):
        if number == 0:
            page.blank()
            page.line((title, "bold"), indent=2)
        page.flow([line], indent=4, hang=8)


def _effect(effect: Effect) -> str:
    change = effect.after
    if effect.before:
        change = f"{effect.before} -> {effect.after or 'removed'}"
    return f"{effect.sign} {effect.what:<13}{effect.item}   {change}".rstrip()


def _grants(plan: Plan) -> List[str]:
    words = [grant for step in plan.steps for grant in step.grants if not grant.startswith("allow ")]
    if plan.accesses():
        words.append("the rules of the modules above, to every program in these domains")
    return list(dict.fromkeys(words)) or ["nothing that the policy does not already intend"]


def _commands(page: Page, title: str, actions: Sequence[Action]) -> None:
    if not actions:
        return
    page.blank()
    page.line((title, "bold"), indent=2)
    for action in actions:
        one = typed(action)
        if one.argv():
            for line in command_lines(one.argv(), page.width - 4):
                page.line((line, "cyan"), indent=4)
        else:
            for line in page.wrapped(safe_text(one.words()), 6):
                page.line(f"# {line}", indent=4)
