"""Remedy `boolean`: turn an option that the policy foresees."""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from avcdoctor.actions import make
from avcdoctor.knowledge import facts
from avcdoctor.model import Group, Remedy
from avcdoctor.remedies.beyond import goes_on
from avcdoctor.remedies.build import remedy
from avcdoctor.remedies.site import Site

Setting = Tuple[str, bool]
_MOST_NAMED = 4
_MOST_DOMAINS = 100  # above that a boolean is about all services: use_nfs_home_dirs, deny_ptrace, nis_enabled
_MOST_OPENED = 100  # (type, class) pairs; Debian's policy has none between 97 (NIS) and 169 (every unreserved port)


def build(site: Site) -> Optional[Remedy]:
    """Turn one boolean, or the pair that helps only together."""
    settings = _settings(site)
    if not settings:
        return None
    values: Dict[str, bool] = dict(settings)
    words = " and ".join(f"{name} {'on' if value else 'off'}" for name, value in settings)
    group = site.first
    policy = site.policy(group, group.target)
    if policy is not None and not all(name in policy.booleans for name, _value in settings):
        outcome = site.unchecked(f"{policy.name} has no boolean {words.split()[0]}")
    elif policy is not None and policy is site.host.reference and _is_silent(site, settings):
        outcome = site.unchecked(f"{policy.name} has {words.split()[0]} for other domains only; a system's has more")
    else:
        outcome = site.simulate(
            lambda one: _allowed(site, one, values),
            f"with {words} the policy allows all of it",
        )
    at_hand = policy is not None and policy is not site.host.reference  # the values of our own policy are nobody's
    already = at_hand and policy is not None and all(policy.booleans.get(name) is value for name, value in settings)
    if already and not site.proposal.parameters.get("elsewhere"):
        return None
    if site.host.report and all(site.host.boolean(name) is value for name, value in settings):
        return None
    grants = _grants(site, settings)
    return remedy(
        site,
        f"turn {words}",
        outcome,
        make.booleans(settings),
        grants=grants,
        notes=_wider(site, settings),
        wide=_wide(site, settings),
    )


def _allowed(site: Site, group: Group, values: Dict[str, bool]) -> Optional[bool]:
    """Whether the access passes with the booleans set: by a rule, or since the program then runs in another domain."""
    said = site.may(group, group.target, booleans=values)
    if said:
        return goes_on(site, group, values)
    return True if said is False and _leads_elsewhere(site, group, values) else said


def _leads_elsewhere(site: Site, group: Group, values: Dict[str, bool]) -> bool:
    """Whether the booleans add a domain change for some program, and what is entered has the whole access."""
    policy = site.policy(group, group.target)
    if policy is None:
        return False
    before = policy.transitions_from(group.source)
    new = {to for by, to in policy.transitions_from(group.source, values).items() if before.get(by) != to}
    return any(site.may(group, group.target, domain, values) for domain in sorted(new))


def _wide(site: Site, settings: Tuple[Setting, ...]) -> str:
    """Why a boolean opens far more than the incident, such as every port or every domain's memory; else nothing.

    Every policy at hand that has the boolean is asked: the host's own, and the one that judges the incident.
    """
    asked = [one for one in (site.host.policy, site.policy(site.first, site.first.target)) if one is not None]
    sources = sorted({group.source for group in site.finding.groups})
    for name, _value in settings:
        having = [policy for policy in asked if name in policy.booleans]
        if not having and facts.is_wide(name):
            return f"{name} opens far more than this"
        reach = max((policy.boolean_reach(name) for policy in having), default=0)
        if reach > _MOST_DOMAINS:
            return f"{name} concerns {reach:,} domains"
        opened, source = max(
            ((policy.boolean_opens(name, source), source) for policy in having for source in sources), default=(0, "")
        )
        if opened > _MOST_OPENED:
            return f"{name} opens {opened:,} kinds of object to {source}"
    return ""


def _is_silent(site: Site, settings: Tuple[Setting, ...]) -> bool:
    """Whether the policy has these booleans without a word about the domain: our own small one names a few domains."""
    policy = site.policy(site.first, site.first.target)
    return policy is not None and not any(site.first.source in policy.boolean_sources(name) for name, _ in settings)


def _wider(site: Site, settings: Tuple[Setting, ...]) -> Tuple[str, ...]:
    """The other booleans that would do, when this is the narrowest."""
    names = [str(one.parameters.get("name", "")) for one in site.finding.proposals if one.kind == "boolean"]
    others = [name for name in names if name and name != settings[0][0]]
    if not others or names[0] != settings[0][0]:
        return ()
    return (f"the narrowest that does; {' or '.join(others)} would open more",)


def _settings(site: Site) -> Tuple[Setting, ...]:
    pair = site.proposal.parameters.get("settings")
    if isinstance(pair, tuple):
        return tuple((str(name), bool(value)) for name, value in pair)
    name = site.text("name")
    return ((name, bool(site.proposal.parameters.get("value", True))),) if name else ()


def _grants(site: Site, settings: Tuple[Setting, ...]) -> Tuple[str, ...]:
    """What else a boolean turns on: how many domains it concerns, and which."""
    policy = site.host.policy
    found = []
    for name, _value in settings:
        if policy is None or name not in policy.booleans:
            found.append(f"{name} opens more than this one access; see `semanage boolean -l | grep {name}`")
            continue
        sources = sorted(policy.boolean_sources(name))
        shown = ", ".join(sources[:_MOST_NAMED]) + (
            f" and {len(sources) - _MOST_NAMED} more" if len(sources) > _MOST_NAMED else ""
        )
        found.append(f"{name} concerns {len(sources)} domain{'s' if len(sources) != 1 else ''}: {shown}")
    return tuple(found)
