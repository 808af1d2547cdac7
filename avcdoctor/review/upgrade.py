"""What another version of the policy changes for one machine: denials that end, and what its local parts rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, List, Sequence, Tuple

from avcdoctor.host import Answer, Policy, Question
from avcdoctor.host.local import Local
from avcdoctor.model import Group
from avcdoctor.review.model import Module, Rule
from avcdoctor.review.newer import passes


@dataclass(frozen=True)
class Upgrade:
    """What changes from one policy to another.

    Args:
        old: what to call the policy that is left.
        new: what to call the policy that comes.
        ended: groups that the old policy denies and the new one allows.
        begun: groups that the old policy allows and the new one denies.
        kept: how many groups both deny.
        untold: how many groups one of them can't judge.
        redundant: (module, rule) pairs that the new policy has by itself.
        lost: what local parts rest on and the new policy lacks, in words.
    """

    old: str
    new: str
    ended: Tuple[Group, ...] = ()
    begun: Tuple[Group, ...] = ()
    kept: int = 0
    untold: int = 0
    redundant: Tuple[Tuple[str, str], ...] = ()
    lost: Tuple[str, ...] = ()


def compare(
    old: Policy, new: Policy, groups: Iterable[Group], modules: Sequence[Module] = (), local: Sequence[Local] = ()
) -> Upgrade:
    """Ask both policies about denials, and the new one about everything local.

    Args:
        old: the policy in use.
        new: the one that is to come.
        groups: denials of a log.
        modules: local modules.
        local: the machine's local settings, at most one.
    """
    ended: List[Group] = []
    begun: List[Group] = []
    kept = untold = 0
    for group in groups:
        answers = (passes(old, group), passes(new, group))
        if None in answers:
            untold += 1
        elif answers == (False, True):
            ended.append(group)
        elif answers == (True, False):
            begun.append(group)
        elif answers == (False, False):
            kept += 1
    redundant = tuple((module.name, str(rule)) for module in modules for rule in module.rules if _has(new, rule))
    lost = (*_lost_by_modules(old, new, modules), *_lost_settings(old, new, local))
    return Upgrade(old.name, new.name, tuple(ended), tuple(begun), kept, untold, redundant, lost)


def _has(policy: Policy, rule: Rule) -> bool:
    target = rule.source if rule.target == "self" else rule.target
    if rule.effect != "allow" or rule.ioctls:
        return False
    return Answer(Question(rule.source, target, rule.tclass, rule.permissions), policy).reason == "allowed"


def _lost_by_modules(old: Policy, new: Policy, modules: Sequence[Module]) -> List[str]:
    """Types, attributes, classes and permissions that a module names and the new policy has no longer."""
    found = []
    for module in modules:
        names = {name for rule in module.rules for name in (rule.source, rule.target)} - {"self"} - module.declared
        for name in sorted(names):
            if _known(old, name) and not _known(new, name):
                found.append(f"module {module.name} names {name}, which {new.name} has no longer: it will not load")
        for rule in module.rules:
            if old.has_class(rule.tclass) and not new.has_class(rule.tclass):
                found.append(f"module {module.name} names the class {rule.tclass}, which {new.name} has no longer")
    return list(dict.fromkeys(found))


def _known(policy: Policy, name: str) -> bool:
    return policy.has_type(name) or policy.has_attribute(name)


def _lost_settings(old: Policy, new: Policy, local: Sequence[Local]) -> List[str]:
    found = []
    for one in local:
        for name, value in one.booleans.items():
            if name in old.booleans and name not in new.booleans:
                found.append(f"boolean {name} is set here, and {new.name} has no such boolean")
            elif new.booleans.get(name) is value and old.booleans.get(name) is not value:
                found.append(f"boolean {name}: {new.name} has this value by itself, the setting is no longer needed")
        for port in one.ports:
            if old.has_type(port.type) and not new.has_type(port.type):
                found.append(f"port {port.protocol} {port.low} is {port.type}, a type that {new.name} has no longer")
        for context in one.contexts:
            if context.type and old.has_type(context.type) and not new.has_type(context.type):
                found.append(f"{context.pattern} is labelled {context.type}, a type that {new.name} has no longer")
    return found
