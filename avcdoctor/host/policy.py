"""Answers questions about one SELinux policy: types, rules, booleans, transitions, ports."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from avcdoctor.errors import PolicyError
from avcdoctor.host import constraints, contexts
from avcdoctor.host import verdict as verdicts
from avcdoctor.host.binary import members
from avcdoctor.host.policydb import parse
from avcdoctor.host.rules import RuleIndex, expression_booleans, expression_text
from avcdoctor.host.settings import Setting, helpful
from avcdoctor.host.tables import PolicyDb
from avcdoctor.model import Context
from avcdoctor.sources.regular import read_regular

NO_OVERRIDES: Mapping[str, bool] = {}
_PROTOCOLS = {"tcp": 6, "udp": 17, "dccp": 33, "sctp": 132}


class ConditionalAllow(NamedTuple):
    """Permissions granted behind booleans, whether they hold now or not."""

    permissions: FrozenSet[str]
    expression: str
    booleans: Tuple[str, ...]


class Policy:
    """One binary policy, opened once; questions about unknown names are answered with nothing, not with an error.

    Args:
        path: the binary policy.
        name: what to call it in a sentence.
        booleans: values that a machine had instead of the policy's own.
        ports: (protocol, low, high, type) of entries that a machine had beside the policy's own.

    Raises:
        PolicyError: it can't be read or is not a policy.
    """

    def __init__(
        self,
        path: Path,
        name: str = "",
        booleans: Mapping[str, bool] = NO_OVERRIDES,
        ports: Iterable[Tuple[str, int, int, str]] = (),
    ) -> None:
        self.path = path
        self.name = name or str(path)
        try:
            data = read_regular(path)
        except OSError as error:
            raise PolicyError(f"can't read the policy {path}: {error.strerror}", "check --policy") from error
        self.db: PolicyDb = parse(data, str(path))
        self._apply(booleans, ports)
        self.index = RuleIndex(self.db)
        self._members: Dict[str, FrozenSet[str]] = {}
        self._bits: Dict[str, List[str]] = {}
        self._reach: Dict[str, FrozenSet[str]] = {}

    def _apply(self, booleans: Mapping[str, bool], ports: Iterable[Tuple[str, int, int, str]]) -> None:
        """Make the policy what a machine had: entries for types or booleans that it lacks say nothing here."""
        for name, value in booleans.items():
            if name in self.db.booleans:
                self.db.booleans[name] = (self.db.booleans[name][0], value)
        known = set(self.db.ports)
        numbered = ((_PROTOCOLS.get(of, 0), low, high, self._type(name) or 0) for of, low, high, name in ports)
        self.db.ports[:0] = [one for one in dict.fromkeys(numbered) if one[0] and one[3] and one not in known]

    # Types and classes

    def has_type(self, name: str) -> bool:
        """Whether this is a type (or an alias of one) of the policy."""
        return self._type(name) is not None

    def _type(self, name: str) -> Optional[int]:
        value = self.db.type_values.get(name)
        return value if value in self.db.type_names else None

    def resolve(self, name: str) -> str:
        """The type's own name where `name` is an alias; anything else stays as it is."""
        value = self._type(name)
        return name if value is None else self.db.type_names[value]

    @property
    def types(self) -> FrozenSet[str]:
        """All types, without aliases and attributes."""
        return frozenset(self.db.type_names.values())

    def attributes(self, type_: str) -> FrozenSet[str]:
        """The attributes of a type, as far as the policy still has their names."""
        value = self._type(type_)
        if value is None:
            return frozenset()
        names = self.db.attribute_names
        return frozenset(names[symbol] for symbol in self.index.symbols(value) if symbol in names)

    def has_attribute(self, name: str) -> bool:
        """Whether the policy has an attribute and still knows its name."""
        return self.db.type_values.get(name) in self.db.attribute_names

    def types_with(self, attribute: str) -> FrozenSet[str]:
        """The types that have an attribute; for a type, that type."""
        if attribute not in self._members:
            value = self.db.type_values.get(attribute)
            self._members[attribute] = frozenset() if value is None else self._names(self.index.types(value))
        return self._members[attribute]

    def _names(self, types: int) -> FrozenSet[str]:
        names = self.db.type_names
        return frozenset(names[number] for number in members(types))

    def is_domain(self, type_: str) -> bool:
        """Whether processes run in this type."""
        return "domain" in self.attributes(type_) or bool(self.allowed(type_, type_, "process"))

    def is_permissive(self, type_: str) -> bool:
        """Whether denials of this domain are only logged."""
        value = self._type(type_)
        return value is not None and bool(self.db.permissive >> value & 1)

    def type_bounds(self, type_: str) -> Optional[str]:
        """The type that bounds this one, if any."""
        bound = self.db.bounds.get(self._type(type_) or 0)
        return None if bound is None else self.db.type_names.get(bound)

    def has_class(self, tclass: str) -> bool:
        """Whether the policy knows a class."""
        return tclass in self.db.classes

    def class_permissions(self, tclass: str) -> FrozenSet[str]:
        """All permissions of a class, those it inherits included."""
        known = self.db.classes.get(tclass)
        return frozenset(known.permissions) if known else frozenset()

    # Rules

    def allowed(
        self, source: str, target: str, tclass: str, booleans: Mapping[str, bool] = NO_OVERRIDES
    ) -> FrozenSet[str]:
        """The permissions that type rules grant; constraints are `verdict`'s business.

        Args:
            source: the domain.
            target: the type it uses; "self" means the source.
            tclass: the class.
            booleans: values that replace the policy's own.
        """
        numbers = self._numbers(source, target, tclass)
        if numbers is None:
            return frozenset()
        return self._permissions(tclass, self.index.allowed(*numbers, self._overrides(booleans)))

    def conditional(self, source: str, target: str, tclass: str) -> List[ConditionalAllow]:
        """What booleans decide between these: (permissions, expression, its booleans) for each rule."""
        numbers = self._numbers(source, target, tclass)
        if numbers is None:
            return []
        names = self._boolean_names()
        found = []
        for rule in self.index.conditional(*numbers):
            conditional = self.db.conditionals[rule.conditional]
            text = expression_text(conditional, names)
            if rule.branch:
                text = f"not ({text})" if " " in text else f"not {text}"
            involved = tuple(sorted(names[number] for number in expression_booleans(conditional)))
            found.append(ConditionalAllow(self._permissions(tclass, rule.permissions), text, involved))
        return found

    def dontaudited(self, source: str, target: str, tclass: str) -> FrozenSet[str]:
        """The permissions whose denial this policy does not log."""
        numbers = self._numbers(source, target, tclass)
        return frozenset() if numbers is None else self._permissions(tclass, self.index.dontaudited(*numbers))

    def targets(self, source: str, tclass: str, permissions: Iterable[str]) -> FrozenSet[str]:
        """The types on which a domain has all these permissions now, type rules alone considered."""
        numbers = self._numbers(source, source, tclass)
        known = self.db.classes.get(tclass)
        wanted = list(permissions)
        if numbers is None or known is None or not all(name in known.permissions for name in wanted):
            return frozenset()
        found = -1
        for name in wanted:
            found &= self.index.targets(numbers[0], numbers[2], 1 << known.permissions[name])
        return self._names(found) if wanted else frozenset()

    def extended(self, source: str, target: str, tclass: str) -> Optional[Tuple[Tuple[int, int], ...]]:
        """The ioctl numbers granted (allowxperm) as (low, high) ranges; None when every number is."""
        numbers = self._numbers(source, target, tclass)
        return None if numbers is None else self.index.extended(*numbers)

    def within_bounds(self, source: str, target: str, tclass: str) -> FrozenSet[str]:
        """The permissions granted that the types' bounds leave (type_attribute_bounds_av in the kernel)."""
        granted = self.allowed(source, target, tclass)
        upper = self.type_bounds(source)
        if upper is None:
            return granted
        return granted & self.allowed(upper, self.type_bounds(target) or target, tclass)

    def refusals(
        self, scontext: Context, tcontext: Context, tclass: str, permissions: Iterable[str]
    ) -> Tuple[constraints.Refusal, ...]:
        """The constraints that stand against an access, whether a type rule grants it or not.

        Contexts that the policy doesn't accept are replaced by the nearest ones it does, as in `verdict`.
        """
        source, target = contexts.accepted(self.db, scontext), contexts.accepted(self.db, tcontext)
        if source is None or target is None:
            return ()
        return constraints.refusals(self.db, source, target, tclass, tuple(permissions))

    def _numbers(self, source: str, target: str, tclass: str) -> Optional[Tuple[int, int, int]]:
        known = self.db.classes.get(tclass)
        source_number = self._type(source)
        target_number = source_number if target == "self" else self._type(target)
        if known is None or source_number is None or target_number is None:
            return None
        return source_number, target_number, known.value

    def _permissions(self, tclass: str, bits: int) -> FrozenSet[str]:
        names = self._bits.get(tclass)
        if names is None:
            table = self.db.classes[tclass].permissions
            names = self._bits[tclass] = [""] * 32
            for name, bit in table.items():
                names[bit & 31] = name
        return frozenset(name for bit, name in enumerate(names) if name and bits >> bit & 1)

    # Booleans

    @cached_property
    def booleans(self) -> Mapping[str, bool]:
        """Every boolean and the value this policy gives it."""
        return {name: state for name, (_value, state) in self.db.booleans.items()}

    def _overrides(self, booleans: Mapping[str, bool]) -> Dict[int, bool]:
        table = self.db.booleans
        return {table[name][0]: value for name, value in booleans.items() if name in table}

    def _boolean_names(self) -> Dict[int, str]:
        return {value: name for name, (value, _state) in self.db.booleans.items()}

    def booleans_for(
        self, source: str, target: str, tclass: str, permissions: Iterable[str]
    ) -> Tuple[Tuple[Setting, ...], ...]:
        """The settings that would allow all of these permissions: single booleans first, then pairs.

        A pair is given only when neither of it helps alone. Nothing is given when all is allowed already.
        """
        wanted = frozenset(permissions)
        state = self.booleans
        names = sorted({name for rule in self.conditional(source, target, tclass) for name in rule.booleans})
        return helpful(
            [(name, not state[name]) for name in names],
            lambda settings: wanted <= self.allowed(source, target, tclass, settings),
        )

    def boolean_sources(self, name: str) -> FrozenSet[str]:
        """The source types whose rules a boolean decides."""
        if name not in self.db.booleans:
            return frozenset()
        if name not in self._reach:
            symbols = self.index.conditional_sources(self.db.booleans[name][0])
            types = 0
            for symbol in symbols:
                types |= self.index.types(symbol)
            self._reach[name] = self._names(types)
        return self._reach[name]

    def boolean_opens(self, name: str, source: str) -> int:
        """How many (target type, class) pairs a boolean decides about for one source: the fewer, the narrower."""
        value = self._type(source)
        if value is None or name not in self.db.booleans:
            return 0
        number = self.db.booleans[name][0]
        return sum(
            bin(self.index.types(target)).count("1")
            for (target, _class), rules in self.index.source(value).conditional.items()
            if any(number in expression_booleans(self.db.conditionals[rule.conditional]) for rule in rules)
        )

    def boolean_grants(self, booleans: Mapping[str, bool], source: str) -> Mapping[Tuple[str, str], FrozenSet[str]]:
        """What a source may do only with these booleans set so: (target type, class) to permissions.

        Args:
            booleans: the values to set.
            source: the source type.
        """
        value = self._type(source)
        if value is None:
            return {}
        numbers = set(self._overrides(booleans))
        names = {known.value: name for name, known in self.db.classes.items()}
        found: Dict[Tuple[str, str], FrozenSet[str]] = {}
        for (symbol, number), rules in self.index.source(value).conditional.items():
            if not any(numbers & set(expression_booleans(self.db.conditionals[rule.conditional])) for rule in rules):
                continue
            for target in self._names(self.index.types(symbol)):
                more = self.allowed(source, target, names[number], booleans) - self.allowed(
                    source, target, names[number]
                )
                if more:
                    found[(target, names[number])] = more
        return found

    def boolean_reach(self, name: str) -> int:
        """How many source types a boolean's rules concern."""
        return len(self.boolean_sources(name))

    # Transitions

    def transition(
        self, source: str, executable_type: str, tclass: str = "process", booleans: Mapping[str, bool] = NO_OVERRIDES
    ) -> Optional[str]:
        """The type that a type_transition rule gives: of the new process, or of a new object in a directory."""
        numbers = self._numbers(source, executable_type, tclass)
        if numbers is None:
            return None
        new = self.index.transitions(numbers[0], numbers[2], self._overrides(booleans)).get(numbers[1])
        return None if new is None else self.db.type_names.get(new)

    def transitions_from(self, source: str, booleans: Mapping[str, bool] = NO_OVERRIDES) -> Mapping[str, str]:
        """Executable type to domain, for all programs whose start changes this domain.

        Args:
            source: the domain that starts them.
            booleans: values that replace the policy's own.
        """
        value, process = self._type(source), self.db.classes.get("process")
        if value is None or process is None:
            return {}
        found: Dict[str, str] = {}
        for target, new in self.index.transitions(value, process.value, self._overrides(booleans)).items():
            for name in self._names(self.index.types(target)):
                found[name] = self.db.type_names[new]
        return found

    def transitions_into(self, executable_type: str) -> Mapping[str, str]:
        """Source domain to new domain, for all who change domain when they run this executable type."""
        value = self._type(executable_type)
        if value is None:
            return {}
        names = self.db.type_names
        return {
            names[domain]: names[new]
            for symbol in self.index.symbols(value)
            for source, new in self._by_executable.get(symbol, ())
            for domain in members(self.index.types(source))
        }

    def domains_through(self, executable_type: str) -> FrozenSet[str]:
        """The domains that somebody or other enters by running this executable type."""
        value = self._type(executable_type)
        if value is None:
            return frozenset()
        symbols = self.index.symbols(value)
        new = {domain for symbol in symbols for _, domain in self._by_executable.get(symbol, ())}
        return frozenset(self.db.type_names[domain] for domain in new if domain in self.db.type_names)

    @cached_property
    def _by_executable(self) -> Dict[int, List[Tuple[int, int]]]:
        """Executable type or attribute to (source type or attribute, new domain) of its process transitions."""
        process = self.db.classes.get("process")
        found: Dict[int, List[Tuple[int, int]]] = {}
        for source, target, new in self.index.transition_rules(process.value if process else 0):
            found.setdefault(target, []).append((source, new))
        return found

    def entrypoints(self, domain: str) -> FrozenSet[str]:
        """The executable types through which a domain may be entered."""
        return self.targets(domain, "file", ("entrypoint",))

    # Ports

    def port_types(self, protocol: str, port: int) -> Tuple[Tuple[str, int, int], ...]:
        """(type, low, high) of all entries that cover a port, the most specific first."""
        number = _PROTOCOLS.get(protocol)
        found = [
            (high - low, order, (self.db.type_names.get(type_, "?"), low, high))
            for order, (of, low, high, type_) in enumerate(self.db.ports)
            if of == number and low <= port <= high
        ]
        return tuple(entry for _width, _order, entry in sorted(found))

    def ports_of(self, type_: str) -> Tuple[Tuple[str, int, int], ...]:
        """(protocol, low, high) of all entries with a port type."""
        value = self._type(type_)
        names = {number: name for name, number in _PROTOCOLS.items()}
        return tuple((names.get(of, str(of)), low, high) for of, low, high, kind in self.db.ports if kind == value)

    # Verdicts

    def verdict(
        self, scontext: Context, tcontext: Context, tclass: str, permissions: Iterable[str]
    ) -> verdicts.Verdict:
        """What the policy as a whole says, constraints, roles and bounds included (see host/verdict.py)."""
        return verdicts.judge(self, scontext, tcontext, tclass, tuple(permissions))
