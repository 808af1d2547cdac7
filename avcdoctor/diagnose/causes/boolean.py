"""Booleans: options the policy foresees, the narrowest first."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import List, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.access.whole import whole
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.host import Answer, Policy
from avcdoctor.knowledge import facts
from avcdoctor.knowledge.match import condition_covers
from avcdoctor.model import Proposal

Setting = Tuple[str, bool]
_EVERYBODY = frozenset({"nis_enabled", "allow_ypbind", "kerberos_enabled", "authlogin_nsswitch_use_ldap", "fips_mode"})
"""Booleans whose name has nothing to do with what they happen to open for nearly every service."""

_SERIAL = re.compile(r"(^|/)(rfcomm|ttyS|ttyUSB|ttyACM|ttyAMA|ttyXR)[0-9]+$")
_WIDE = 40
"""A boolean whose rules concern more source types than this is no answer for one service."""


PAGES = (
    Page(
        "boolean",
        "an option of the policy is off",
        "The policy foresees this use as an option, and a boolean decides about it.",
        "the access is allowed as soon as the boolean is asked for with its other value",
        "turn the narrowest boolean that does; it concerns every program of the domains it names",
    ),
)


@cause(220, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Name the boolean that answers this denial, or the pair that does only together, or nothing."""
    offered = proposals(case)
    if not offered:
        return None
    name, value = _first_setting(offered[0])
    known = _told(case, name)
    state = _state(case, name)
    return Diagnosis(
        cause="boolean",
        title=case.described(),
        why=f"The policy foresees this as an option{': ' + known if known else ''}. {name} decides about it and has "
        f"to be {'on' if value else 'off'}" + ("." if state else "; the policy at hand could not confirm it."),
        root=("boolean", case.source, name),
        evidence=(state,) if state else (f"{name}: not checked",),
        next=words.next_step(case.tclass, case.permissions),
        proposals=tuple(offered),
    )


def proposals(case: Case, most: int = 3) -> List[Proposal]:
    """The booleans to offer, the narrowest first; a pair only where none helps alone."""
    singles = [Proposal("boolean", {"name": name, "value": value}) for name, value in settings_for(case)[:most]]
    if singles or case.policy is None:
        return singles
    pairs = [
        one for one in _sets(case, case.policy) if len(one) > 1 and not any(_too_wide(case, setting) for setting in one)
    ]
    return [Proposal("boolean", {"settings": pair}) for pair in pairs[:1]]


def settings_for(case: Case) -> List[Setting]:
    """Booleans that would each allow this, best first.

    A system's own policy answers alone. Otherwise our reference policy, the rule packs and the tables of facts answer
    together. A boolean of the service's own comes before one that many services share; among equals the one that
    opens least comes first.
    """
    policy = case.policy
    found: List[Setting] = []
    if policy is not None:
        singles = [one[0] for one in _sets(case, policy) if len(one) == 1]
        found = [one for one in sorted(singles, key=lambda one: _rank(case, one)) if not _too_wide(case, one)]
    if case.local or found:
        return found
    found = told_by_packs(case)
    for name in facts.booleans_for(case.source, case.target, case.tclass, case.permissions):
        value = facts.boolean_value(name)
        turned = _was_turned(case, name)
        wide = facts.is_wide(name) and not turned and not _about_object(case, name)
        if wide or _for_another_thing(case, name):
            continue
        if turned or facts.boolean_default(name) is not value:
            found.append((name, value))
    return list(dict(found).items())


def _sets(case: Case, policy: Policy) -> Tuple[Tuple[Setting, ...], ...]:
    """What would allow the denied permissions; where a rule grants those already, what allows the whole operation."""
    if case.answer.booleans or not case.answer.by_types:
        return case.answer.booleans
    wanted = whole(case.tclass, case.permissions, case.target) & policy.class_permissions(case.tclass)
    return Answer(replace(case.answer.question, permissions=wanted), policy).booleans


def is_meant(case: Case, setting: Setting) -> bool:
    """Whether a boolean is about this service or this object; some open what their name says nothing of.

    domain_fd_use holds for every domain, and with virt_use_usb a virtual machine may read all of /sys: that they are
    on explains no denial in another machine's log.
    """
    name = setting[0]
    named = name.startswith(words.family(case.source)) or name in dict(told_by_packs(case))
    return not facts.is_wide(name) and (named or _about_object(case, name))


def told_by_packs(case: Case) -> List[Setting]:
    """The booleans that the rule packs name for just this access, whatever a policy at hand says."""
    return [
        (fact.name, fact.value)
        for service in case.knowledge.services
        for fact in service.booleans
        if any(condition_covers(match, case.group, case.known_attribute) for match in fact.when)
    ]


def _first_setting(proposal: Proposal) -> Setting:
    pair = proposal.parameters.get("settings")
    if isinstance(pair, tuple):
        return str(pair[0][0]), bool(pair[0][1])
    return str(proposal.parameters["name"]), bool(proposal.parameters["value"])


def _state(case: Case, name: str) -> str:
    """What the boolean is now in the policy that was asked; empty when that policy does not have it."""
    policy = case.policy
    if policy is None or name not in policy.booleans:
        return ""
    return f"{name} is {'on' if policy.booleans[name] else 'off'} in {policy.name}"


def _rank(case: Case, setting: Setting) -> Tuple[int, int, int, str]:
    name = setting[0]
    own = name.startswith(words.family(case.source)) or (
        case.service is not None and any(fact.name == name for fact in case.service.booleans)
    )
    facts_of_it = [fact for service in case.knowledge.services for fact in service.booleans if fact.name == name]
    meant = not facts_of_it or any(
        condition_covers(match, case.group, case.known_attribute) for fact in facts_of_it for match in fact.when
    )
    policy = case.policy
    opens = policy.boolean_opens(name, case.source) if policy else 0
    return (0 if own and meant else 1 if own else 2, opens, policy.boolean_reach(name) if policy else 0, name)


def _too_wide(case: Case, setting: Setting) -> bool:
    """nis_enabled, domain_kernel_load_modules and the like: they concern half the system."""
    name = setting[0]
    if name.startswith(words.family(case.source)):
        return False
    if _for_another_thing(case, name):
        return True
    if name in _EVERYBODY:
        return True
    if facts.is_wide(name) and not _about_object(case, name):
        return True
    return case.policy is not None and case.policy.boolean_reach(name) > _WIDE and not _about_object(case, name)


def _was_turned(case: Case, name: str) -> bool:
    """deny_ptrace is off as shipped: a person's debugger that is refused its own domain shows that it was turned on."""
    return name == "deny_ptrace" and case.source == case.target and not kinds.launcher_or_service(case.source)


def _for_another_thing(case: Case, name: str) -> bool:
    """daemons_use_tty is meant for the terminal a daemon was started from, not for a serial line it works with."""
    return name == "daemons_use_tty" and _SERIAL.search(case.shown_path or case.name) is not None


def _about_object(case: Case, name: str) -> bool:
    """The boolean is named after the very thing that was denied, such as use_nfs_home_dirs for nfs_t."""
    words_of_target = set(names.stem(case.target).split("_")) - {"t", "exec", "file", "port"}
    aliases = {"cifs": "samba", "fusefs": "fuse", "user": "user", "home": "home"}
    words_of_target |= {aliases[word] for word in words_of_target if word in aliases}
    return bool(words_of_target & set(name.split("_"))) or case.tclass == "system"


def _told(case: Case, name: str) -> str:
    for service in case.knowledge.services:
        for fact in service.booleans:
            if fact.name == name:
                return fact.says
    return ""
