"""Remedy `module`: a minimal local module for the whole access, the last resort."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, FrozenSet, List, Optional, Set, Tuple

from avcdoctor.access.names import is_program
from avcdoctor.access.operations import needs
from avcdoctor.access.whole import INTERPRETERS, RUN_INSIDE, SHELL, is_start, whole
from avcdoctor.actions import make
from avcdoctor.diagnose import words
from avcdoctor.diagnose.protection import reaches_out
from avcdoctor.host import Answer, Policy, Question
from avcdoctor.model import GrantedRule, Group, Remedy
from avcdoctor.remedies.build import remedy
from avcdoctor.remedies.interpreter import interpreters
from avcdoctor.remedies.policy_source import (
    IoctlRule,
    Rule,
    cil_source,
    ioctl_source,
    ioctl_text,
    module_name,
    rule_text,
    te_source,
)
from avcdoctor.remedies.site import Site, level_refused

_RUN = needs("file", "start")
_SCRIPTS = (".sh", ".py", ".pl", ".rb", ".lua")
_MOST_TOLD = 3
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def build(site: Site) -> Optional[Remedy]:
    """Allow what was denied and what the same operation needs next, and nothing else."""
    rules, numbers = allow_rules(site), ioctl_rules(site)
    if not rules and not numbers:
        return None
    name = module_name(site.first.source, rules, numbers)
    texts = (*(rule_text(rule) for rule in rules), *(ioctl_text(rule) for rule in numbers))
    levelled = [group for group in site.groups if level_refused(group)]
    outcome = site.simulate(
        lambda group: _passes(site, group),
        "by rule evaluation, constraints included (neverallow rules are checked when it is built)"
        + ("; levels still refuse a part" if levelled else ""),
    )
    grants = (*texts, f"for every program in {site.first.source}, not only {_programs(site)}")
    notes: Tuple[str, ...] = ("read it before you load it",)
    if any(_interpreters_allowed(site, group) for group in site.groups):
        notes += ("it holds the script's interpreter as well, without which the script does not run",)
    if any(_interpreter_missing(site, group) for group in site.groups):
        notes += (
            f"a script needs its interpreter ({SHELL}) as well, which this domain may not run: not in the module",
        )
    dangers = (reaches_out(site.host, source, target, tclass) for source, target, tclass, _asked in rules)
    notes += (*dict.fromkeys(danger for danger in dangers if danger), *_likely_next(site))
    built = remedy(
        site,
        f"a local module for {site.first.source}",
        outcome,
        make.module(name, cil_source(rules) + ioctl_source(numbers), "" if numbers else te_source(name, rules)),
        grants=grants,
        notes=notes,
    )
    return replace(built, rules=explained_rules(site, rules))


def _likely_next(site: Site) -> Tuple[str, ...]:
    """What the program will ask for once this is allowed, in words; it is in no rule."""
    told: List[str] = []
    for group in site.groups:
        program, runs = group.tclass == "file" and is_program(group.target), "execute" in _wanted(site, group)
        after = words.next_step(group.tclass, frozenset(group.permissions))
        if program and runs:
            after = "what the program does once it runs, such as capabilities and sockets of its own"
        elif program:
            after = f"a program that looks at {group.target} is likely to run it next, which this does not allow"
        told += [f"not in it: {after}"] if program or ("execute" in after and not runs) else []
    return tuple(dict.fromkeys(told))[:_MOST_TOLD]


def _passes(site: Site, group: Group) -> Optional[bool]:
    """With the rules added only what stands above rules can refuse: constraints, roles and bounds."""
    policy = site.policy(group, group.target)
    if policy is None:
        return None
    wanted = site.wanted(group, policy)
    question = replace(Question.of(group, wanted), added=wanted, ioctls=frozenset())  # the module names the numbers
    if Answer(question, policy).allowed is False:
        return False
    return None if _interpreter_missing(site, group) else True


def _interpreter_missing(site: Site, group: Group) -> bool:
    """Whether a script is to be run by an interpreter that is not known here: that may be refused next."""
    policy = site.policy(group, SHELL)
    if policy is None or not is_start(group) or _may_run(policy, group.source):
        return False
    paths = [one.raw_path for one in group.examples if one.raw_path]
    if site.own_log:
        scripts = [path for path in paths if (site.host.files.read_text(path, 2) or "") == "#!"]
        known = _interpreters_allowed(site, group)
        return any(not set(interpreters(site.host, path)) <= INTERPRETERS for path in scripts) or (
            any(path.endswith(_SCRIPTS) and not site.host.files.exists(path) for path in paths) and not known
        )
    return any(path.endswith(_SCRIPTS) for path in paths)


def _may_run(policy: Policy, source: str) -> bool:
    """Whether type rules let a domain run the usual shells."""
    return Answer(Question(source, SHELL, "file", _RUN), policy).by_types is True


def _interpreters_allowed(site: Site, group: Group) -> Dict[str, Set[str]]:
    """What a script of this machine needs besides itself: interpreter types and what is missing on them."""
    policy = site.policy(group, group.target)
    if policy is None or not site.own_log or not is_start(group):
        return {}
    found: Dict[str, Set[str]] = {}
    for path in dict.fromkeys(one.raw_path for one in group.examples if one.raw_path):
        for type_ in interpreters(site.host, path):
            stays = policy.has_type(type_) and policy.transition(group.source, type_) is None
            missing = Answer(Question(group.source, type_, "file", RUN_INSIDE), policy).missing
            if type_ in INTERPRETERS and stays and missing:
                found[type_] = set(missing)
    return found


def _programs(site: Site) -> str:
    names = [process.value for group in site.groups for process in group.processes]
    return names[0] if names else "this program"


def allow_rules(site: Site) -> List[Rule]:
    """(source, target, class, permissions) that are missing, merged and sorted; those the policy has are left out."""
    merged: Dict[Tuple[str, str, str], Set[str]] = {}
    for group in site.groups:
        seen = frozenset(group.permissions)
        if not all(_NAME.fullmatch(name) for name in (group.source, group.target, group.tclass, *seen)):
            return []
        wanted, policy = _wanted(site, group), site.policy(group, group.target)
        if policy is not None:
            wanted = Answer(Question(group.source, group.target, group.tclass, wanted), policy).missing
            if not wanted:
                continue
        merged.setdefault((group.source, group.target, group.tclass), set()).update(wanted)
        if policy is not None and group.tclass == "file" and "execute" in wanted and _completes(site):
            merged[(group.source, group.target, "file")] |= _staying(group, policy)
            for type_, missing in _interpreters_allowed(site, group).items():
                merged.setdefault((group.source, type_, "file"), set()).update(missing)
    return [(*key, frozenset(permissions)) for key, permissions in sorted(merged.items())]


def _completes(site: Site) -> bool:
    """Whether the rest of an operation belongs to the rules; a rule that only hides says no."""
    return bool(site.proposal.parameters.get("whole", True))


def _wanted(site: Site, group: Group) -> FrozenSet[str]:
    """What was denied and what the same operation needs; a rule pack may let a program that was looked at be run."""
    if not _completes(site):
        return frozenset(group.permissions)
    wide = site.finding.rule is not None and site.proposal.parameters.get("whole") is True
    return whole(group.tclass, frozenset(group.permissions), group.target if wide else "")


def _staying(group: Group, policy: Policy) -> FrozenSet[str]:
    """What it takes to run a program without leaving the source."""
    leaves = policy.transition(group.source, group.target) is not None
    inside = Question(group.source, group.target, "file", frozenset({"execute_no_trans"}))
    return frozenset() if leaves else Answer(inside, policy).missing


def explained_rules(site: Site, rules: List[Rule]) -> Tuple[GrantedRule, ...]:
    """Each rule in up to two parts: what was seen to be denied, and what was added and why."""
    seen: Dict[Tuple[str, str, str], Set[str]] = {}
    for group in site.groups:
        seen.setdefault((group.source, group.target, group.tclass), set()).update(group.permissions)
    found: List[GrantedRule] = []
    for source, target, tclass, permissions in rules:
        denied = permissions & seen.get((source, target, tclass), set())
        added = permissions - denied
        if denied:
            found.append(GrantedRule(source, target, tclass, tuple(sorted(denied)), True, "it was denied"))
        if added:
            found.append(GrantedRule(source, target, tclass, tuple(sorted(added)), False, _why_added(denied, added)))
    return tuple(found)


def _why_added(denied: FrozenSet[str], added: FrozenSet[str]) -> str:
    if not denied:
        return "the script that was refused is run by this interpreter"
    if "execute" in added:
        return "a rule pack says that the program is run once it was found"
    return "the same operation cannot do without it"


def ioctl_rules(site: Site) -> List[IoctlRule]:
    """(source, target, class, ioctl numbers) that extended permissions refuse."""
    found: List[IoctlRule] = []
    for group in site.groups:
        numbers = site.host.ask(Question.of(group)).ioctls
        if numbers:
            found.append((group.source, group.target, group.tclass, numbers))
    return sorted(found, key=lambda rule: rule[:3])
