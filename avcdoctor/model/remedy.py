"""Remedies: one way out of an incident, its typed actions, and what the policy said of it when it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, NamedTuple, Tuple, Union

REMEDY_KINDS = (
    "restorecon",
    "fcontext",
    "exec-type",
    "move",
    "boolean",
    "port",
    "container-label",
    "domain-transition",
    "mount-option",
    "dac",
    "constraint",
    "app-fix",
    "package-update",
    "policy-update",
    "dontaudit",
    "module",
    "keep-denied",
)
"""Every remedy kind; the vocabulary of reports, rule packs and measured cases alike."""

APPLICABILITIES = ("safe", "review", "manual")
"""safe: restores what the policy intends. review: grants something new. manual: no program can apply it."""


@dataclass(frozen=True)
class Action:
    """One typed, reversible step, as reports and plans hold it; `avcdoctor.actions` knows what each one means.

    Args:
        do: the step's name, one of `avcdoctor.actions`.
        argv: the command a person would type; an argument list, never a shell line. Empty for `manual`.
        parameters: what the step needs to be carried out without parsing `argv`.
    """

    do: str
    argv: Tuple[str, ...] = ()
    parameters: Mapping[str, Union[str, int, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class Simulation:
    """What the policy says of a remedy: before and after are "denied", "allowed" or "unknown"."""

    before: str
    after: str
    why: str
    policy: str = ""  # the policy that was asked


class GrantedRule(NamedTuple):
    """A part of a module's rule: what it allows, whether that was seen to be denied, and why it is there.

    Args:
        target: the target type; the source itself where the rule is about that.
    """

    source: str
    target: str
    tclass: str
    permissions: Tuple[str, ...]
    seen: bool
    why: str


@dataclass(frozen=True)
class Remedy:
    """One way out of an incident, made concrete and simulated."""

    kind: str
    title: str
    applicability: str
    lasting: bool
    resolves: int  # denials of the incident that this remedy ends
    simulation: Simulation
    grants: Tuple[str, ...] = ()
    actions: Tuple[Action, ...] = ()
    undo: Tuple[Action, ...] = ()
    notes: Tuple[str, ...] = ()  # what a person should know before choosing it
    groups: Tuple[Tuple[str, str, str, str], ...] = ()  # keys of the groups it resolves
    wide: str = ""  # what makes it open far more than the incident; such a remedy is never taken unasked
    rules: Tuple[GrantedRule, ...] = ()  # a module's rules: what was denied, and apart from it what was added
