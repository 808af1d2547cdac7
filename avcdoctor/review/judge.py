"""Judges the rules of a module: a rule is a denial that somebody answered, so the causes are asked once more."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from avcdoctor import diagnose, remedies
from avcdoctor.diagnose import words
from avcdoctor.host import Host, Policy
from avcdoctor.knowledge import Knowledge
from avcdoctor.knowledge.protected import is_secret
from avcdoctor.model import Context, Denial, EventId, Group, Incident, Remedy
from avcdoctor.review.model import Judged, Module, ModuleReview, Rule, Statement

_OPENS_NOTHING = frozenset({"neverallow", "auditallow"})
_RULES_TOO = frozenset({"module", "policy-update", "package-update"})
"""Remedy kinds that mean: nothing is wrong on the machine, a rule is what is missing."""

_MANY = 25  # permissions or target types from which on a rule is no answer to a denial but a licence
_POWERS: Mapping[str, str] = {
    "sys_admin": "mount, change namespaces and much else: nearly all that root can",
    "sys_module": "load kernel code",
    "sys_rawio": "reach memory and hardware directly",
    "sys_boot": "restart the machine or load another kernel",
    "mac_admin": "set labels that the policy doesn't know",
    "mac_override": "pass by mandatory access control",
    "dac_override": "pass by owners and modes of every file",
    "setfcap": "give capabilities to files",
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_MEMORY = frozenset({"execmem", "execstack", "execheap"})
_ATTRIBUTE_MEANS = "whatever type has the attribute, those of modules installed later included"


@dataclass(frozen=True)
class _Target:
    """A rule together with the part of it that the policy at hand does not have already."""

    rule: Rule
    policy: Policy
    missing: FrozenSet[str]


def review(module: Module, host: Host, known: Knowledge) -> ModuleReview:
    """Judge every rule and statement of a module.

    Args:
        module: what was read.
        host: whose policy, labels and booleans are asked; the module itself must not be in that policy.
        known: the rule packs.
    """
    answers = _answers([rule for rule in module.rules if rule.effect == "allow"], module, host, known)
    judged: List[Judged] = [_statement(one) for one in module.statements]
    judged += [_judge(rule, module, host, answers) for rule in module.rules]
    judged.sort(key=lambda one: _ORDER.index(one.verdict))
    return ModuleReview(module, tuple(judged), smaller(judged))


_ORDER = ("dangerous", "better-way", "redundant", "unknown", "needed", "harmless")


def smaller(judged: Sequence[Judged]) -> str:
    """CIL of what is worth keeping: rules that are needed, less what the policy has already."""
    lines = []
    for one in judged:
        if one.rule is not None and one.verdict == "needed" and one.keeps and not one.rule.condition:
            rule = one.rule
            if not all(_NAME.fullmatch(name) for name in (rule.source, rule.target, rule.tclass, *one.keeps)):
                continue
            if rule.ioctls:
                lines.append(f"(allowx {rule.source} {rule.target} (ioctl {rule.tclass} {rule.ioctls}))")
            else:
                lines.append(f"(allow {rule.source} {rule.target} ({rule.tclass} ({' '.join(sorted(one.keeps))})))")
    return "".join(f"{line}\n" for line in sorted(set(lines)))


def _judge(rule: Rule, module: Module, host: Host, answers: Mapping[Tuple[str, str, str], Incident]) -> Judged:
    means = meaning(rule)
    if rule.effect in _OPENS_NOTHING:
        why = "it only logs" if rule.effect == "auditallow" else "it is an assertion, and opens nothing"
        return Judged(str(rule), "harmless", means, why, rule=rule)
    if rule.effect == "dontaudit":
        return _silence(rule, means, host)
    danger = _danger(rule, host)
    if danger:
        return Judged(str(rule), "dangerous", means, danger, rule=rule)
    target = _missing(rule, module, host)
    if isinstance(target, str):
        return Judged(str(rule), "unknown", means, target, rule=rule)
    if not target.missing and not rule.ioctls:
        return Judged(str(rule), "redundant", means, f"{target.policy.name} allows it already", rule=rule)
    return _answered(target, means, answers.get(_key(rule)))


def meaning(rule: Rule) -> str:
    """What a rule lets whom do, in words."""
    to = rule.source if rule.target == "self" else rule.target
    group = Group(rule.source, to, rule.tclass, dict.fromkeys(sorted(rule.permissions), 1), 1)
    who = f"programs in {rule.source}"
    may = {"dontaudit": "are refused in silence when they", "neverallow": "must never"}.get(rule.effect, "may")
    what = words.object_text(_denial(rule, to), group)
    return f"{who} {may} {words.verb(rule.tclass, rule.permissions)} {what}"


def _silence(rule: Rule, means: str, host: Host) -> Judged:
    """A dontaudit rule opens nothing, but it can hide an attack."""
    if is_secret(rule.target) or rule.target in ("domain", "file_type"):
        return Judged(str(rule), "dangerous", means, "it hides denials that tell of an attack", rule=rule)
    policy = _policy_of(rule, host)
    if policy is not None and rule.permissions <= policy.dontaudited(rule.source, rule.target, rule.tclass):
        return Judged(str(rule), "redundant", means, f"{policy.name} silences it already", rule=rule)
    return Judged(str(rule), "harmless", means, "it opens nothing; it only keeps denials out of the log", rule=rule)


def _danger(rule: Rule, host: Host) -> str:
    """Why a rule should go whatever denial it was for; empty where nothing of the kind is seen."""
    policy = host.policy or host.reference
    for name in (rule.source, rule.target):
        if policy is not None and name != "self" and not policy.has_type(name) and policy.has_attribute(name):
            count = len(policy.types_with(name))
            if count > _MANY:
                return f"{name} is an attribute of {count:,} types: {_ATTRIBUTE_MEANS}"
    if policy is not None and _whole_class(rule, policy):
        return f"it gives every permission of the class {rule.tclass}, more than any one operation needs"
    if rule.tclass.startswith("cap"):
        found = [f"{name} ({_POWERS[name]})" for name in sorted(rule.permissions & set(_POWERS))]
        if found:
            return "whoever takes over such a program gets " + ", ".join(found)
    if rule.tclass == "process" and rule.permissions & _MEMORY:
        return f"{', '.join(sorted(rule.permissions & _MEMORY))} lets injected code run"
    enters = rule.tclass == "process" and {"transition", "dyntransition"} & rule.permissions
    if enters and policy is not None and "unconfined_domain_type" in policy.attributes(rule.target):
        return f"{rule.target} is unconfined: with this rule {rule.source} is, too"
    if rule.tclass == "security":
        return "it changes how the machine is protected"
    return ""


def _whole_class(rule: Rule, policy: Policy) -> bool:
    every = policy.class_permissions(rule.tclass)
    named = {name for name in rule.permissions if not name.startswith("(")}
    if any(name == "all" or name.startswith("(") for name in rule.permissions):
        return True
    return len(every) > 5 and named >= every


def _policy_of(rule: Rule, host: Host) -> Optional[Policy]:
    target = rule.source if rule.target == "self" else rule.target
    for policy in host.policies:
        if policy.has_class(rule.tclass) and _knows(policy, rule.source) and _knows(policy, target):
            return policy
    return None


def _knows(policy: Policy, name: str) -> bool:
    return policy.has_type(name) or policy.has_attribute(name)


def _missing(rule: Rule, module: Module, host: Host) -> _Target | str:
    """What of a rule the policy lacks; or, in words, why that can't be told."""
    target = rule.source if rule.target == "self" else rule.target
    own = sorted({rule.source, target} & module.declared)
    if own:
        return f"{words.listing(own)} is the module's own: nothing of it can be asked of a policy without the module"
    policy = _policy_of(rule, host)
    if policy is None:
        lacking = [name for name in (rule.source, target) if host.policy is None or not _knows(host.policy, name)]
        return f"no policy at hand knows {words.listing(dict.fromkeys(lacking)) or 'the class ' + rule.tclass}"
    sources = policy.types_with(rule.source) or frozenset({rule.source})
    found: FrozenSet[str] = frozenset()
    for source in sources:
        targets = {source} if rule.target == "self" else policy.types_with(rule.target) or {rule.target}
        for one in targets:
            found |= rule.permissions - policy.allowed(source, one, rule.tclass)
    return _Target(rule, policy, found)


