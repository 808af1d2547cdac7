"""What a rule pack holds: one service's domains, places, booleans and rules, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import FrozenSet, Mapping, Optional, Tuple, Union

USES = ("read", "write", "log", "script", "config", "runtime", "cache", "socket", "keys", "unit", "exec", "home")
"""What a place is for: `read` is content the service reads, `write` content it changes, `script` what it executes."""

MATCH_FIELDS = (
    "source",
    "target",
    "class",
    "permissions",
    "comm",
    "exe",
    "path",
    "name",
    "device",
    "port",
    "capability",
    "syscall",
    "exit",
    "uid",
    "record",
    "permissive",
)
"""What `when` and `unless` may ask of a group."""

Value = Union[str, int, bool, Tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """Where the policy expects something of a service, and the type it gives it there."""

    type: str
    use: str
    path: str = ""


@dataclass(frozen=True)
class BooleanFact:
    """A boolean of the service, what it is for, and which denials it answers."""

    name: str
    says: str
    when: Tuple[Match, ...]
    value: bool = True


@dataclass(frozen=True)
class Match:
    """A condition on a group: every field that is given must hold; a field holds when one of its patterns does.

    Patterns are exact names or globs (`*`), `@attribute` for a type that has the attribute, and
    `re:EXPRESSION` for a regular expression that must match the whole value.
    """

    fields: Mapping[str, Tuple[str, ...]]


@dataclass(frozen=True)
class RuleRemedy:
    """A remedy kind with its parameters, as a rule states it."""

    kind: str
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """A log of a rule's own: it must match, or (benign) must not."""

    log: str
    matches: bool


@dataclass(frozen=True)
class Rule:
    """Knowledge that the policy itself can't tell, about one kind of denial."""

    id: str
    service: str
    title: str
    because: str
    when: Tuple[Match, ...]
    unless: Tuple[Match, ...]
    remedies: Tuple[RuleRemedy, ...]
    cause: str = "known-case"
    next: str = ""
    warnings: Tuple[str, ...] = ()
    never: Tuple[str, ...] = ()
    see: Tuple[str, ...] = ()
    examples: Tuple[Example, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Service:
    """One rule pack: what is known of a service."""

    name: str
    title: str
    domains: Tuple[str, ...]
    places: Tuple[Place, ...] = ()
    ports: Tuple[str, ...] = ()
    booleans: Tuple[BooleanFact, ...] = ()
    rules: Tuple[Rule, ...] = ()
    package: str = ""
    unit: str = ""
    file: str = ""


@dataclass(frozen=True)
class RuleProblem:
    """One error in a rule file, with its place; lines and columns start at 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True)
class Knowledge:
    """All rule packs that could be loaded, and the errors of those that could not."""

    services: Tuple[Service, ...] = ()
    errors: Tuple[RuleProblem, ...] = ()

    @cached_property
    def rules(self) -> Tuple[Rule, ...]:
        """Every rule of every service, in file order."""
        return tuple(rule for service in self.services for rule in service.rules)

    def rules_for(self, source: str) -> Tuple[Rule, ...]:
        """The rules that may hold for a source type, in file order: those that name it, and those with patterns."""
        return tuple(rule for rule, sources in self._sources if sources is None or source in sources)

    @cached_property
    def _sources(self) -> Tuple[Tuple[Rule, Optional[FrozenSet[str]]], ...]:
        return tuple((rule, _exact_sources(rule)) for rule in self.rules)

    def service_of(self, domain: str) -> Optional[Service]:
        """The service that runs in a domain, or None."""
        return next((service for service in self.services if domain in service.domains), None)


def _exact_sources(rule: Rule) -> Optional[FrozenSet[str]]:
    """The source types a rule names; None where a condition has patterns, or nothing, for the source."""
    found = [match.fields.get("source", ("*",)) for match in rule.when]
    names = frozenset(name for patterns in found for name in patterns)
    return None if any(name.startswith(("@", "re:")) or "*" in name for name in names) else names
