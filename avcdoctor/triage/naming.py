"""Puts the name of the unit that failed into commands and steps for which the message itself told none."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, List, Sequence

from avcdoctor.knowledge.messages import WORDS
from avcdoctor.model import Action
from avcdoctor.triage.layers.base import command_action, unit
from avcdoctor.triage.lines import near
from avcdoctor.triage.model import LogLine, Triage, TriageIncident

_FAILED = re.compile(r": (?:Main|Control) process exited\b|: Failed (?:with result|at step)\b|: Start request repeated")


def named(verdict: Triage, lines: Sequence[LogLine]) -> Triage:
    """The verdict with the unit that systemd says failed, where it is the only one and failed at an incident's moment.

    Args:
        verdict: over the log.
        lines: the log, taken apart.
    """
    moments: Dict[str, List[float]] = {}
    for line in lines:
        if line.process == "systemd" and line.seconds is not None and _FAILED.search(line.message):
            moments.setdefault(unit(line.message), []).append(line.seconds)
    moments.pop(WORDS["unit"], None)
    if len(moments) != 1:
        return verdict
    ((name, failed),) = moments.items()
    incidents = tuple(
        for_unit(one, name) if any(near(one.observations[0].seconds, moment) for moment in failed) else one
        for one in verdict.incidents
    )
    return replace(verdict, incidents=incidents)


def for_unit(incident: TriageIncident, name: str) -> TriageIncident:
    """An incident whose commands and steps hold a unit's name where the message told none."""
    remedies = tuple(
        replace(fix, actions=tuple(_with_name(action, name) for action in fix.actions))
        for fix in incident.explanation.remedies
    )
    return replace(incident, explanation=replace(incident.explanation, remedies=remedies))


def _with_name(action: Action, name: str) -> Action:
    argv = tuple(name if word == WORDS["unit"] else word for word in action.argv)
    if argv != action.argv:
        return command_action(argv)
    if "text" not in action.parameters:
        return action
    text = re.sub(rf"\b{WORDS['unit']}\b", lambda _: name, str(action.parameters["text"]))
    return replace(action, parameters={**action.parameters, "text": text})
