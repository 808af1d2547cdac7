"""The chosen remedies' actions in order: what a fix would do, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from avcdoctor.access.whole import covers
from avcdoctor.errors import NoRemedyError, PlanError, UsageError
from avcdoctor.model import APPLICABILITIES, Action, Incident, PolicyInfo, Remedy, Report, Simulation, safe_text
from avcdoctor.plan.questions import Check, checks_for
from avcdoctor.remedies.cil import Access, check_module
from avcdoctor.remedies.commands import canonical, inverse

SCHEMA_VERSION = 1
GroupKey = Tuple[str, str, str, str]
_IDENTITY: Dict[str, Tuple[str, ...]] = {
    "fcontext": ("pattern", "file_type"),
    "boolean": ("name",),
    "port": ("protocol", "low", "high"),
    "module": ("name",),
    "chown": ("path",),
    "chmod": ("path",),
    "chcon": ("path",),
    "file": ("path",),
}
"""What makes two actions of one family concern the same item; two different wishes for one item contradict."""


@dataclass(frozen=True)
class Fact:
    """Something the plan was made upon: `value` is None where the item did not exist.

    Args:
        kind: "policy", a kind of `avcdoctor.host.store.Item`, or "file".
        key: what identifies the item within its kind.
    """

    kind: str
    key: Tuple[str, ...]
    value: Optional[str]


@dataclass(frozen=True)
class Step:
    """One remedy of one incident within a plan.

    Args:
        incident: the incident's id.
        remedy: the remedy's number in the report, counted from 1.
        denials: how many denials the incident has; `resolves` of them end.
        checks: what the policy has to answer once the step is applied.
        groups: (node, source, target, class) of the denials that it ends.
    """

    incident: str
    rule: Optional[str]
    incident_title: str
    remedy: int
    kind: str
    title: str
    applicability: str
    lasting: bool
    denials: int
    resolves: int
    simulation: Simulation
    grants: Tuple[str, ...]
    actions: Tuple[Action, ...]
    undo: Tuple[Action, ...]
    notes: Tuple[str, ...] = ()
    checks: Tuple[Check, ...] = ()
    groups: Tuple[GroupKey, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """An incident the plan does nothing about, and why."""

    incident: str
    title: str
    why: str


@dataclass(frozen=True)
class Plan:
    """Steps in the order of the report, one simulation for all of them, and the ground they were made upon."""

    policy: PolicyInfo
    steps: Tuple[Step, ...]
    skipped: Tuple[Skipped, ...]
    simulation: Simulation
    root: str = "/"
    created: int = 0  # milliseconds since the epoch
    ground: Tuple[Fact, ...] = ()

    @property
    def actions(self) -> Tuple[Action, ...]:
        """Every action once, in the order of the steps."""
        seen: List[Action] = []
        for step in self.steps:
            seen += [action for action in step.actions if action not in seen]
        return tuple(seen)

    @property
    def undo(self) -> Tuple[Action, ...]:
        """The commands that take the actions back: rules and booleans first, then labels, as the machine needs it."""
        inverses = [back for action in reversed(self.actions) for back in inverse(action)]
        # Without a rule taken back, relabelling by the policy gives no other label than it gave before.
        relabel = [action for action in inverses if action.do == "restorecon"] if self.changes_default_labels else []
        moved = {str(action.parameters["to"]): str(action.parameters["path"]) for action in self.of("file-move")}
        fixed = [_restorecon_at(action, moved) for action in relabel]
        return tuple([action for action in inverses if action.do != "restorecon"] + fixed)

    @property
    def changes_default_labels(self) -> bool:
        """Whether the plan changes what label the policy has for some path, or moves a file to another one."""
        names = ("fcontext-add", "fcontext-modify", "fcontext-delete", "fcontext-equal-add", "fcontext-equal-delete")
        return any(self.of(*names, "file-move"))

    @property
    def automatic(self) -> bool:
        """Whether a program can carry out every step."""
        return not any(self.of("manual"))

    @property
    def applicability(self) -> str:
        """The least safe applicability among the steps."""
        return max((step.applicability for step in self.steps), key=APPLICABILITIES.index, default="safe")

    @property
    def checks(self) -> Tuple[Check, ...]:
        """What the policy has to answer once the plan is applied, each question once."""
        return tuple(dict.fromkeys(check for step in self.steps for check in step.checks))

    def of(self, *names: str) -> Iterator[Action]:
        """The actions whose `do` is one of `names`."""
        return (action for action in self.actions if action.do in names)

    def accesses(self) -> Tuple[Access, ...]:
        """What the plan's modules allow or hide."""
        found: List[Access] = []
        for action in self.of("module-install"):
            found += check_module(str(action.parameters["name"]), str(action.parameters["cil"]))
        return tuple(dict.fromkeys(found))


