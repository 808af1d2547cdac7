"""The nouns of a review: rules as they were written, verdicts on them, and the review of a module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, NamedTuple, Optional, Tuple

VERDICTS = ("dangerous", "better-way", "redundant", "unknown", "needed", "harmless")
"""dangerous: it should go. better-way: a label, boolean or port does it. redundant: the policy has it already.
unknown: no policy at hand can tell. needed: a rule is the right answer. harmless: it opens nothing."""
SHOULD_GO = ("dangerous", "better-way", "redundant")


class Rule(NamedTuple):
    """One access rule as it stands in a module.

    Args:
        effect: allow, dontaudit, auditallow, neverallow.
        target: a type or an attribute; "self" is the source.
        ioctls: CIL text of an extended rule's numbers.
        condition: the boolean expression the rule depends on, as CIL text; empty for none.
    """

    effect: str
    source: str
    target: str
    tclass: str
    permissions: FrozenSet[str]
    ioctls: str = ""
    condition: str = ""

    def __str__(self) -> str:
        words = " ".join(sorted(self.permissions))
        numbers = f" ioctl {self.ioctls}" if self.ioctls else ""
        condition = f"  (if {self.condition})" if self.condition else ""
        return f"{self.effect} {self.source} {self.target}:{self.tclass} {{ {words} }}{numbers}{condition}"


class Statement(NamedTuple):
    """Anything else that a module holds: its keyword and its CIL text on one line."""

    keyword: str
    text: str


@dataclass(frozen=True)
class Module:
    """A module as it was read.

    Args:
        name: its own name, or the file's.
        language: te, cil or pp.
        declared: types and attributes that the module itself declares.
        interfaces: calls of interfaces that could not be expanded.
    """

    name: str
    language: str
    rules: Tuple[Rule, ...] = ()
    statements: Tuple[Statement, ...] = ()
    declared: FrozenSet[str] = frozenset()
    interfaces: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A verdict on one rule or statement.

    Args:
        text: the rule as text.
        verdict: one of `VERDICTS`.
        means: what it lets whom do, in words.
        why: the reason of the verdict.
        better: titles of the ways that do without the rule, the best first.
        commands: argument lists of the best of them.
        kind: the remedy kind of the best of them.
        keeps: the permissions that a smaller module would keep.
    """

    text: str
    verdict: str
    means: str
    why: str
    better: Tuple[str, ...] = ()
    commands: Tuple[Tuple[str, ...], ...] = ()
    kind: str = ""
    rule: Optional[Rule] = None
    keeps: FrozenSet[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class ModuleReview:
    """What is to be said of one module: `smaller` is the CIL of what is worth keeping, empty for nothing."""

    module: Module
    judged: Tuple[Judged, ...]
    smaller: str = ""

    @property
    def verdict(self) -> str:
        """keep: nothing is to be changed; shrink: a part should go; remove: all of it; unknown: it can't be told."""
        left = [one for one in self.judged if one.verdict != "harmless"]
        going = [one for one in left if one.verdict in SHOULD_GO]
        if self.module.interfaces or (not going and any(one.verdict == "unknown" for one in left)):
            return "shrink" if going else "unknown"
        if not going:
            return "keep"
        return "remove" if len(going) == len(left) and not self.smaller else "shrink"


@dataclass(frozen=True)
class Review:
    """Reviews of modules, what else a machine carries, and whose policy judged.

    Args:
        machine: findings about local settings: permissive domains, booleans, ports, file contexts.
    """

    policy: str
    modules: Tuple[ModuleReview, ...] = ()
    machine: Tuple[Judged, ...] = ()
    notes: Tuple[str, ...] = ()

    @property
    def should_change(self) -> bool:
        """Whether anything should go."""
        return any(one.verdict in ("shrink", "remove") for one in self.modules) or any(
            one.verdict in SHOULD_GO for one in self.machine
        )
