"""Render a review of modules and local settings as text, JSON or Markdown."""

from __future__ import annotations

import json as standard_json
from typing import Any, Dict, List, Sequence

from avcdoctor.knowledge.weakening import withheld
from avcdoctor.model import safe_text
from avcdoctor.render.markdown import code, code_block, prose
from avcdoctor.render.page import Page
from avcdoctor.render.quote import display_command
from avcdoctor.review.model import SHOULD_GO, Judged, ModuleReview, Review

SCHEMA_VERSION = 1
_STYLES = {"dangerous": "red", "better-way": "yellow", "redundant": "yellow", "unknown": "dim", "needed": "green"}
_SAYS = {
    "keep": "keep it: every rule is needed",
    "shrink": "make it smaller",
    "remove": "remove it: none of it is needed",
    "unknown": "part of it can't be judged here",
}
_MANY = 12  # rules of one verdict that are shown; the others are counted


def text(review: Review, *, width: int = 100, color: bool = False, verbose: bool = False) -> str:
    """Render a review for a terminal.

    Args:
        review: what was found.
        width: columns.
        color: whether to use terminal colours; they never carry meaning alone.
        verbose: every rule, the harmless ones too.
    """
    page = Page(width, color=color)
    if review.policy:
        page.paragraph(f"Judged by {review.policy}.", style="dim")
    for note in review.notes:
        page.paragraph(note, style="dim")
    for one in review.modules:
        page.blank()
        _module(page, one, verbose=verbose)
    if review.machine:
        page.blank()
        page.line(("local settings", "bold"))
        _rules(page, review.machine, verbose=verbose)
    if not review.modules and not review.machine:
        page.line(("There is nothing local to review.", "bold"))
    return page.text()


def _module(page: Page, one: ModuleReview, *, verbose: bool) -> None:
    page.line((one.module.name, "bold cyan"), "  ", (_SAYS[one.verdict], "bold"))
    page.paragraph(summary(one.judged), indent=2)
    for call in one.module.interfaces:
        page.paragraph(f"not judged: {call}, an interface; give the compiled module (.pp) instead", indent=2)
    for note in one.module.notes:
        page.paragraph(note, indent=2)
    _rules(page, one.judged, verbose=verbose)
    if one.verdict == "shrink" and one.smaller:
        page.blank()
        page.line(f"what is worth keeping ({one.module.name}.cil):", indent=2)
        for line in one.smaller.splitlines():
            page.line((line, "dim"), indent=4)


def summary(judged: Sequence[Judged]) -> str:
    """Count the verdicts: `2 dangerous, 3 better-way, 1 needed`."""
    counts: Dict[str, int] = {}
    for one in judged:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    return ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items()) or "it holds no rule"


def _rules(page: Page, judged: Sequence[Judged], *, verbose: bool) -> None:
    shown: Dict[str, int] = {}
    for one in judged:
        if one.verdict == "harmless" and not verbose:
            continue
        shown[one.verdict] = shown.get(one.verdict, 0) + 1
        if shown[one.verdict] > _MANY and not verbose:
            continue
        _rule(page, one)
    for verdict, count in shown.items():
        if count > _MANY and not verbose:
            page.line(f"and {count - _MANY:,} more that are {verdict} (-v)", indent=2)


def _rule(page: Page, one: Judged) -> None:
    page.blank()
    page.line((f"{one.verdict:<11}", _STYLES.get(one.verdict, "")), withheld(one.text), indent=2)
    page.labelled("lets", withheld(one.means), indent=13, column=20, style="")
    page.labelled("why", withheld(one.why), indent=13, column=20, style="")
    page.labelled("better", *one.better[:3], indent=13, column=20, style="")
    for argv in one.commands:
        page.line((display_command(argv), "cyan"), indent=20)


def json(review: Review) -> str:
    """Render a review as one JSON object, pure ASCII, ending with a line break."""
    return standard_json.dumps(document(review), indent=2) + "\n"


def document(review: Review) -> Dict[str, Any]:
    """The JSON object of a review; its names are fixed by `review.schema.json`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "policy": safe_text(review.policy),
        "should_change": review.should_change,
        "modules": [
            {
                "name": safe_text(one.module.name),
                "language": one.module.language,
                "verdict": one.verdict,
                "rules": [_judged(rule) for rule in one.judged],
                "interfaces": [safe_text(call) for call in one.module.interfaces],
                "notes": [safe_text(note) for note in one.module.notes],
                "smaller": one.smaller,
            }
            for one in review.modules
        ],
        "machine": [_judged(one) for one in review.machine],
        "notes": [safe_text(note) for note in review.notes],
    }


def _judged(one: Judged) -> Dict[str, Any]:
    return {
        "text": withheld(safe_text(one.text)),
        "verdict": one.verdict,
        "means": withheld(safe_text(one.means)),
        "why": withheld(safe_text(one.why)),
        "kind": one.kind,
        "better": [withheld(safe_text(title)) for title in one.better],
        "commands": [list(argv) for argv in one.commands],
        "should_go": one.verdict in SHOULD_GO,
    }


def markdown(review: Review) -> str:
    """Render a review as Markdown, for a ticket."""
    lines: List[str] = ["# Review of SELinux modules", "", prose(f"Judged by {review.policy}."), ""]
    lines += [f"- {prose(note)}" for note in review.notes]
    for one in review.modules:
        lines += ["", f"## {code(one.module.name)}: {_SAYS[one.verdict]}", "", summary(one.judged), ""]
        lines += [f"- not judged: {code(call)}, an interface" for call in one.module.interfaces]
        lines += [f"- {prose(note)}" for note in one.module.notes]
        lines += [line for rule in one.judged for line in _entry(rule)]
        if one.verdict == "shrink" and one.smaller:
            lines += ["", "What is worth keeping:", "", *code_block(one.smaller.splitlines())]
    if review.machine:
        lines += ["", "## Local settings", ""]
        lines += [line for one in review.machine for line in _entry(one)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _entry(one: Judged) -> List[str]:
    lines = [
        f"- **{one.verdict}** {code(withheld(one.text))}: {prose(withheld(one.means))}. {prose(withheld(one.why))}"
    ]
    lines += [f"  - better: {prose(title)}" for title in one.better[:3]]
    return lines + [f"  - {code(display_command(argv))}" for argv in one.commands]
