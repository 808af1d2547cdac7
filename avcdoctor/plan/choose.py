"""Which remedy of each incident a plan takes: its first one, unless a person has to do it or has to be asked."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence, Union

from avcdoctor.access.whole import covers
from avcdoctor.actions.module import ModuleInstall
from avcdoctor.actions.registry import canonical, typed_all
from avcdoctor.errors import PlanError, UsageError
from avcdoctor.model import Action, Incident, Remedy, Report, safe_text
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.expected import checks_for
from avcdoctor.plan.model import Plan, Skipped, Step, Wishes, applicability_of, check_foreseen, together


class Choice(NamedTuple):
    """The index of the remedy to take; where there is none, why not, and which one a person could choose instead."""

    chosen: Optional[int]
    why: str = ""
    next: str = ""


class Wanted(NamedTuple):
    """What a person asked for.

    Args:
        remedy: the remedy's number as shown, counted from 1; None for the first one.
        all_safe: take only remedies that put back what the policy already intends.
        allow_modules: also take local modules, those with dontaudit rules included.
    """

    remedy: Optional[int] = None
    all_safe: bool = False
    allow_modules: bool = False


def make_plan(
    report: Report,
    incidents: Sequence[str] = (),
    remedy: Optional[int] = None,
    all_safe: bool = False,
    allow_modules: bool = False,
) -> Plan:
    """Choose remedies of a report and put their actions in order. Reads nothing but the report.

    Each incident gets its first remedy. Where a program can't apply that one, or must not without being asked,
    nothing is done for the incident, and the plan says why and what could be chosen.

    Args:
        incidents: ids, or beginnings of ids, of the incidents to fix; empty for all.
        remedy: the remedy's number as shown, counted from 1; needs exactly one incident.
        all_safe: take only remedies that put back what the policy already intends.
        allow_modules: also take local modules.

    Raises:
        UsageError: an id or number that the report does not have.
        EmptyPlanError: nothing is left to do.
    """
    chosen = [_find(report, words) for words in incidents] or list(report.incidents)
    if remedy is not None and len(chosen) != 1:
        raise UsageError("--remedy needs exactly one incident", "add --incident ID")
    wanted = Wanted(remedy, all_safe, allow_modules)
    steps: List[Step] = []
    skipped: List[Skipped] = []
    wishes = Wishes()
    for incident in {item.id: item for item in chosen}.values():
        outcome = _taken(incident, wanted, wishes)
        if isinstance(outcome, Step):
            steps.append(outcome)
        else:
            skipped.append(outcome)
    if not steps:
        raise EmptyPlanError(tuple(skipped))
    return Plan(report.policy, tuple(steps), tuple(skipped), together(steps))


def choose(incident: Incident, wanted: Wanted = Wanted()) -> Choice:  # noqa: B008 - a tuple never changes
    """The remedy of an incident that a plan takes.

    Raises:
        UsageError: the incident has no remedy of the number that was asked for.
    """
    remedies = incident.remedies
    if wanted.remedy is not None:
        if not 1 <= wanted.remedy <= len(remedies):
            raise UsageError(f"incident {incident.id} has no remedy {wanted.remedy}", f"it has {len(remedies)}")
        return Choice(wanted.remedy - 1)
    if incident.finding.cause == "already-allowed":
        return Choice(None, "the policy already allows it: nothing is left to change")
    if not remedies:
        return Choice(None, "no remedy is known")
    why = _obstacle(remedies[0], wanted)
    return Choice(None, why, _next(incident, wanted)) if why else Choice(0)


def needs_asking(remedy: Remedy) -> str:
    """Why a remedy is never taken unasked: it loads rules, or opens far more than the incident; else nothing."""
    if any(action.do == ModuleInstall.do for action in remedy.actions):
        return "it hides denials" if remedy.kind == "dontaudit" else "it loads a local module"
    return remedy.wide


def _obstacle(remedy: Remedy, wanted: Wanted) -> str:
    """Why a plan does not take an incident's first remedy; empty where it does."""
    if remedy.kind == "keep-denied":
        return "it should stay denied"
    if not _is_automatic(remedy):
        return f"its first remedy is a step for a person: {remedy.title}"
    if remedy.simulation.after == "denied":
        return f"its first remedy does not pass ({remedy.simulation.why or 'still denied'}): {remedy.title}"
    asking = needs_asking(remedy)
    if asking and not (wanted.allow_modules and not remedy.wide):
        return f"its first remedy is not taken unasked, since {asking}: {remedy.title}"
    if wanted.all_safe and remedy.applicability != "safe":
        return f"its first remedy grants something new: {remedy.title}"
    return ""


