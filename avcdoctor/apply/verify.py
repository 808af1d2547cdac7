"""Looks again after a fix: every item read back, and the policy asked for each denial it should have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from avcdoctor.actions.change import Change
from avcdoctor.apply.changes import Unreadable, Value, current, same, shown
from avcdoctor.apply.machine import Machine
from avcdoctor.host import Answer, Host, Policy, Question
from avcdoctor.plan.expected import Expected


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: `holds` is None where it can't be told."""

    what: str
    holds: Optional[bool]
    detail: str


def read_back(changes: Sequence[Change], machine: Machine) -> Tuple[Finding, ...]:
    """Whether each item is now what the transaction made it; the last change of an item counts."""
    last = {(change.kind, change.key): change for change in changes}
    values = current(list(last.values()), machine.root, machine.store)
    findings = []
    for change, value in zip(last.values(), values):
        holds = _holds(change, value)
        detail = "as set" if holds else f"is {shown(value)}, not {shown(change.after)}"
        findings.append(Finding(change.name(), holds, detail))
    return tuple(findings)


def _holds(change: Change, value: Value) -> Optional[bool]:
    """Whether an item is as it was made; whoever owns a tree may change its files again at any time."""
    if change.tree and isinstance(value, Unreadable) and value.moved:
        return None
    holds = same(change.kind, value, change.after)
    return None if change.tree and not holds and not same(change.kind, value, change.before) else holds


def ask_again(questions: Sequence[Expected], host: Host) -> Tuple[Finding, ...]:
    """Whether the policy as it is now allows what was denied."""
    policy = host.policy
    return tuple(_ask(question, policy, host) for question in questions) if policy is not None else ()


def _ask(question: Expected, policy: Policy, host: Host) -> Finding:
    source, target = question.source, question.target
    if question.path:
        label = host.files.label(question.path)
        target = label.type if label else target
    if question.via:
        domain = policy.transition(source, question.via) if policy.has_type(question.via) else None
        source = domain or source
    words = f"{source} {target}:{question.tclass} {{ {' '.join(question.permissions)} }}"
    answer = Answer(Question(source, target, question.tclass, frozenset(question.permissions)), policy)
    if answer.allowed is None:
        return Finding(words, None, f"this policy does not know {answer.detail}")
    missing = " ".join(sorted(answer.missing or answer.outside))
    return Finding(words, answer.allowed, "allowed" if answer.allowed else f"still denied: {missing}")