def _answered(target: _Target, means: str, incident: Optional[Incident]) -> Judged:
    """The verdict that the causes give: the first remedy of the incident this rule would have been the answer to."""
    rule = target.rule
    plain = Judged(str(rule), "needed", means, "nothing smaller is known that does it", rule=rule, keeps=target.missing)
    if incident is None or not incident.remedies:
        return plain
    first, finding = incident.remedies[0], incident.finding
    if first.kind == "keep-denied":
        return replace(plain, verdict="dangerous", why=finding.why, kind=first.kind, keeps=frozenset())
    ways = [one for one in incident.remedies if _is_better(one)]
    if first.kind in _RULES_TOO or not ways:
        return plain
    best = ways[0]
    unchecked = "" if best.simulation.after == "allowed" else f" Not checked: {best.simulation.why or 'no path'}."
    return replace(
        plain,
        verdict="better-way",
        why=finding.why + unchecked,
        better=tuple(one.title for one in ways),
        commands=tuple(action.argv for action in best.actions if action.argv),
        kind=best.kind,
        keeps=frozenset(),
    )


def _is_better(remedy: Remedy) -> bool:
    return remedy.kind not in _RULES_TOO and remedy.kind != "keep-denied" and remedy.simulation.after != "denied"


def _answers(
    rules: Sequence[Rule], module: Module, host: Host, known: Knowledge
) -> Dict[Tuple[str, str, str], Incident]:
    """The incidents that explain would make of the denials which these rules answer, by (source, target, class)."""
    merged: Dict[Tuple[str, str, str], FrozenSet[str]] = {}
    for rule in rules:
        target = _missing(rule, module, host)
        if isinstance(target, str) or not target.missing or rule.ioctls:
            continue
        if all(target.policy.has_type(name) for name in _key(rule)[:2]):  # an attribute is no denial's type
            merged[_key(rule)] = merged.get(_key(rule), frozenset()) | target.missing
    groups = [_group(*key, permissions) for key, permissions in sorted(merged.items())]
    incidents = remedies.propose(diagnose.find(groups, host, known), host)
    return {
        (group.source, group.target, group.tclass): incident
        for incident in incidents
        for group in incident.finding.groups
    }