def make_plan(
    report: Report, incidents: Sequence[str] = (), remedy: Optional[int] = None, all_safe: bool = False
) -> Plan:
    """Choose remedies of a report and put their actions in order. Reads nothing but the report.

    Without a choice, each incident gets the remedy of the report's smallest cover, or else its first remedy that
    a program can apply and that the simulation does not refute.

    Args:
        incidents: ids, or beginnings of ids, of the incidents to fix; empty for all.
        remedy: the remedy's number as shown, counted from 1; needs exactly one incident.
        all_safe: take only remedies that put back what the policy already intends.

    Raises:
        UsageError: an id or number that the report does not have, or remedies that contradict each other.
        NoRemedyError: nothing is left to do.
        PlanError: a remedy holds an action that avcdoctor would not carry out.
    """
    chosen = [_find(report, words) for words in incidents] or list(report.incidents)
    if remedy is not None and len(chosen) != 1:
        raise UsageError("--remedy needs exactly one incident", "add --incident ID")
    steps, skipped = [], []
    cover = dict(report.cover)
    for incident in {item.id: item for item in chosen}.values():
        number, why = _choose(incident, remedy, all_safe, cover.get(incident.id))
        if number is None:
            skipped.append(Skipped(incident.id, incident.finding.title, why))
        else:
            steps.append(_step(incident, number))
    if not steps:
        reasons = "; ".join(f"{item.incident}: {item.why}" for item in skipped)
        raise NoRemedyError(f"nothing to plan: {reasons or 'the report holds no incident'}")
    check_agreement(steps)
    return Plan(report.policy, tuple(steps), tuple(skipped), together(steps))


def check_agreement(steps: Sequence[Step]) -> None:
    """See that no two actions want different things of one item.

    Raises:
        UsageError: two of them do; the message names the item.
    """
    wishes: Dict[Tuple[object, ...], Tuple[str, Action]] = {}
    for step in steps:
        for action in step.actions:
            family = "chcon" if action.do == "chcon-level" else action.do.split("-", 1)[0]
            names = _IDENTITY.get(family)
            if names is None or not all(name in action.parameters for name in names):
                continue
            key = (family, *(action.parameters[name] for name in names))
            other, wish = wishes.setdefault(key, (step.incident, action))
            if wish != action and _wish(wish) != _wish(action):
                item = safe_text(" ".join(str(part) for part in key))
                raise UsageError(
                    f"the remedies for {other} and {step.incident} want different things of {item}",
                    "fix one incident at a time with --incident",
                )


def together(steps: Sequence[Step]) -> Simulation:
    """One verdict for all steps: allowed only when each is, denied when one is known not to help."""
    befores = {step.simulation.before for step in steps}
    afters = [step.simulation.after for step in steps]
    before = befores.pop() if len(befores) == 1 else "denied" if "denied" in befores else "unknown"
    after = next((word for word in ("denied", "unknown") if word in afters), "allowed")
    ends = sum(step.resolves for step in steps)
    total = sum(step.denials for step in steps)
    why = f"{ends} of {total} denials end"
    open_steps = [step for step in steps if step.simulation.after != "allowed"]
    if open_steps:
        why += "; " + "; ".join(f"{step.title}: {step.simulation.why}" for step in open_steps)
    policies = {step.simulation.policy for step in steps if step.simulation.policy}
    return Simulation(before, after, why, ", ".join(sorted(policies)))


