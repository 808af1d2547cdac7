"""Writes the rules of a local module: as people read them, in CIL, and in the older language of checkmodule."""

from __future__ import annotations

import hashlib
import re
from typing import Dict, FrozenSet, List, Sequence, Set, Tuple

Rule = Tuple[str, str, str, FrozenSet[str]]
"""(source, target, class, permissions)."""

IoctlRule = Tuple[str, str, str, FrozenSet[int]]
"""(source, target, class, ioctl numbers)."""


def module_name(source: str, rules: List[Rule], numbers: Sequence[IoctlRule] = ()) -> str:
    """A name that no module of the policy has: our prefix, the source, and a digest of the rules."""
    texts = [*(rule_text(rule) for rule in rules), *(ioctl_text(rule) for rule in numbers)]
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
    return f"avcdoctor_{re.sub(r'[^A-Za-z0-9_]', '_', source)}_{digest}"


def ioctl_text(rule: IoctlRule) -> str:
    """An extended rule as people write it."""
    source, target, tclass, numbers = rule
    to = "self" if source == target else target
    return f"allowxperm {source} {to}:{tclass} ioctl {{ {' '.join(f'{number:#x}' for number in sorted(numbers))} }};"


def ioctl_source(rules: Sequence[IoctlRule]) -> str:
    """Extended rules in CIL."""
    lines = []
    for source, target, tclass, numbers in rules:
        to = "self" if source == target else target
        listed = " ".join(f"{number:#x}" for number in sorted(numbers))
        lines.append(f"(allowx {source} {to} (ioctl {tclass} ({listed})))\n")
    return "".join(lines)


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
    return "".join(f"{line}\n" for line in lines)


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
