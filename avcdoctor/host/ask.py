"""Asks a policy about an access: one Question, and one Answer that knows every reason why it may be refused."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, FrozenSet, Iterable, List, Mapping, Optional, Tuple

from avcdoctor.host import constraints, contexts
from avcdoctor.host.settings import Setting
from avcdoctor.model import Context, Group, safe_text

if TYPE_CHECKING:
    from avcdoctor.host.policy import Policy

_MOST_CONTEXTS = 3  # of a group's examples; they rarely differ in more than their categories
_NOTHING: FrozenSet[str] = frozenset()


@dataclass(frozen=True)
class Question:
    """May processes of a type do this to objects of another?

    Args:
        source: the source type.
        target: the target type.
        tclass: the class.
        permissions: what is wanted; all of it has to be allowed.
        contexts: the whole contexts to ask for, for constraints and role changes; without any, types alone count.
        ioctls: the ioctl numbers wanted.
        booleans: values that replace the policy's own.
        added: permissions that a rule which is not in the policy yet would give.
        added_ioctls: likewise ioctl numbers, as (low, high) ranges.
    """

    source: str
    target: str
    tclass: str
    permissions: FrozenSet[str]
    contexts: Tuple[Tuple[Context, Context], ...] = ()
    ioctls: FrozenSet[int] = frozenset()
    booleans: Mapping[str, bool] = field(default_factory=dict)
    added: FrozenSet[str] = _NOTHING
    added_ioctls: Tuple[Tuple[int, int], ...] = ()

    @classmethod
    def of(
        cls, group: Group, permissions: Optional[Iterable[str]] = None, *, source: str = "", target: str = ""
    ) -> Question:
        """The question that a group of denials asks, as it was seen or with another source or target type.

        Args:
            group: the denials; users, roles, levels and ioctl numbers are those of its examples.
            permissions: what is wanted; None for what was denied.
            source: another source type.
            target: another target type.
        """
        source, target = source or group.source, target or group.target
        wanted = frozenset(group.permissions if permissions is None else permissions)
        seen = [(one.source.with_type(source), one.target.with_type(target)) for one in group.examples]
        numbers = (one.ioctl for one in group.examples if one.ioctl is not None)
        return cls(
            source,
            target,
            group.tclass,
            wanted,
            tuple(dict.fromkeys(seen[:_MOST_CONTEXTS])),
            frozenset(numbers) if "ioctl" in group.permissions else frozenset(),
        )

    def with_booleans(self, booleans: Mapping[str, bool]) -> Question:
        """The same question with some booleans turned."""
        return replace(self, booleans=booleans)


class Answer:
    """What one policy says to a question; each part is worked out when it is asked for.

    Args:
        question: the question.
        policy: the policy that answers; None where there is none to ask.
    """

    def __init__(self, question: Question, policy: Optional[Policy]) -> None:
        self.question = question
        self.policy = policy

    @cached_property
    def unknown(self) -> Tuple[str, ...]:
        """The types and the class that the policy lacks; all of them where there is no policy."""
        asked, policy = self.question, self.policy
        types = tuple(
            name for name in dict.fromkeys((asked.source, asked.target)) if policy is None or not policy.has_type(name)
        )
        known = policy is not None and policy.has_class(asked.tclass)
        return types if known else (*types, asked.tclass)

    @property
    def known(self) -> bool:
        """Whether the policy knows both types and the class, so that it can answer at all."""
        return not self.unknown

    @cached_property
    def strange(self) -> FrozenSet[str]:
        """The permissions that the policy's class does not have."""
        if self.policy is None or not self.known:
            return _NOTHING
        return self.question.permissions - self.policy.class_permissions(self.question.tclass)

    @cached_property
    def granted(self) -> FrozenSet[str]:
        """All that type rules grant between these two, and what is added."""
        asked, policy = self.question, self.policy
        if policy is None or not self.known:
            return _NOTHING
        return policy.allowed(asked.source, asked.target, asked.tclass, asked.booleans) | asked.added

    @cached_property
    def missing(self) -> FrozenSet[str]:
        """What is wanted and granted by no type rule."""
        return self.question.permissions - self.strange - self.granted

    @cached_property
    def ioctls(self) -> FrozenSet[int]:
        """The ioctl numbers that extended permissions leave out although the type rule grants ioctl.

        Where an allowxperm rule exists for a source, target and class, only the numbers it names are allowed (the
        kernel's security/selinux/ss/services.c, services_compute_xperms_decision). audit2why doesn't look at them.
        """
        asked, policy = self.question, self.policy
        if policy is None or not self.known or not asked.ioctls:
            return frozenset()
        ranges = policy.extended(asked.source, asked.target, asked.tclass)
        if ranges is None:
            return frozenset()
        ranges = (*ranges, *asked.added_ioctls)
        return frozenset(one for one in asked.ioctls if not any(low <= one <= high for low, high in ranges))

    @cached_property
    def refusals(self) -> Tuple[constraints.Refusal, ...]:
        """The constraints that stand against it, whether type rules grant it or not."""
        asked, policy = self.question, self.policy
        if policy is None or not self.known:
            return ()
        found: List[constraints.Refusal] = []
        for scontext, tcontext in self._accepted(policy):
            found += constraints.refusals(policy.db, scontext, tcontext, asked.tclass, tuple(sorted(asked.permissions)))
        return tuple(dict.fromkeys(found))

    def _accepted(self, policy: Policy) -> Iterable[Tuple[Context, Context]]:
        """The contexts; those that the policy doesn't accept are replaced by the nearest ones it does."""
        for scontext, tcontext in self.question.contexts:
            source, target = contexts.accepted(policy.db, scontext), contexts.accepted(policy.db, tcontext)
            if source is not None and target is not None:
                yield source, target

    @cached_property
    def roles(self) -> Tuple[str, ...]:
        """The changes of role that no rule allows, such as "staff_r sysadm_r"."""
        asked, policy = self.question, self.policy
        if policy is None or not self.known:
            return ()
        wanted = tuple(asked.permissions)
        return tuple(
            f"{one.role} {other.role}"
            for one, other in self._accepted(policy)
            if constraints.role_change_refused(policy.db, one, other, asked.tclass, wanted)
        )

    @cached_property
    def outside(self) -> FrozenSet[str]:
        """What is granted but lies outside the bounds of the source (type_attribute_bounds_av in the kernel)."""
        asked, policy = self.question, self.policy
        if policy is None or not self.known or policy.type_bounds(asked.source) is None:
            return _NOTHING
        wanted = (asked.permissions & self.granted) - self.strange
        return wanted - policy.within_bounds(asked.source, asked.target, asked.tclass)

    @cached_property
    def booleans(self) -> Tuple[Tuple[Setting, ...], ...]:
        """The settings that would grant all that is wanted: single booleans first, then pairs."""
        asked, policy = self.question, self.policy
        if policy is None or not self.known:
            return ()
        return policy.booleans_for(asked.source, asked.target, asked.tclass, asked.permissions)

    @cached_property
    def silenced(self) -> FrozenSet[str]:
        """What is missing and not logged when it is denied."""
        asked, policy = self.question, self.policy
        if policy is None or not self.known:
            return _NOTHING
        return self.missing & policy.dontaudited(asked.source, asked.target, asked.tclass)

    @property
    def by_types(self) -> Optional[bool]:
        """Whether type rules grant all of it; None where the policy can't tell."""
        return None if not self.known else not self.missing

    @cached_property
    def allowed(self) -> Optional[bool]:
        """Whether all of it is allowed, whatever could refuse it counted; None where the policy can't tell."""
        if not self.known:
            return None
        if self.missing or self.ioctls or self.refusals or self.roles or self.outside:
            return False
        return None if self.strange else True

    @cached_property
    def reason(self) -> str:
        """What decides, in the order in which audit2why looks at it.

        Returns:
            "allowed", or what is in the way: "boolean" (one of them would grant it), "dontaudit" or "type" (a rule is
            missing; that is not, or is logged), "ioctl", "constraint", "rbac" (a change of role) and "bounds", or
            "unknown-type", "unknown-class" and "unknown-permission" where the policy can't tell.
        """
        if self.unknown:
            return "unknown-class" if self.unknown == (self.question.tclass,) else "unknown-type"
        if self.missing:
            if any(len(one) == 1 for one in self.booleans):
                return "boolean"
            return "dontaudit" if self.missing == self.silenced else "type"
        if self.ioctls:
            return "ioctl"
        if self.refusals:
            return "constraint"
        if self.roles:
            return "rbac"
        if self.outside:
            return "bounds"
        return "unknown-permission" if self.strange else "allowed"

    @property
    def in_spite_of_rules(self) -> bool:
        """Whether type rules grant all of it and something else refuses, which no further rule can help."""
        return self.reason in ("ioctl", "constraint", "rbac", "bounds")

    @property
    def detail(self) -> str:
        """The decisive reason in the policy's own words; empty where a rule is merely missing."""
        policy, reason = self.policy, self.reason
        if reason.startswith("unknown"):
            return safe_text(" ".join(self.unknown or sorted(self.strange)))
        if reason == "ioctl":
            return f"ioctl {' '.join(f'{one:#x}' for one in sorted(self.ioctls))} is in no allowxperm rule"
        if reason == "constraint":
            return "; ".join(dict.fromkeys(one.text for one in self.refusals))
        if reason == "rbac":
            return f"allow {self.roles[0]}; is missing"
        if reason == "bounds" and policy is not None:
            return f"{policy.type_bounds(self.question.source)} may not {' '.join(sorted(self.outside))} either"
        return ""


def ask(question: Question, policies: Iterable[Optional[Policy]]) -> Answer:
    """The answer of the first policy that knows the types and the class; an unknown one where none does.

    Args:
        question: the question.
        policies: whom to ask, in order.
    """
    first: Optional[Answer] = None
    for policy in policies:
        answer = Answer(question, policy)
        if answer.known:
            return answer
        first = first or answer
    return first or Answer(question, None)
