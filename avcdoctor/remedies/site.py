"""What a remedy builder works on: one finding, the host, and the questions that are asked of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Callable, FrozenSet, List, Mapping, Optional, Tuple

from avcdoctor.access.whole import whole
from avcdoctor.diagnose.case import is_usable
from avcdoctor.diagnose.causes.constraint import dominates
from avcdoctor.host import Answer, Host, Policy, Question
from avcdoctor.model import Finding, Group, Proposal, Simulation

Key = Tuple[str, str, str, str]
Passes = Callable[[Group], Optional[bool]]


@dataclass(frozen=True)
class Simulated:
    """What a simulation found: the verdict, the groups it ends, and how many denials those hold."""

    simulation: Simulation
    groups: Tuple[Key, ...]
    resolves: int


@dataclass
class Site:
    """One finding and one proposal, with the host whose policy is asked.

    Args:
        own_log: the host wrote the log, so that its files are those the log is about.
    """

    finding: Finding
    proposal: Proposal
    host: Host
    own_log: bool = False

    @property
    def groups(self) -> Tuple[Group, ...]:
        """The finding's groups."""
        return self.finding.groups

    @property
    def first(self) -> Group:
        """The group with most denials."""
        return max(self.finding.groups, key=lambda group: group.count)

    def text(self, name: str, default: str = "") -> str:
        """A text parameter of the proposal."""
        value = self.proposal.parameters.get(name, default)
        return value if isinstance(value, str) else default

    @property
    def steps(self) -> Tuple[str, ...]:
        """The steps in words that the proposal brings."""
        value = self.proposal.parameters.get("steps", ())
        if isinstance(value, str):
            return (value,)
        return tuple(str(one) for one in value) if isinstance(value, tuple) else ()

    @cached_property
    def paths(self) -> Tuple[str, ...]:
        """Real paths of the finding's objects, as raw names."""
        found = [
            one.raw_path
            for group in self.groups
            for one in group.examples
            if is_usable(one.raw_path) and not one.path.endswith("(deleted)")
        ]
        return tuple(dict.fromkeys(found))

    def policy(self, group: Group, *types: str) -> Optional[Policy]:
        """The policy that knows the group's source and these types: the one at hand, else the reference."""
        return self.host.policy_with(group.source, *types, tclass=group.tclass)

    def wanted(self, group: Group, policy: Policy) -> FrozenSet[str]:
        """The whole access of a group, as far as the policy knows the permissions."""
        return whole(group.tclass, frozenset(group.permissions), group.target) & policy.class_permissions(group.tclass)

    def may(
        self, group: Group, target: str, source: str = "", booleans: Optional[Mapping[str, bool]] = None
    ) -> Optional[bool]:
        """Whether a domain has the group's whole access to a type; None when no policy can tell."""
        policy = self.policy(group, source or group.source, target)
        if policy is None:
            return None
        question = Question.of(group, self.wanted(group, policy), source=source, target=target)
        return Answer(question.with_booleans(booleans or {}), policy).allowed

    def before(self) -> str:
        """What the policy says without the remedy: all denied, all allowed, or nothing known."""
        answers = (self.host.ask(Question.of(group)) for group in self.groups)
        said = [bool(one.allowed) for one in answers if one.known]
        if not said:
            return "unknown"
        return "allowed" if all(said) and not any(level_refused(group) for group in self.groups) else "denied"

    def simulate(self, answer: Passes, how: str, *, levels: bool = True, against: str = "") -> Simulated:
        """Ask for every group whether it passes afterwards.

        Args:
            answer: group -> whether all of its access is allowed with the remedy; None when nobody can tell.
            how: how it was found out, for the report.
            levels: the levels stay as they were seen, and may refuse it whatever the types allow.
            against: what to say instead when nothing passes.
        """
        passed: List[Group] = []
        unknown = 0
        for group in self.groups:
            said = False if levels and level_refused(group) else answer(group)
            if said is None:
                unknown += group.count
            elif said:
                passed.append(group)
        asked = self.policy_name
        ended = tuple(group.key for group in passed)
        count = sum(group.count for group in passed)
        if count:
            left = self.denials - count
            note = (
                "" if not left else f"; {left} of {self.denials} denials stay" + (" unknown" if left == unknown else "")
            )
            return Simulated(Simulation(self.before(), "allowed", how + note, asked), ended, count)
        if unknown:
            why = f"not checked: no policy at hand knows {self.unknown_types}"
            everything = tuple(group.key for group in self.groups)
            return Simulated(Simulation(self.before(), "unknown", why, asked), everything, self.denials)
        return Simulated(Simulation(self.before(), "denied", against or how, asked), (), 0)

    def unchecked(self, why: str) -> Simulated:
        """The outcome of a remedy that no policy can judge."""
        everything = tuple(group.key for group in self.groups)
        return Simulated(Simulation(self.before(), "unknown", why, self.policy_name), everything, self.denials)

    @property
    def denials(self) -> int:
        """How many denials the finding holds."""
        return sum(group.count for group in self.groups)

    @property
    def unknown_types(self) -> str:
        """The types that the policy at hand lacks, for a sentence."""
        policy = self.host.policy
        names = {name for group in self.groups for name in (group.source, group.target)}
        missing = sorted(name for name in names if policy is None or not policy.has_type(name))
        return ", ".join(missing) if missing else "the new type"

    @property
    def policy_name(self) -> str:
        """The policy that answered, marked when it is the reference and not the one at hand."""
        for group in self.groups:
            policy = self.policy(group, group.target) or self.policy(group)
            if policy is not None:
                return policy.name
        return ""


def level_refused(group: Group) -> bool:
    """Whether the levels refuse this whatever the types allow."""
    for one in group.examples[:1]:
        constrained = one.source.level and one.target.level and group.tclass not in ("capability", "capability2")
        if constrained and group.target.startswith(("container_", "svirt_")):
            return not dominates(one.source.level, one.target.level)
    return False
