"""Shows a remedy's steps, as JSON and on a page: the same in a report, in a verdict of triage and for a path."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from avcdoctor.model import Action, Remedy, safe_text
from avcdoctor.render import words
from avcdoctor.render.page import Page
from avcdoctor.render.quote import display_command

_MODULE_LINES = 12


def remedy_document(remedy: Remedy) -> Dict[str, Any]:
    """A remedy as an object of JSON; `$defs/remedy` of the schemas."""
    simulation = remedy.simulation
    return {
        "kind": remedy.kind,
        "title": safe_text(remedy.title),
        "applicability": remedy.applicability,
        "lasting": remedy.lasting,
        "resolves": remedy.resolves,
        "simulation": {
            "before": simulation.before,
            "after": simulation.after,
            "why": safe_text(simulation.why),
            "policy": safe_text(simulation.policy),
        },
        "grants": _texts(remedy.grants),
        "actions": [_action(action) for action in remedy.actions],
        "undo": [_action(action) for action in remedy.undo],
        "notes": _texts(remedy.notes),
        "wide": safe_text(remedy.wide),
        "rules": [
            {
                "source": safe_text(rule.source),
                "target": safe_text(rule.target),
                "class": safe_text(rule.tclass),
                "permissions": _texts(rule.permissions),
                "seen": rule.seen,
                "why": safe_text(rule.why),
            }
            for rule in remedy.rules
        ],
    }


def _action(action: Action) -> Dict[str, Any]:
    return {"do": action.do, "argv": list(action.argv), "parameters": dict(action.parameters)}


def _texts(values: Sequence[str]) -> List[str]:
    return [safe_text(value) for value in values]


def show_heading(page: Page, number: int, remedy: Remedy) -> None:
    """A remedy's number and title, and what the policy said of it where it was asked."""
    for position, part in enumerate(page.wrapped(remedy.title, 5)):
        page.line((f"{number:>3}  " if position == 0 else " " * 5, "bold"), (part, "bold"))
    if remedy.simulation.policy and remedy.kind != "keep-denied":
        undo = f"undo: {'yes' if remedy.undo else 'by hand'}"
        page.flow([remedy.applicability, undo, words.simulation_cell(remedy)], indent=7, hang=7)


def show_steps(page: Page, remedy: Remedy, *, verbose: bool) -> None:
    """What to do, with commands to copy; a module with its source."""
    for action in remedy.actions:
        _show(page, action, verbose=verbose)


def show_undo(page: Page, remedy: Remedy, *, verbose: bool) -> None:
    """The way back, where there is one."""
    if remedy.undo:
        page.line(("to undo:", "dim"), indent=7)
        for action in remedy.undo:
            _show(page, action, verbose=verbose)


def _show(page: Page, action: Action, *, verbose: bool) -> None:
    _source(page, action, "cil", None if verbose else _MODULE_LINES)
    if action.argv:
        page.line((display_command(action.argv), "cyan"), indent=7)
    elif "text" in action.parameters:
        page.paragraph(str(action.parameters["text"]), indent=7)
    if verbose and "te" in action.parameters:
        page.paragraph("or, in the older language (checkmodule, semodule_package):", indent=7)
        _source(page, action, "te", None)


def _source(page: Page, action: Action, language: str, limit: Optional[int]) -> None:
    source = str(action.parameters.get(language, "")).expandtabs(4).splitlines()
    if source:
        page.line(f"{action.parameters['name']}.{language}:", indent=7)
    for part in words.some(source, limit):
        page.line((part, "dim"), indent=9)
