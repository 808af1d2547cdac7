"""Booleans: options the policy foresees, the narrowest first."""

from __future__ import annotations

from typing import List, Optional, Tuple

from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.knowledge import facts
from avcdoctor.knowledge.match import condition_holds
from avcdoctor.model import Proposal

Setting = Tuple[str, bool]
_WIDE = 40
"""A boolean whose rules concern more source types than this is no answer for one service."""


def diagnose(case: Case) -> Optional[Diagnosis]:
    """Name the boolean that answers this denial, or nothing."""
    settings = settings_for(case)
    if not settings:
        return None
    name, value = settings[0]
    word = "on" if value else "off"
    known = _told(case, name)
    proof = case.local and case.policy is not None
    evidence = (
        f"{name} is {'off' if value else 'on'} in {case.policy.name}" if case.policy else f"{name}: not checked",
    )
    return Diagnosis(
        cause="boolean",
        title=case.described(),
        why=f"The policy foresees this as an option{': ' + known if known else ''}. It is decided by {name}, which "
        "has to be "
        f"{word}" + ("." if proof else "; the policy at hand could not confirm it."),
        root=("boolean", case.source, name),
        evidence=evidence,
        next=words.next_step(case.tclass, case.permissions),
        proposals=tuple(Proposal("boolean", {"name": one, "value": state}) for one, state in settings[:3]),
    )


def settings_for(case: Case) -> List[Setting]:
    """Booleans that would each allow this, best first: by the policy, by the rule packs, by the tables of facts.

    A boolean of the service's own comes before one that many services share; among equals the one that turns
    fewer rules comes first.
    """
    policy = case.policy
    if policy is not None:
        sets = policy.booleans_for(case.source, case.target, case.tclass, case.permissions)
        singles = [one[0] for one in sets if len(one) == 1]
        return [one for one in sorted(singles, key=lambda one: _rank(case, one)) if not _too_wide(case, one)]
    told: List[Setting] = []
    for service in case.knowledge.services:
        for fact in service.booleans:
            if any(condition_holds(match, case.group, case.known_attribute) for match in fact.when):
                told.append((fact.name, fact.value))
    for name in facts.booleans_for(case.source, case.target, case.tclass, case.permissions):
        if name not in {one for one, _value in told} and not facts.is_wide(name):
            told.append((name, facts.boolean_value(name)))
    return told


def pairs_for(case: Case) -> List[Tuple[Setting, ...]]:
    """Pairs of booleans that allow this only together."""
    if case.policy is None:
        return []
    sets = case.policy.booleans_for(case.source, case.target, case.tclass, case.permissions)
    return [one for one in sets if len(one) == 2]


def _rank(case: Case, setting: Setting) -> Tuple[int, int, int, str]:
    name = setting[0]
    own = name.startswith(words.family(case.source)) or (
        case.service is not None and any(fact.name == name for fact in case.service.booleans)
    )
    policy = case.policy
    opens = policy.boolean_opens(name, case.source) if policy else 0
    return (0 if own else 1, opens, policy.boolean_reach(name) if policy else 0, name)


def _too_wide(case: Case, setting: Setting) -> bool:
    """nis_enabled, domain_kernel_load_modules and the like: they concern half the system."""
    name = setting[0]
    if name.startswith(words.family(case.source)):
        return False
    return case.policy is not None and case.policy.boolean_reach(name) > _WIDE and not _about_object(case, name)


def _about_object(case: Case, name: str) -> bool:
    """The boolean is named after the very thing that was denied, such as use_nfs_home_dirs for nfs_t."""
    words_of_target = set(case.target.rsplit("_t", 1)[0].split("_")) - {"t", "exec", "file", "port"}
    aliases = {"cifs": "samba", "fusefs": "fuse", "user": "user", "home": "home"}
    words_of_target |= {aliases[word] for word in words_of_target if word in aliases}
    return bool(words_of_target & set(name.split("_"))) or case.tclass == "system"


def _told(case: Case, name: str) -> str:
    for service in case.knowledge.services:
        for fact in service.booleans:
            if fact.name == name:
                return fact.says
    return ""