def _key(rule: Rule) -> Tuple[str, str, str]:
    return (rule.source, rule.source if rule.target == "self" else rule.target, rule.tclass)


def _group(source: str, target: str, tclass: str, permissions: FrozenSet[str]) -> Group:
    rule = Rule("allow", source, target, tclass, permissions)
    return Group(source, target, tclass, dict.fromkeys(sorted(permissions), 1), 1, examples=(_denial(rule, target),))


def _denial(rule: Rule, target: str) -> Denial:
    """The denial a rule would have been the answer to, with the contexts that services usually have."""
    role = "object_r" if target != rule.source and not rule.tclass.startswith(("process", "cap")) else "system_r"
    return Denial(
        event=EventId(),
        record_type="AVC",
        permissions=tuple(sorted(rule.permissions)),
        source=Context("system_u", "system_r", rule.source, "s0"),
        target=Context("system_u", role, target, "s0"),
        tclass=rule.tclass,
    )


_STATEMENTS: Mapping[str, Tuple[str, str]] = {
    "typepermissive": ("dangerous", "the domain is no longer confined: whatever it does is only logged"),
    "handleunknown": ("dangerous", "it decides for the whole policy what happens to unknown permissions"),
    "mls": ("dangerous", "it decides for the whole policy"),
    "typeattributeset": ("dangerous", "an attribute brings every rule that names it, now and after each update"),
    "roleallow": ("dangerous", "it lets a role become another one"),
    "userrole": ("dangerous", "it gives an SELinux user another role"),
    "rangetransition": ("unknown", "it changes the level programs run in"),
    "boolean": ("harmless", "it declares a switch"),
    "tunable": ("harmless", "it declares a switch"),
    "typealias": ("harmless", "it is another name of a type"),
    "typealiasactual": ("harmless", "it is another name of a type"),
    "typetransition": ("unknown", "it decides which label new objects or programs get"),
    "nametypetransition": ("unknown", "it decides which label new objects of one name get"),
    "filecon": ("unknown", "it gives a place a default label; `semanage fcontext` does that without a module"),
    "portcon": ("unknown", "it gives a port a type; `semanage port` does that without a module"),
}


def _statement(statement: Statement) -> Judged:
    verdict, why = _STATEMENTS.get(statement.keyword, ("unknown", "avcdoctor does not judge such a statement"))
    return Judged(statement.text, verdict, f"{statement.keyword} statement", why)
