"""Keep the first promise in every format: no output ever tells anyone to switch SELinux off."""

from __future__ import annotations

from dataclasses import replace
from typing import Tuple

from avcdoctor.knowledge.weakening import WITHHELD, weakens, withheld
from avcdoctor.model import Action, Incident, Remedy, Report

_TAKES_NAMES = ("restorecon", "chcon", "semanage", "semodule", "setsebool", "chown", "chmod", "mv", "cp", "install")
"""Commands whose words are names from the system: these are data, whatever they spell."""


def keep_promise(report: Report) -> Report:
    """Withhold every instruction that would weaken the machine, wherever a rule pack of anybody's making put it.

    The words may stand in a finding's `never`, which tells people what not to do. Names that come from the log stay
    as they are: they are shown as data, quoted, and are no advice.

    Args:
        report: what is about to be rendered.

    Returns:
        The report; each withheld passage says so in its place.
    """
    return replace(
        report,
        policy=replace(report.policy, notes=_all(report.policy.notes)),
        incidents=tuple(_incident(incident) for incident in report.incidents),
        warnings=_all(report.warnings),
    )


def _incident(incident: Incident) -> Incident:
    finding = incident.finding
    return replace(
        incident,
        finding=replace(
            finding,
            title=withheld(finding.title),
            why=withheld(finding.why),
            next=withheld(finding.next),
            evidence=_all(finding.evidence),
            warnings=_all(finding.warnings),
            see=_all(finding.see),
            ruled_out=tuple(replace(item, why=withheld(item.why)) for item in finding.ruled_out),
        ),
        remedies=tuple(kept_remedy(remedy) for remedy in incident.remedies),
    )


def kept_remedy(remedy: Remedy) -> Remedy:
    """A remedy with every such instruction withheld."""
    return replace(
        remedy,
        title=withheld(remedy.title),
        grants=_all(remedy.grants),
        notes=_all(remedy.notes),
        simulation=replace(remedy.simulation, why=withheld(remedy.simulation.why)),
        actions=tuple(_action(action) for action in remedy.actions),
        undo=tuple(_action(action) for action in remedy.undo),
    )


def _action(action: Action) -> Action:
    """Replace a step that switches SELinux off.

    A word of another command is never read as a sentence: a file may well be called `setenforce 0`. What counts is
    what the command does, and text that is meant to be read or loaded.
    """
    authored = [str(action.parameters[key]) for key in ("text", "cil", "te") if key in action.parameters]
    if _switches_off(action.argv) or any(weakens(text) for text in authored):
        return Action("manual", (), {"text": WITHHELD})
    return action


def _switches_off(argv: Tuple[str, ...]) -> bool:
    command = argv[0].rpartition("/")[2] if argv else ""
    if command == "setenforce":
        return argv[1:] != ("1",)
    if command == "semanage":
        return argv[1:2] == ("permissive",) and not {"-d", "--delete"} & set(argv)
    return command not in _TAKES_NAMES and weakens(" ".join(argv))


def _all(texts: Tuple[str, ...]) -> Tuple[str, ...]:
    return tuple(withheld(text) for text in texts)
