"""Looks again after a fix: every item read back, and the policy asked for each denial it should have ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Sequence, Tuple

from avcdoctor.actions.change import Change
from avcdoctor.apply.changes import Unread, Value, current, same, shown
from avcdoctor.apply.machine import Machine
from avcdoctor.host import Answer, Host, Policy
from avcdoctor.plan.expected import Expected


@dataclass(frozen=True)
class Observation:
    """One thing that was looked at: `holds` is None where it can't be told."""

    what: str
    holds: Optional[bool]
    detail: str


def read_back(changes: Sequence[Change], machine: Machine) -> Tuple[Observation, ...]:
    """Whether each item is now what the transaction made it; the last change of an item counts."""
    last = {(change.kind, change.key): change for change in changes}
    values = current(list(last.values()), machine.root, machine.store)
    findings = []
    for change, value in zip(last.values(), values):
        holds = _holds(change, value)
        detail = "as set" if holds else f"is {shown(value)}, not {shown(change.after)}"
        findings.append(Observation(change.name(), holds, detail))
    return tuple(findings)


def _holds(change: Change, value: Value) -> Optional[bool]:
    """Whether an item is as it was made; whoever owns a tree may change its files again at any time."""
    if change.tree and isinstance(value, Unread) and value.moved:
        return None
    holds = same(change.kind, value, change.after)
    return None if change.tree and not holds and not same(change.kind, value, change.before) else holds


def ask_again(questions: Sequence[Expected], host: Host) -> Tuple[Observation, ...]:
    """Whether the policy as it is now allows what was denied."""
    policy = host.policy
    return tuple(_ask(question, policy, host) for question in questions) if policy is not None else ()


def _ask(expected: Expected, policy: Policy, host: Host) -> Observation:
    label = host.files.label(expected.path) if expected.path else None
    question = expected.question(policy, label)
    if question is None:
        return Observation(expected.words, None, f"this policy does not know {expected.via}")
    answer = Answer(question, policy)
    words = replace(expected, source=question.source, target=question.target).words
    if answer.allowed is None:
        return Observation(words, None, f"this policy does not know {answer.detail}")
    if answer.allowed:
        return Observation(words, True, "allowed")
    return Observation(words, False, f"still denied: {answer.detail or ' '.join(sorted(answer.missing))}")
