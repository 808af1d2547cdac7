"""Asks the policy about all steps of a plan together: booleans, modules and labels as they would be in the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.actions.boolean import BooleanSet
from avcdoctor.actions.module import ModuleInstall
from avcdoctor.actions.registry import typed_all
from avcdoctor.host import Answer, Host, Policy, Question
from avcdoctor.model import Report, Simulation
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.expected import Expected
from avcdoctor.plan.model import Plan, Skipped, Step, together
from avcdoctor.remedies import prove

Triple = Tuple[str, str, str]


def proven_plan(report: Report, host: Host, make: Callable[[Report], Plan]) -> Plan:
    """Make a plan, build its modules in a copy of the policy store, and ask about all of its steps together.

    A neverallow rule is only seen when a module is built; the plan is made again with what that said. A step that
    would not help is left out, so that the others can be applied.

    Args:
        make: chooses from a report, as `make_plan` does with its options.

    Raises:
        EmptyPlanError: no step would help.
    """
    plan = make(report)
    names = {one.name for one in typed_all(plan.actions) if isinstance(one, ModuleInstall)}
    if names:
        plan = make(replace(report, incidents=prove(report.incidents, host, names)))
    return _helping(plan, host)


def _helping(plan: Plan, host: Host) -> Plan:
    """The plan without the steps that the policy refutes: asked again until all that is left holds together."""
    policy = host.policy
    while True:
        verdicts = [step.simulation.after for step in plan.steps] if policy is None else _verdicts(plan, policy)
        failing = [step for step, verdict in zip(plan.steps, verdicts) if verdict == "denied"]
        if not failing:
            return simulated(plan, host)
        skipped = (*plan.skipped, *(Skipped(one.incident, one.incident_title, _refuted(one)) for one in failing))
        kept = tuple(step for step in plan.steps if step not in failing)
        if not kept:
            raise EmptyPlanError(skipped)
        plan = replace(plan, steps=kept, skipped=skipped, simulation=together(kept))


def _refuted(step: Step) -> str:
    own = step.simulation
    why = (own.why or "still denied") if own.after == "denied" else "the other steps of the plan would spoil it"
    return f"remedy {step.remedy} does not pass ({why}): {step.title}"


def simulated(plan: Plan, host: Host) -> Plan:
    """The plan with a verdict for the whole of it.

    Each access that was denied is asked for once more, with every boolean of the plan set, every rule of its modules
    added and every label and port as the plan leaves it. So a step that spoils another one is seen. Elsewhere a step's
    own verdict stands: its simulation also asked about constraints, levels and programs that change their domain.
    """
    policy = host.policy
    if policy is None:
        return plan
    verdicts = list(zip(plan.steps, _verdicts(plan, policy)))
    afters = [verdict for _, verdict in verdicts]
    after = next((word for word in ("denied", "unknown") if word in afters), "allowed")
    ends = sum(step.resolves for step, verdict in verdicts if verdict == "allowed")
    total = sum(step.denials for step in plan.steps)
    words = [f"all steps together: {ends:,} of {total:,} denials end"]
    words += [f"{step.title}: {_why(step, verdict)}" for step, verdict in verdicts if verdict != "allowed"]
    asked = plan.simulation.policy or policy.name
    return replace(plan, simulation=Simulation(plan.simulation.before, after, "; ".join(words), asked))


def _verdicts(plan: Plan, policy: Policy) -> List[str]:
    whole = _Setting.of(plan.steps)
    return [_step(step, policy, whole) for step in plan.steps]


class _Setting(NamedTuple):
    """What steps change of the rules: booleans, and what modules add."""

    booleans: Dict[str, bool]
    added: Dict[Triple, FrozenSet[str]]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> _Setting:
        """The setting that some steps lead to."""
        actions = [one for step in steps for one in typed_all(step.actions)]
        booleans = {one.name: one.on for one in actions if isinstance(one, BooleanSet)}
        added: Dict[Triple, FrozenSet[str]] = {}
        for rule in (rule for one in actions if isinstance(one, ModuleInstall) for rule in one.rules):
            if rule.effect == "allow":
                target = rule.source if rule.target == "self" else rule.target
                key = (rule.source, target, rule.tclass)
                added[key] = added.get(key, frozenset()) | rule.permissions
        return cls(booleans, added)


def _step(step: Step, policy: Policy, whole: _Setting) -> str:
    """A step's verdict within the plan: its own, unless the other steps take back what it reaches alone.

    Its own simulation knows more than the rules between two types: constraints, and programs that change their domain.
    """
    own = step.simulation.after
    if own == "denied":
        return own
    alone = _Setting.of([step])
    answers = [(_ask(check, policy, alone), _ask(check, policy, whole)) for check in step.checks]
    if any(by_itself and not together for by_itself, together in answers):
        return "denied"
    return own


def _ask(check: Expected, policy: Policy, setting: _Setting) -> Optional[bool]:
    """Whether an access is allowed in the end; None where the policy does not know a type."""
    source: Optional[str] = check.source
    if check.via:
        source = policy.transition(check.source, check.via) if policy.has_type(check.via) else None
    if source is None:
        return None
    more = setting.added.get((source, check.target, check.tclass), frozenset())
    wanted = frozenset(check.permissions)
    return Answer(
        Question(source, check.target, check.tclass, wanted, booleans=setting.booleans, added=more), policy
    ).allowed


def _why(step: Step, verdict: str) -> str:
    if verdict == step.simulation.after:
        return step.simulation.why or verdict
    reasons: List[str] = ["the other steps of this plan spoil it"] if verdict == "denied" else ["not known"]
    return "; ".join(reasons)
