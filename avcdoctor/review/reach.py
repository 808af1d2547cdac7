"""What a domain can do after a remedy that it could not before: domains it can enter, secrets it can then read.

A domain enters another one where the policy has all of: process transition, execute on a file type of which the other
has entrypoint, and either a type_transition rule or the right to choose (setexec); or process dyntransition with
setcurrent. That is what setools' DomainTransitionAnalysis asks; the rules of a remedy are laid over the policy's here,
so that nothing has to be built.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Dict, FrozenSet, List, Mapping, Sequence, Tuple

from avcdoctor.actions.cil import accesses
from avcdoctor.diagnose import words
from avcdoctor.errors import PlanError
from avcdoctor.host import Host, Policy
from avcdoctor.knowledge.protected import is_secret
from avcdoctor.model import Incident, Remedy, Report
from avcdoctor.review.model import Module

STEPS = 3
_MOST_SOURCES = 20
_MOST_DOMAINS = 400  # past that a domain is as good as unconfined, and the list tells nothing more
_READ = frozenset({"read", "open"})
_SENDS = ("tcp_socket", "udp_socket")

Extra = Mapping[Tuple[str, str, str], FrozenSet[str]]
"""Rules laid over a policy: (source, target, class) to permissions."""


@dataclass
class Overlay:
    """A policy with more rules and other booleans, asked as if they were in it.

    Args:
        policy: the policy at hand.
        extra: rules of a module.
        booleans: values that a remedy sets.
    """

    policy: Policy
    extra: Extra = field(default_factory=dict)
    booleans: Mapping[str, bool] = field(default_factory=dict)
    _own: Dict[str, Dict[Tuple[str, str], FrozenSet[str]]] = field(default_factory=dict)

    def allowed(self, source: str, target: str, tclass: str) -> FrozenSet[str]:
        """What a source may do to a target."""
        granted = self.policy.allowed(source, target, tclass, self.booleans)
        return granted | self.extra.get((source, target, tclass), frozenset())

    def targets(self, source: str, tclass: str, permission: str) -> FrozenSet[str]:
        """The types on which a source has a permission."""
        found = self.policy.targets(source, tclass, (permission,))
        return found | {
            target for (target, of), names in self._more(source).items() if of == tclass and permission in names
        }

    def _more(self, source: str) -> Mapping[Tuple[str, str], FrozenSet[str]]:
        if source not in self._own:
            found = dict(self.policy.boolean_grants(self.booleans, source)) if self.booleans else {}
            for (name, target, tclass), permissions in self.extra.items():
                if name == source:
                    found[(target, tclass)] = found.get((target, tclass), frozenset()) | permissions
            self._own[source] = found
        return self._own[source]

    def enters(self, source: str) -> Tuple[str, ...]:
        """The domains that a domain can become in one step."""
        own = self.allowed(source, source, "process")
        runs = self.targets(source, "file", "execute")
        by_rule = self.policy.transitions_from(source, self.booleans)
        found = set()
        for domain in self.targets(source, "process", "transition") - {source}:
            doors = self.targets(domain, "file", "entrypoint") & runs
            if doors and ("setexec" in own or any(by_rule.get(door) == domain for door in doors)):
                found.add(domain)
        if "setcurrent" in own:
            found |= self.targets(source, "process", "dyntransition") - {source}
        return tuple(sorted(found))


def paths(overlay: Overlay, domain: str, steps: int = STEPS) -> Mapping[str, Tuple[str, ...]]:
    """Every domain that can be reached, with a shortest way to it, the first domain included.

    Args:
        overlay: the policy.
        domain: where it begins.
        steps: how many transitions at most.
    """
    found: Dict[str, Tuple[str, ...]] = {domain: (domain,)}
    waiting = deque([domain])
    while waiting and len(found) < _MOST_DOMAINS:
        here = waiting.popleft()
        if len(found[here]) > steps:
            continue
        for other in overlay.enters(here):
            if other not in found:
                found[other] = (*found[here], other)
                waiting.append(other)
    return found


@dataclass(frozen=True)
class Reach:
    """What is new after a remedy.

    Args:
        domains: ways to domains that could not be entered before, the shortest first.
        secrets: (type that holds secrets, way to the domain that can read it), likewise.
        sends: a domain that can read a secret that is new can also send it over the network.
    """

    domains: Tuple[Tuple[str, ...], ...]
    secrets: Tuple[Tuple[str, Tuple[str, ...]], ...]
    sends: bool = False


def reach(policy: Policy, domain: str, extra: Extra, booleans: Mapping[str, bool]) -> Reach:
    """Compare what a domain can reach with and without some rules and booleans.

    Args:
        policy: the policy at hand.
        domain: the domain that the remedy is for.
        extra: the remedy's rules.
        booleans: the booleans it sets.
    """
    before, after = Overlay(policy), Overlay(policy, extra, booleans)
    old, new = paths(before, domain), paths(after, domain)
    secret_types = sorted(name for name in policy.types if is_secret(name))
    known = {name for name in secret_types if any(_reads(before, one, name) for one in old)}
    secrets: List[Tuple[str, Tuple[str, ...]]] = []
    for name in secret_types:
        ways = [way for one, way in new.items() if name not in known and _reads(after, one, name)]
        if ways:
            secrets.append((name, min(ways, key=len)))
    domains = tuple(sorted((way for one, way in new.items() if one not in old), key=lambda way: (len(way), way)))
    sends = any(_sends(after, way[-1]) for _, way in secrets)
    return Reach(domains, tuple(secrets), sends)


def _reads(overlay: Overlay, domain: str, type_: str) -> bool:
    return overlay.allowed(domain, type_, "file") >= _READ


def _sends(overlay: Overlay, domain: str) -> bool:
    return any("create" in overlay.allowed(domain, domain, tclass) for tclass in _SENDS)


def sentences(found: Reach) -> Tuple[str, ...]:
    """At most three lines about what is new; one that says so where nothing is."""
    if not found.domains and not found.secrets:
        return (f"reach: no new domain and no secret within {STEPS} steps",)
    lines = []
    if found.domains:
        names = words.listing((way[-1] for way in found.domains), 5)
        lines.append(f"reach: can then become {names} (the first by {_way(found.domains[0])})")
    if found.secrets:
        names = words.listing((name for name, _ in found.secrets), 5)
        lines.append(f"reach: secrets within {STEPS} steps: {names} (the first by {_way(found.secrets[0][1])})")
    if found.sends:
        lines.append("reach: what reads them can also open network sockets")
    return tuple(lines)


def _way(way: Sequence[str]) -> str:
    return " -> ".join(way)


def with_reach(report: Report, host: Host) -> Report:
    """Say of every remedy that grants something what becomes reachable by it.

    Args:
        report: what was found.
        host: whose policy is asked.
    """
    incidents = []
    for one in report.incidents:
        remedies = tuple(_with_reach(remedy, one, host) for remedy in one.remedies)
        incidents.append(replace(one, remedies=remedies))
    return replace(report, incidents=tuple(incidents))


def of_module(module: Module, host: Host) -> Module:
    """A module with what its allow rules make reachable among its notes, one domain after another.

    Args:
        module: what was read; rules about its own types and attributes can't be asked about and are left out.
        host: whose policy is asked.
    """
    policy = host.policy or host.reference
    by_source: Dict[str, Dict[Tuple[str, str, str], FrozenSet[str]]] = {}
    for rule in module.rules:
        target = rule.source if rule.target == "self" else rule.target
        if policy is None or rule.effect != "allow" or not (policy.has_type(rule.source) and policy.has_type(target)):
            continue
        extra = by_source.setdefault(rule.source, {})
        key = (rule.source, target, rule.tclass)
        extra[key] = extra.get(key, frozenset()) | rule.permissions
    notes: List[str] = []
    for source, extra in sorted(by_source.items())[:_MOST_SOURCES]:
        if policy is not None:
            notes += [f"{source} {line}" for line in sentences(reach(policy, source, extra, {}))]
    return replace(module, notes=(*module.notes, *notes))


def _with_reach(remedy: Remedy, incident: Incident, host: Host) -> Remedy:
    extra, booleans = granted(remedy)
    source = incident.finding.groups[0].source
    policy = host.policy_with(source)
    if policy is None or not (extra or booleans):
        return remedy
    return replace(remedy, grants=(*remedy.grants, *sentences(reach(policy, source, extra, booleans))))


def granted(remedy: Remedy) -> Tuple[Extra, Mapping[str, bool]]:
    """The rules and booleans a remedy brings; both empty for one that grants nothing of the kind."""
    extra: Dict[Tuple[str, str, str], FrozenSet[str]] = {}
    booleans: Dict[str, bool] = {}
    for action in remedy.actions:
        if "cil" in action.parameters:
            extra.update(rules_of(str(action.parameters["cil"])))
        elif {"name", "value"} <= set(action.parameters):
            booleans[str(action.parameters["name"])] = action.parameters["value"] in (True, "on")
    return extra, booleans


def rules_of(cil: str) -> Extra:
    """The allow rules of a module that avcdoctor wrote; empty for a text that holds anything else."""
    try:
        found = accesses(cil)
    except PlanError:
        return {}
    extra: Dict[Tuple[str, str, str], FrozenSet[str]] = {}
    for rule in found:
        if rule.effect == "allow" and not rule.ioctls:
            key = (rule.source, rule.source if rule.target == "self" else rule.target, rule.tclass)
            extra[key] = extra.get(key, frozenset()) | rule.permissions
    return extra
