"""Remedy `container-label`: labels and categories of a volume, which the container engine usually sets."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Match, Optional, Tuple

from avcdoctor.actions import make
from avcdoctor.host import Answer, Question
from avcdoctor.knowledge.domains import members
from avcdoctor.model import Group, Remedy
from avcdoctor.remedies.build import by_hand, remedy
from avcdoctor.remedies.site import Site

_MOST_PATHS = 8
_TYPE_OPTION = re.compile(r"(label=type:)(\w+)")


def build(site: Site) -> Remedy:
    """Give what the log names the level that all containers share; else say how the engine labels a volume."""
    level = site.text("level")
    places = _places(site) if level else {}
    if not places:
        return by_hand(
            replace(
                site, proposal=replace(site.proposal, parameters={**site.proposal.parameters, "steps": _steps(site)})
            ),
            "label the volume for containers",
            "the container engine does the labelling",
            "add :Z (one container) or :z (several) to the volume",
        )
    outcome = site.simulate(
        lambda group: _reaches(site, group, level), f"{site.first.source} may use it at the level {level}", levels=False
    )
    steps = tuple(make.level(path, whole, old, level) for path, (whole, old) in places.items())
    before = dict.fromkeys(old for _whole, old in places.values())
    return remedy(
        site,
        f"share it among containers: the level {level}, which :z gives",
        outcome,
        steps + make.manual(*site.steps),
        grants=(f"every container may use it then, not only the one it was labelled for ({', '.join(before)})",),
    )


def _steps(site: Site) -> Tuple[str, ...]:
    """The proposal's steps, which may start a container in the runtime's own domain.

    Where this policy has no such domain, or has its name for a type of files, another of that family takes its place.
    """
    policy = site.policy(site.first, site.first.target)
    there = [name for name in members("runtime") if policy and policy.is_domain(name)]

    def named(found: Match[str]) -> str:
        strange = policy is not None and found.group(2) in members("runtime") and found.group(2) not in there
        return found.group(1) + (there[0] if strange and there else found.group(2))

    return tuple(_TYPE_OPTION.sub(named, step) for step in site.steps)


def _places(site: Site) -> Dict[str, Tuple[bool, str]]:
    """Path to whether all below it is meant, and its level now: what this machine has under the names in the log.

    A path in the log may be one inside the container; only what has the inode of the log is the same file.
    """
    found: Dict[str, Tuple[bool, str]] = {}
    if not site.own_log:
        return found
    for group in site.groups:
        for one in group.examples:
            facts = site.host.files.lstat(one.raw_path) if one.raw_path else None
            if facts is None or facts.inode != one.inode or facts.type not in "fd":
                return {}
            found[facts.path] = (facts.type == "d", one.target.level)
    kept = {
        path: value
        for path, value in found.items()
        if not any(whole and path.startswith(f"{other.rstrip('/')}/") for other, (whole, _level) in found.items())
    }
    return kept if len(kept) <= _MOST_PATHS else {}


def _reaches(site: Site, group: Group, level: str) -> Optional[bool]:
    """Whether the types allow it, and no constraint stands against it once the object has the level."""
    policy = site.policy(group, group.target)
    if policy is None:
        return None
    levelled = tuple((one.source, one.target._replace(level=level)) for one in group.examples)
    return Answer(replace(Question.of(group, site.wanted(group, policy)), contexts=levelled), policy).allowed
