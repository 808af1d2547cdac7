"""The chosen remedies' actions in order: what a fix would do, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterator, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from avcdoctor.actions.base import Known
from avcdoctor.actions.cil import Access
from avcdoctor.actions.manual import Manual
from avcdoctor.actions.module import ModuleInstall
from avcdoctor.actions.registry import typed, typed_all, undo, unforeseen
from avcdoctor.errors import PlanError, UsageError
from avcdoctor.model import APPLICABILITIES, Action, PolicyInfo, Simulation, safe_text
from avcdoctor.plan.expected import Expected

SCHEMA_VERSION = 1
GroupKey = Tuple[str, str, str, str]


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
        groups: (provenance, source, target, class) of the denials that it ends.
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
    notes: Tuple[str, ...] = ()
    checks: Tuple[Expected, ...] = ()
    groups: Tuple[GroupKey, ...] = ()

    @property
    def undo(self) -> Tuple[Action, ...]:
        """What takes its actions back."""
        return undo(self.actions)


@dataclass(frozen=True)
class Skipped:
    """An incident the plan does nothing about, why, and what a person could choose for it instead."""

    incident: str
    title: str
    why: str
    next: str = ""


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
        """Every action once, in the order of the steps; two that run the same command are one."""
        seen: Dict[object, Action] = {}
        for action in (action for step in self.steps for action in step.actions):
            seen.setdefault((action.do, action.argv) if action.argv else tuple(action.parameters.items()), action)
        return tuple(seen.values())

    @property
    def undo(self) -> Tuple[Action, ...]:
        """What takes the actions back."""
        return undo(self.actions)

    @property
    def automatic(self) -> bool:
        """Whether a program can carry out every step."""
        return not any(self.of(Manual.do))

    @property
    def applicability(self) -> str:
        """The least safe applicability among the steps."""
        return max((step.applicability for step in self.steps), key=APPLICABILITIES.index, default="safe")

    @property
    def checks(self) -> Tuple[Expected, ...]:
        """What the policy has to answer once the plan is applied, each question once."""
        return tuple(dict.fromkeys(check for step in self.steps for check in step.checks))

    def of(self, *names: str) -> Iterator[Action]:
        """The actions whose `do` is one of `names`."""
        return (action for action in self.actions if action.do in names)

    def accesses(self) -> Tuple[Access, ...]:
        """What the plan's modules allow or hide."""
        modules = (one for one in typed_all(self.actions) if isinstance(one, ModuleInstall))
        return tuple(dict.fromkeys(rule for one in modules for rule in one.rules))

    def known(self) -> Known:
        """What the machine held when the plan was made."""
        return {(fact.kind, fact.key): fact.value for fact in self.ground}


class Clash(NamedTuple):
    """Two incidents want different things of one item."""

    other: str
    item: str


class Wishes:
    """What the steps of a plan want of each item, so that no two of them contradict."""

    def __init__(self) -> None:
        self._known: Dict[Tuple[str, ...], Tuple[str, Action]] = {}

    def add(self, step: Step) -> Optional[Clash]:
        """Note what a step wants, or say what another one wants differently; a step that clashes is not noted."""
        mine: Dict[Tuple[str, ...], Action] = {}
        for action in step.actions:
            key = typed(action).identity()
            if not key:
                continue
            other, wish = self._known.get(key, (step.incident, mine.get(key, action)))
            if wish != action and _wish(wish) != _wish(action):
                return Clash(other, safe_text(" ".join(dict.fromkeys(key))))
            mine[key] = action
        for key, action in mine.items():
            self._known.setdefault(key, (step.incident, action))
        return None


def check_agreement(steps: Sequence[Step]) -> None:
    """See that no two actions want different things of one item.

    Raises:
        UsageError: two of them do; the message names the item.
    """
    wishes = Wishes()
    for step in steps:
        clash = wishes.add(step)
        if clash is not None:
            raise UsageError(
                f"the remedies for {clash.other} and {step.incident} want different things of {clash.item}",
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
    why = f"{ends:,} of {total:,} denials end"
    open_steps = [step for step in steps if step.simulation.after != "allowed"]
    if open_steps:
        why += "; " + "; ".join(f"{step.title}: {step.simulation.why}" for step in open_steps)
    policies = {step.simulation.policy for step in steps if step.simulation.policy}
    return Simulation(before, after, why, ", ".join(sorted(policies)))


def check_foreseen(kind: str, actions: Sequence[Action]) -> None:
    """See that a remedy of a kind may hold these actions; asked of a report's remedies and of a saved plan alike.

    Raises:
        PlanError: it never does.
    """
    why = unforeseen(kind, actions)
    if why:
        raise PlanError(why)


def applicability_of(claimed: str, actions: Sequence[Action]) -> str:
    """A remedy is only applied unread when all it does is put labels back, whatever it calls itself."""
    return "review" if claimed == "safe" and not only_restores(actions) else claimed


def only_restores(actions: Sequence[Action]) -> bool:
    """Whether the actions do no more than put labels back as the policy has them."""
    return all(typed(action).restores for action in actions)


def _wish(action: Action) -> Mapping[str, Union[str, int, bool]]:
    return {name: value for name, value in action.parameters.items() if name not in ("te", "was")}
