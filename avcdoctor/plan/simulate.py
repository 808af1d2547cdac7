"""Asks the policy about all steps of a plan together: booleans, modules and labels as they would be in the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.actions.boolean import BooleanSet
from avcdoctor.actions.module import ModuleInstall
from avcdoctor.actions.registry import typed_all
from avcdoctor.host import Answer, Host, Policy
from avcdoctor.model import Report, Simulation
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.expected import Expected
from avcdoctor.plan.model import Plan, Skipped, Step, together
from avcdoctor.remedies import prove

Triple = Tuple[str, str, str]
Range = Tuple[int, int]


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
        verdicts = [_own(step) for step in plan.steps] if policy is None else _verdicts(plan, policy)
        failing = [(step, verdict.why) for step, verdict in zip(plan.steps, verdicts) if verdict.after == "denied"]
        if not failing:
            return simulated(plan, host)
        refuted = (
            Skipped(one.incident, one.incident_title, f"remedy {one.remedy} does not pass ({why}): {one.title}")
            for one, why in failing
        )
        skipped = (*plan.skipped, *refuted)
        kept = tuple(step for step in plan.steps if all(step is not one for one, _ in failing))
        if not kept:
            raise EmptyPlanError(skipped)
        plan = replace(plan, steps=kept, skipped=skipped, simulation=together(kept))


def simulated(plan: Plan, host: Host) -> Plan:
    """The plan with a verdict for the whole of it.

    Each access that was denied is asked for once more, with every boolean of the plan set, every rule of its modules
    added and every label, level and port as the plan leaves it. So a step that spoils another one is seen, and what
    refuses although the rules allow: constraints, ioctl numbers, roles and bounds. Elsewhere a step's own verdict
    stands: its simulation also knows programs that change their domain.
    """
    policy = host.policy
    if policy is None:
        return plan
    verdicts = list(zip(plan.steps, _verdicts(plan, policy)))
    afters = [verdict.after for _, verdict in verdicts]
    after = next((word for word in ("denied", "unknown") if word in afters), "allowed")
    ends = sum(step.resolves for step, verdict in verdicts if verdict.after == "allowed")
    total = sum(step.denials for step in plan.steps)
    words = [f"all steps together: {ends:,} of {total:,} denials end"]
    words += [f"{step.title}: {verdict.why}" for step, verdict in verdicts if verdict.after != "allowed"]
    asked = plan.simulation.policy or policy.name
    return replace(plan, simulation=Simulation(plan.simulation.before, after, "; ".join(words), asked))


class _Verdict(NamedTuple):
    """What becomes of a step, as in `Simulation`, and why."""

    after: str
    why: str


def _own(step: Step) -> _Verdict:
    after, why = step.simulation.after, step.simulation.why
    return _Verdict(after, why or ("still denied" if after == "denied" else after))


def _verdicts(plan: Plan, policy: Policy) -> List[_Verdict]:
    whole = _Setting.of(plan.steps)
    return [_step(step, policy, whole) for step in plan.steps]


class _Setting(NamedTuple):
    """What steps change of the rules: booleans, and what modules add."""

    booleans: Dict[str, bool]
    added: Dict[Triple, FrozenSet[str]]
    ioctls: Dict[Triple, Tuple[Range, ...]]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> _Setting:
        """The setting that some steps lead to."""
        actions = [one for step in steps for one in typed_all(step.actions)]
        booleans = {one.name: one.on for one in actions if isinstance(one, BooleanSet)}
        added: Dict[Triple, FrozenSet[str]] = {}
        ioctls: Dict[Triple, Tuple[Range, ...]] = {}
        for rule in (rule for one in actions if isinstance(one, ModuleInstall) for rule in one.rules):
            if rule.effect == "allow":
                target = rule.source if rule.target == "self" else rule.target
                key = (rule.source, target, rule.tclass)
                if rule.ioctls:
                    ioctls[key] = (*ioctls.get(key, ()), *rule.numbers)
                else:
                    added[key] = added.get(key, frozenset()) | rule.permissions
        return cls(booleans, added, ioctls)


def _step(step: Step, policy: Policy, whole: _Setting) -> _Verdict:
    """A step's verdict within the plan: its own, unless the policy refuses in the end what the rules allow."""
    own = _own(step)
    if own.after == "denied":
        return own
    alone = _Setting.of([step])
    for check in step.checks:
        by_itself, together = _ask(check, policy, alone), _ask(check, policy, whole)
        if by_itself is None or together is None:
            continue
        if by_itself.allowed and not together.allowed:
            return _Verdict("denied", "the other steps of this plan spoil it")
        if together.in_spite_of_rules:
            return _Verdict("denied", f"{check.words}: {together.detail}")
    return own


def _ask(check: Expected, policy: Policy, setting: _Setting) -> Optional[Answer]:
    """What the policy says of an access in the end; None where it does not know the program."""
    question = check.question(policy)
    if question is None:
        return None
    key = (question.source, question.target, question.tclass)
    more, numbers = setting.added.get(key, frozenset()), setting.ioctls.get(key, ())
    return Answer(replace(question, booleans=setting.booleans, added=more, added_ioctls=numbers), policy)
