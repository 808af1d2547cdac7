"""What a remedy added to the running policy, by setools, held against what avcdoctor said it would."""

from __future__ import annotations

import contextlib
import importlib
import re
import tempfile
from dataclasses import dataclass
from typing import Any, FrozenSet, Iterator, Optional, Sequence, Set, Tuple

Rule = Tuple[str, str, str, str]  # source, target, class, permission, as the rule names them
GRANTED = re.compile(r"^(?:allow )?(\w+) (\w+):(\w+) \{ ([^}]*) \};?$")
CONCERNS = re.compile(r"^(\w+) concerns (\d+) domains?: (.*)$")


@dataclass(frozen=True)
class Difference:
    """Allow rules in force after a remedy and not before, and the other way round; and the sources, expanded."""

    added: FrozenSet[Rule]
    removed: FrozenSet[Rule]
    sources: FrozenSet[str]


def difference(before: bytes, after: bytes) -> Difference:
    """Compare two binary policies by their allow rules, conditional ones by the booleans' state in the policy."""
    old, _ = _rules(before)
    new, sources = _rules(after)
    added = frozenset(new - old)
    return Difference(added, frozenset(old - new), frozenset(t for rule in added for t in sources[rule[0]]))


def missing(policy: bytes, denied: Tuple[str, str, str]) -> Tuple[str, ...]:
    """Those of a denial's source type, target type and class that a binary policy does not have."""
    with _opened(policy) as opened:
        types = {str(one) for one in opened.types()} | {str(name) for one in opened.types() for name in one.aliases()}
        classes = {str(one) for one in opened.classes()}
    return tuple(name for name, known in zip(denied, (types, types, classes)) if name not in known)


@contextlib.contextmanager
def _opened(policy: bytes) -> Iterator[Any]:
    setools = importlib.import_module("setools")
    with tempfile.NamedTemporaryFile(suffix=".policy") as file:
        file.write(policy)
        file.flush()
        yield setools.SELinuxPolicy(file.name)


def _rules(policy: bytes) -> Tuple[Set[Rule], Any]:
    setools = importlib.import_module("setools")
    with _opened(policy) as opened:
        found: Set[Rule] = set()
        sources = {}
        for rule in setools.TERuleQuery(opened, ruletype=["allow"]).results():
            if not _in_force(rule, setools):
                continue
            source, target, tclass = str(rule.source), str(rule.target), str(rule.tclass)
            found.update((source, target, tclass, permission) for permission in rule.perms)
            if source not in sources:
                sources[source] = frozenset(str(t) for t in rule.source.expand())
        return found, sources


def _in_force(rule: Any, setools: Any) -> bool:
    try:
        conditional = rule.conditional
    except setools.exception.RuleNotConditional:
        return True
    state = {str(boolean): boolean.state for boolean in conditional.booleans}
    return bool(conditional.evaluate(**state) == rule.conditional_block)


def unpromised(kind: str, grants: Sequence[str], found: Difference) -> Optional[str]:
    """Where the difference is not what the remedy's `grants` said.

    Args:
        kind: the remedy's kind. A module must add exactly its rules, a boolean rules for the domains it names, every
            other kind no rule at all.
        grants: the lines of the report.
        found: what changed.

    Returns:
        None when it is as promised, otherwise what differs, in words.
    """
    if found.removed:
        return f"rules went away: {_say(found.removed)}"
    if kind == "module":
        promised = _promised(grants)
        more, less = found.added - promised, promised - found.added
        if more or less:
            return f"beyond the promise: {_say(more)}; promised but absent: {_say(less)}"
        return None
    if kind == "boolean":
        return _boolean(grants, found)
    return f"rules were added: {_say(found.added)}" if found.added else None


def _promised(grants: Sequence[str]) -> FrozenSet[Rule]:
    promised: Set[Rule] = set()
    for line in grants:
        match = GRANTED.match(line)
        if match:
            source, target, tclass, permissions = match.groups()
            target = source if target == "self" else target
            promised.update((source, target, tclass, permission) for permission in permissions.split())
    return frozenset(promised)


def _boolean(grants: Sequence[str], found: Difference) -> Optional[str]:
    counts = [int(match.group(2)) for match in map(CONCERNS.match, grants) if match]
    if not counts:
        return "the report does not say whom the boolean concerns"
    if max(counts) < len(found.sources):  # fewer is well: some may have had the access already
        return f"the report speaks of {max(counts)} domains, the rules now in force are for {len(found.sources)}"
    return None


def _say(rules: FrozenSet[Rule]) -> str:
    shown = [f"{source} {target}:{tclass} {permission}" for source, target, tclass, permission in sorted(rules)[:6]]
    return ", ".join(shown) + (f" and {len(rules) - 6} more" if len(rules) > 6 else "") if rules else "nothing"
