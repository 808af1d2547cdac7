"""Answers which rules hold between a source, a target and a class, from tables sorted out once per source.

A rule names types or attributes. Asking expands both sides: the source's rules are merged over its attributes when
it is first asked for, the target's attributes are looked up one by one in that table. So opening a policy costs
nothing here, the first question about a source about a millisecond, and each further one some microseconds.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Callable, DefaultDict, Dict, FrozenSet, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple

from avcdoctor.host.binary import members
from avcdoctor.host.tables import (
    ALLOW,
    AUDITDENY,
    REST,
    RULE,
    SOURCE_AND_REST,
    TRANSITION,
    WHOLE_DRIVERS,
    XPERM_ALLOW,
    Conditional,
    Extended,
    PolicyDb,
)

Key = Tuple[int, int]  # (target number, class number)


class ConditionalRule(NamedTuple):
    """A rule behind a boolean expression: which one, and which of its branches."""

    conditional: int
    branch: int  # 0: holds when the expression is true, 1: when it is false
    permissions: int


@dataclass
class SourceRules:
    """All rules of one source type, its attributes included."""

    allow: Dict[Key, int] = field(default_factory=dict)
    dontaudit: Dict[Key, int] = field(default_factory=dict)
    transition: Dict[Key, int] = field(default_factory=dict)
    conditional: Dict[Key, List[ConditionalRule]] = field(default_factory=dict)
    conditional_dontaudit: Dict[Key, List[ConditionalRule]] = field(default_factory=dict)
    conditional_transition: Dict[Key, List[ConditionalRule]] = field(default_factory=dict)


class RuleIndex:
    """The rules of a policy, by source and lazily.

    Args:
        db: the policy's tables.
    """

    def __init__(self, db: PolicyDb) -> None:
        self.db = db
        self.state: Dict[int, bool] = dict(db.booleans.values())
        self._sources: Dict[int, SourceRules] = {}
        self._symbols: Dict[int, Tuple[int, ...]] = {}
        self._types: Dict[int, int] = {}
        self._members: Dict[int, List[int]] = {}
        self._conditional_rules: Optional[Dict[int, List[Tuple[int, int, bytes]]]] = None

    def symbols(self, type_: int) -> Tuple[int, ...]:
        """The numbers under which rules may name a type: its own and its attributes'."""
        found = self._symbols.get(type_)
        if found is None:
            sets = self.db.type_sets
            bits = sets[type_ - 1] if 0 < type_ <= len(sets) else 0
            found = self._symbols[type_] = tuple(sorted({type_, *(member + 1 for member in members(bits))}))
        return found

    def types(self, symbol: int) -> int:
        """The types that a type or attribute stands for, as a set of numbers."""
        found = self._types.get(symbol)
        if found is None:
            bits = bytearray(len(self.db.type_sets) // 8 + 1)
            for type_ in (self._members or self._all_members()).get(symbol, ()):
                bits[type_ >> 3] |= 1 << (type_ & 7)
            found = self._types[symbol] = int.from_bytes(bits, "little")
        return found

    def _all_members(self) -> Dict[int, List[int]]:
        """The types of every attribute, and each type beside itself."""
        sets, found = self.db.type_sets, self._members
        for type_ in self.db.type_names:
            own = found.setdefault(type_, [])
            own.append(type_)
            for number in members(sets[type_ - 1]) if 0 < type_ <= len(sets) else ():
                if number + 1 != type_:
                    found.setdefault(number + 1, []).append(type_)
        return found

    def source(self, type_: int) -> SourceRules:
        """The rules of a source type."""
        found = self._sources.get(type_)
        if found is None:
            found = self._sources[type_] = self._collect(type_)
        return found

    def _collect(self, type_: int) -> SourceRules:
        rules = SourceRules()
        allow, dontaudit, transition = rules.allow, rules.dontaudit, rules.transition
        behind = {
            ALLOW: rules.conditional,
            TRANSITION: rules.conditional_transition,
            AUDITDENY: rules.conditional_dontaudit,
        }
        by_source = self._conditionals()
        symbols = self.symbols(type_)
        for target, tclass, flags, value in self.db.rules.of(symbols):
            key, kind = (target, tclass), flags & 0xFF
            if kind == ALLOW:
                allow[key] = allow.get(key, 0) | value
            elif kind == AUDITDENY:
                dontaudit[key] = dontaudit.get(key, 0) | _granted(kind, value)
            elif kind == TRANSITION:
                transition[key] = value  # compilers expand attributes here, so a key has one rule
        for symbol in symbols:
            for number, branch, rule in by_source.get(symbol, ()):
                target, tclass, kind, value = REST.unpack(rule)
                table = behind.get(kind & 0xFF)
                if table is not None:
                    value = _granted(kind & 0xFF, value)
                    table.setdefault((target, tclass), []).append(ConditionalRule(number, branch, value))
        return rules

    def _conditionals(self) -> Mapping[int, List[Tuple[int, int, bytes]]]:
        """The rules behind booleans by their source: conditional, branch, and the rest of the rule."""
        if self._conditional_rules is None:
            found: DefaultDict[int, List[Tuple[int, int, bytes]]] = defaultdict(list)
            for number, conditional in enumerate(self.db.conditionals):
                for branch, packed in enumerate(conditional.rules):
                    for source, rest in SOURCE_AND_REST.iter_unpack(packed):
                        found[source].append((number, branch, rest))
            self._conditional_rules = found
        return self._conditional_rules

    def allowed(self, source: int, target: int, tclass: int, overrides: Mapping[int, bool]) -> int:
        """The permissions that type rules grant, with some booleans' values given."""
        rules = self.source(source)
        granted = 0
        for symbol in self.symbols(target):
            granted |= rules.allow.get((symbol, tclass), 0)
        for rule in self.conditional(source, target, tclass):
            if rule.permissions & ~granted and self.holds(rule, overrides):
                granted |= rule.permissions
        return granted

    def conditional(self, source: int, target: int, tclass: int) -> Iterator[ConditionalRule]:
        """The allow rules behind booleans, whether they hold now or not."""
        table = self.source(source).conditional
        if table:
            for symbol in self.symbols(target):
                yield from table.get((symbol, tclass), ())

    def dontaudited(self, source: int, target: int, tclass: int) -> int:
        """The permissions whose denial is not logged."""
        rules = self.source(source)
        hidden = 0
        for symbol in self.symbols(target):
            key = (symbol, tclass)
            hidden |= rules.dontaudit.get(key, 0)
            for rule in rules.conditional_dontaudit.get(key, ()):
                if self.holds(rule, {}):
                    hidden |= rule.permissions
        return hidden

    def holds(self, rule: ConditionalRule, overrides: Mapping[int, bool]) -> bool:
        """Whether a conditional rule is in force."""
        conditional = self.db.conditionals[rule.conditional]
        return self._evaluate(conditional, overrides) is (rule.branch == 0)

    def _evaluate(self, conditional: Conditional, overrides: Mapping[int, bool]) -> bool:
        """Work out a postfix expression (cond_evaluate_expr in the kernel's conditional.c)."""
        stack: List[bool] = []
        for kind, boolean in conditional.expression:
            if kind == 1:
                stack.append(overrides.get(boolean, self.state.get(boolean, False)))
            elif kind == 2:
                stack.append(not stack.pop())
            else:
                right, left = stack.pop(), stack.pop()
                stack.append(_OPERATIONS[kind](left, right))
        return stack[0]

    def transitions(self, source: int, tclass: int, overrides: Mapping[int, bool]) -> Dict[int, int]:
        """Type transitions of a source for one class: target number (a type or an attribute) to new type."""
        rules = self.source(source)
        found = {target: new for (target, of), new in rules.transition.items() if of == tclass}
        for (target, of), behind in rules.conditional_transition.items():
            for rule in behind:
                if of == tclass and self.holds(rule, overrides):
                    found[target] = rule.permissions
        return found

    def transition_rules(self, tclass: int) -> Iterator[Tuple[int, int, int]]:
        """The type transitions of one class in force, as (source, target, new type), attributes not expanded."""
        heaps = [self.db.rules.packed]
        heaps += [item.rules[0 if self._evaluate(item, {}) else 1] for item in self.db.conditionals]
        for packed in heaps:
            for source, target, of, kind, value in RULE.iter_unpack(packed):
                if of == tclass and kind & TRANSITION:
                    yield source, target, value

    def conditional_sources(self, boolean: int) -> FrozenSet[int]:
        """The sources (types or attributes) of all rules whose expression names a boolean."""
        found: Set[int] = set()
        for conditional in self.db.conditionals:
            if boolean in expression_booleans(conditional):
                for packed in conditional.rules:
                    found.update(rule[0] for rule in RULE.iter_unpack(packed))
        return frozenset(found)

    def targets(self, source: int, tclass: int, permission: int) -> int:
        """The types, as a set of numbers, on which a source has one permission (given as its bit)."""
        rules = self.source(source)
        found = 0
        for (target, of), granted in rules.allow.items():
            if of == tclass and granted & permission:
                found |= self.types(target)
        for (target, of), behind in rules.conditional.items():
            if of == tclass and any(rule.permissions & permission and self.holds(rule, {}) for rule in behind):
                found |= self.types(target)
        return found

    def extended(self, source: int, target: int, tclass: int) -> Optional[Tuple[Tuple[int, int], ...]]:
        """The ioctl numbers that allowxperm rules name, as ranges; None when no such rule narrows the access."""
        sources, targets = frozenset(self.symbols(source)), frozenset(self.symbols(target))
        rules = [rule for symbol in sources for rule in self.db.extended.get(symbol, ())]
        for conditional in self.db.conditionals:
            if conditional.extended:
                now = 0 if self._evaluate(conditional, {}) else 1
                rules += [rule for branch, rule in conditional.extended if branch == now and rule.source in sources]
        rules = [rule for rule in rules if rule.kind & XPERM_ALLOW and rule.target in targets and rule.tclass == tclass]
        numbers = 0
        for rule in rules:
            numbers |= _ioctls(rule)
        return _as_ranges(numbers) if rules else None


_OPERATIONS: Mapping[int, Callable[[bool, bool], bool]] = {
    3: operator.or_,
    4: operator.and_,
    5: operator.xor,
    6: operator.eq,
    7: operator.ne,
}
WORDS = {2: "not", 3: "or", 4: "and", 5: "xor", 6: "==", 7: "!="}


def _granted(kind: int, value: int) -> int:
    """A dontaudit rule is stored as the permissions that are still audited (AVTAB_AUDITDENY)."""
    return ~value & 0xFFFFFFFF if kind == AUDITDENY else value


def expression_text(conditional: Conditional, names: Mapping[int, str]) -> str:
    """A boolean expression as text, such as `httpd_can_network_connect and not httpd_unified`."""
    stack: List[str] = []
    for kind, boolean in conditional.expression:
        if kind == 1:
            stack.append(names.get(boolean, "?"))
        elif kind == 2:
            stack.append(f"not {stack.pop()}")
        else:
            right, left = stack.pop(), stack.pop()
            stack.append(f"({left} {WORDS[kind]} {right})")
    text = stack[0]
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


def expression_booleans(conditional: Conditional) -> FrozenSet[int]:
    """The booleans an expression names, by number."""
    return frozenset(boolean for kind, boolean in conditional.expression if kind == 1)


def _ioctls(rule: Extended) -> int:
    """The ioctl numbers of an extended permission rule, as a set: the driver is the number's second byte."""
    if rule.specified == WHOLE_DRIVERS:
        whole = (1 << 256) - 1
        return sum(whole << (driver << 8) for driver in members(rule.bits))
    return rule.bits << (rule.driver << 8)


def _as_ranges(numbers: int) -> Tuple[Tuple[int, int], ...]:
    ranges: List[Tuple[int, int]] = []
    for number in members(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return tuple(ranges)