def _find(report: Report, words: str) -> Incident:
    matches = [item for item in report.incidents if words in (item.id, item.finding.rule)]
    matches = matches or [item for item in report.incidents if words and item.id.startswith(words)]
    if len(matches) != 1:
        known = ", ".join(item.id for item in report.incidents[:8]) or "none"
        problem = "more than one incident is called" if matches else "there is no incident"
        raise UsageError(f"{problem} {safe_text(words)!r}", f"incidents: {known}")
    return matches[0]


def _choose(
    incident: Incident, number: Optional[int], all_safe: bool, covered: Optional[int]
) -> Tuple[Optional[int], str]:
    """The index of the remedy to take, or None and why there is none."""
    remedies = incident.remedies
    if number is not None:
        if not 1 <= number <= len(remedies):
            raise UsageError(f"incident {incident.id} has no remedy {number}", f"it has {len(remedies)}")
        return number - 1, ""
    if not remedies:
        return None, "it has no remedy"
    order = list(range(len(remedies)))
    if covered is not None and 0 <= covered < len(remedies):
        order.insert(0, covered)
    usable = [index for index in order if _usable(remedies[index])]
    if all_safe:
        usable = [index for index in usable if remedies[index].applicability == "safe"]
        return (usable[0], "") if usable else (None, "no remedy is safe to apply unread")
    return (usable[0], "") if usable else (None, "no remedy passes its simulation and can be applied by a program")


def _usable(remedy: Remedy) -> bool:
    passes = remedy.simulation.after != "denied" and remedy.applicability != "manual"
    return passes and any(action.do != "manual" for action in remedy.actions)


def _step(incident: Incident, index: int) -> Step:
    remedy = incident.remedies[index]
    try:
        actions = tuple(canonical(action) for action in remedy.actions)
        undo = tuple(canonical(action) for action in remedy.undo)
        for action in actions:
            if action.do == "module-install":
                _check_reach(action, incident)
    except PlanError as error:
        raise PlanError(f"remedy {index + 1} of {incident.id}: {error.message}", error.hint) from error
    return Step(
        incident=incident.id,
        rule=incident.finding.rule,
        incident_title=incident.finding.title,
        remedy=index + 1,
        kind=remedy.kind,
        title=remedy.title,
        applicability=_applicability(remedy.applicability, actions),
        lasting=remedy.lasting,
        denials=incident.denials,
        resolves=remedy.resolves,
        simulation=remedy.simulation,
        grants=remedy.grants,
        actions=actions,
        undo=undo,
        notes=remedy.notes,
        checks=checks_for(incident, remedy),
        groups=remedy.groups or tuple(group.key for group in incident.finding.groups),
    )


def _check_reach(action: Action, incident: Incident) -> None:
    """See that a module allows nothing beyond the incident: its triples, and what the same operations need.

    Raises:
        PlanError: it does.
    """
    for rule in check_module(str(action.parameters["name"]), str(action.parameters["cil"])):
        target = rule.source if rule.target == "self" else rule.target
        if not covers(incident.finding.groups, rule.source, target, rule.tclass, rule.permissions):
            raise PlanError(f"its module would go beyond what was denied: {rule}")


def _applicability(claimed: str, actions: Sequence[Action]) -> str:
    """A remedy is only applied unread when all it does is put labels back, whatever it calls itself."""
    return "review" if claimed == "safe" and not only_restores(actions) else claimed


def only_restores(actions: Sequence[Action]) -> bool:
    """Whether the actions do no more than put labels back as the policy has them."""
    return all(action.do in ("restorecon", "service-restart") for action in actions)


def _wish(action: Action) -> Mapping[str, Union[str, int, bool]]:
    return {name: value for name, value in action.parameters.items() if name != "te"}


def _restorecon_at(action: Action, moved: Mapping[str, str]) -> Action:
    """A relabelling that undoes another, at the place where the file is once it was moved back."""
    path = moved.get(str(action.parameters["path"]))
    return canonical(Action("restorecon", (), {**action.parameters, "path": path})) if path else action
