"""Remedy `module`: a minimal local module for the whole access, the last resort."""

from __future__ import annotations

import hashlib
import re
from typing import Dict, FrozenSet, List, Optional, Set, Tuple

from avcdoctor.diagnose.patterns import OF_ITS_OWN, whole
from avcdoctor.host import Policy
from avcdoctor.model import Group, Remedy
from avcdoctor.remedies import actions
from avcdoctor.remedies.build import remedy
from avcdoctor.remedies.site import Site, level_refused, refused

Rule = Tuple[str, str, str, FrozenSet[str]]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def build(site: Site) -> Optional[Remedy]:
    """Allow what was denied and what the same operation needs next, and nothing else."""
    rules = allow_rules(site)
    if not rules:
        return None
    name = module_name(rules)
    texts = tuple(rule_text(rule) for rule in rules)
    refused = [group for group in site.groups if level_refused(group)]
    outcome = site.simulate(
        lambda group: _passes(site, group),
        "by rule evaluation, constraints included (neverallow rules are checked when it is built)"
        + ("; levels still refuse a part" if refused else ""),
    )
    grants = (*texts, f"for every program in {site.first.source}, not only {_programs(site)}")
    notes = ("read it before you load it",)
    return remedy(
        site,
        f"a local module for {site.first.source}",
        outcome,
        actions.module(name, cil_source(rules), te_source(name, rules)),
        grants=grants,
        notes=notes,
    )


def _passes(site: Site, group: Group) -> Optional[bool]:
    """With the rules added only constraints can refuse."""
    policy = site.policy(group, group.target)
    if policy is None:
        return None
    return not refused(group, policy, group.source, group.target, site.wanted(group, policy))


def _programs(site: Site) -> str:
    names = [process.value for group in site.groups for process in group.processes]
    return names[0] if names else "this program"


def allow_rules(site: Site) -> List[Rule]:
    """(source, target, class, permissions) that are missing, merged and sorted; those the policy has are left out."""
    merged: Dict[Tuple[str, str, str], Set[str]] = {}
    complete = bool(site.proposal.parameters.get("whole", True))
    for group in site.groups:
        seen = frozenset(group.permissions)
        if not all(_NAME.fullmatch(name) for name in (group.source, group.target, group.tclass, *seen)):
            return []
        wanted = whole(group.tclass, seen, group.target) if complete else seen
        policy = site.policy(group, group.target)
        if policy is not None:
            wanted = (wanted & policy.class_permissions(group.tclass)) - policy.allowed(
                group.source, group.target, group.tclass
            )
            if not wanted:
                continue
        merged.setdefault((group.source, group.target, group.tclass), set()).update(wanted)
        if complete and policy is not None and "execute" in wanted:
            _add_running(merged, group, policy)
    return [(*key, frozenset(permissions)) for key, permissions in sorted(merged.items())]


def _add_running(merged: Dict[Tuple[str, str, str], Set[str]], group: Group, policy: Policy) -> None:
    """What a program needs once it runs inside the source: to stay there, and what its own domain has for itself."""
    source, target = group.source, group.target
    if policy.transition(source, target) is not None:
        return
    if "execute_no_trans" not in policy.allowed(source, target, "file"):
        merged[(source, target, "file")].add("execute_no_trans")
    domains = {
        domain for domain in policy.transitions_into(target).values() if domain[:-2] == target[: -len("_exec_t")]
    }
    for domain in sorted(domains):
        for tclass, needed in OF_ITS_OWN.items():
            missing = policy.allowed(domain, domain, tclass) & needed - policy.allowed(source, source, tclass)
            if missing:
                merged.setdefault((source, source, tclass), set()).update(missing)


def module_name(rules: List[Rule]) -> str:
    """A name that no module of the policy has: our prefix, the source, and a digest of the rules."""
    digest = hashlib.sha256("\n".join(rule_text(rule) for rule in rules).encode()).hexdigest()[:8]
    source = re.sub(r"[^A-Za-z0-9_]", "_", rules[0][0])
    return f"avcdoctor_{source}_{digest}"


def rule_text(rule: Rule) -> str:
    """The rule as people write it."""
    source, target, tclass, permissions = rule
    to = "self" if source == target else target
    return f"allow {source} {to}:{tclass} {{ {' '.join(sorted(permissions))} }};"


def cil_source(rules: List[Rule], keyword: str = "allow") -> str:
    """The module in CIL, as `semodule -i NAME.cil` takes it."""
    lines = []
    for source, target, tclass, permissions in rules:
        to = "self" if source == target else target
        lines.append(f"({keyword} {source} {to} ({tclass} ({' '.join(sorted(permissions))})))")
    return "\n".join(lines) + "\n"


def te_source(name: str, rules: List[Rule], keyword: str = "allow") -> str:
    """The same module in the older language, as checkmodule takes it."""
    types = sorted({name for source, target, _class, _permissions in rules for name in (source, target)})
    classes: Dict[str, Set[str]] = {}
    for _source, _target, tclass, permissions in rules:
        classes.setdefault(tclass, set()).update(permissions)
    lines = [f"module {name} 1.0;", "", "require {"]
    lines += [f"\ttype {type_};" for type_ in types]
    lines += [f"\tclass {tclass} {{ {' '.join(sorted(names))} }};" for tclass, names in sorted(classes.items())]
    lines += ["}", ""]
    lines += [rule_text(rule).replace("allow", keyword, 1) for rule in rules]
    return "\n".join(lines) + "\n"


def concerned(group: Group) -> str:
    """A group in the manner of a rule, for sentences."""
    return f"{group.source} {group.target}:{group.tclass} {{ {' '.join(sorted(group.permissions))} }}"