def _next(incident: Incident, wanted: Wanted) -> str:
    """How to go on by choice: the first remedy where it only needs asking, else the next one that can be applied."""
    for number, remedy in enumerate(incident.remedies, 1):
        if remedy.kind == "keep-denied":
            return ""
        if _is_automatic(remedy) and remedy.simulation.after != "denied":
            many = " or --allow-modules" if needs_asking(remedy) and not remedy.wide and number == 1 else ""
            title = "" if number == 1 else f"{remedy.title}: "
            return f"{title}--incident {incident.id} --remedy {number}{many if not wanted.all_safe else ''}"
    return ""


def _is_automatic(remedy: Remedy) -> bool:
    """Whether a program can do some of it, and is meant to."""
    return remedy.applicability != "manual" and any(action.do != "manual" for action in remedy.actions)


def _taken(incident: Incident, wanted: Wanted, wishes: Wishes) -> Union[Step, Skipped]:
    """The incident's step, noted in `wishes`, or why it has none."""

    def left_out(why: str, next_: str = "") -> Skipped:
        return Skipped(incident.id, incident.finding.title, why, next_)

    choice = choose(incident, wanted)
    if choice.chosen is None:
        return left_out(choice.why, choice.next)
    try:
        step = _step(incident, choice.chosen)
    except PlanError as error:
        return left_out(f"remedy {choice.chosen + 1} is refused: {error.message}")
    clash = wishes.add(step)
    if clash is not None:
        return left_out(
            f"{clash.item} is wanted differently by incident {clash.other}, which comes first",
            f"--incident {incident.id}",
        )
    return step


def _find(report: Report, words: str) -> Incident:
    matches = [item for item in report.incidents if words in (item.id, item.finding.rule)]
    matches = matches or [item for item in report.incidents if words and item.id.startswith(words)]
    if len(matches) != 1:
        known = ", ".join(item.id for item in report.incidents[:8]) or "none"
        problem = "more than one incident is called" if matches else "there is no incident"
        raise UsageError(f"{problem} {safe_text(words)!r}", f"incidents: {known}")
    return matches[0]


def _step(incident: Incident, index: int) -> Step:
    remedy = incident.remedies[index]
    actions = tuple(canonical(action) for action in remedy.actions)
    check_foreseen(remedy.kind, actions)
    _check_reach(actions, incident)
    return Step(
        incident=incident.id,
        rule=incident.finding.rule,
        incident_title=incident.finding.title,
        remedy=index + 1,
        kind=remedy.kind,
        title=remedy.title,
        applicability=applicability_of(remedy.applicability, actions),
        lasting=remedy.lasting,
        denials=incident.denials,
        resolves=remedy.resolves,
        simulation=remedy.simulation,
        grants=remedy.grants,
        actions=actions,
        notes=remedy.notes,
        checks=checks_for(incident, remedy),
        groups=remedy.groups or tuple(group.key for group in incident.finding.groups),
    )


def _check_reach(actions: Sequence[Action], incident: Incident) -> None:
    """See that modules allow nothing beyond the incident: its triples, and what the same operations need.

    Raises:
        PlanError: one does.
    """
    for rule in (rule for one in typed_all(actions) if isinstance(one, ModuleInstall) for rule in one.rules):
        target = rule.source if rule.target == "self" else rule.target
        wide = incident.finding.rule is not None
        if not covers(incident.finding.groups, rule.source, target, rule.tclass, rule.permissions, wide=wide):
            raise PlanError(f"its module would go beyond what was denied: {rule}")
