"""Reviews rule packs beyond what loading needs: whether they are complete, plain, safe and of one mind."""

from __future__ import annotations

import re
from typing import Dict, Iterable, Iterator, List, Tuple

from avcdoctor.knowledge.schema import Match, Rule, RuleProblem, Service
from avcdoctor.knowledge.weakening import spoken_of

PLACEHOLDERS = (
    *("comm", "exe", "path", "object", "name", "port", "source", "target"),
    *("script", "script_type", "directory", "permissions"),
)
"""What a rule's texts may leave for the engine to fill in."""

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.]*_t\Z|[A-Za-z0-9_.]*\*[A-Za-z0-9_.*]*\Z")
_BOOLEAN = re.compile(r"[a-z][a-z0-9_]*\Z")
_GRANTS = ("module", "boolean")
_LONGEST_TITLE = 90
_LONGEST_REASON = 700

Text = Tuple[str, str]  # (what it is, the words)


def review(service: Service) -> List[RuleProblem]:
    """Every fault of a pack that loaded without error; empty when it is good.

    Args:
        service: the pack.
    """
    problems = [RuleProblem(service.file, 1, 1, fault) for fault in _service_faults(service)]
    for rule in service.rules:
        problems += [RuleProblem(rule.file, rule.line, 1, f"{rule.id}: {fault}") for fault in _rule_faults(rule)]
    return problems


def contradictions(rules: Iterable[Rule]) -> List[RuleProblem]:
    """Two rules for the same denials whose first remedies differ.

    Args:
        rules: the rules of all packs together.
    """
    seen: Dict[object, Rule] = {}
    problems: List[RuleProblem] = []
    for rule in rules:
        for match in rule.when:
            other = seen.setdefault(_key(match), rule)
            if other is not rule and _first(other) != _first(rule):
                message = f"{rule.id}: same `when` as {other.id}, which says {_first(other)} instead of {_first(rule)}"
                problems.append(RuleProblem(rule.file, rule.line, 1, message))
    return problems


def _service_faults(service: Service) -> Iterator[str]:
    prefix = re.sub(r"[^A-Z0-9]", "", service.name.upper())
    ids = [rule.id for rule in service.rules]
    yield from (
        f"{one} does not begin with {prefix}" for one in ids if one.rstrip("0123456789") != prefix.rstrip("0123456789")
    )
    if ids != sorted(ids):
        yield "the rules do not stand in the order of their ids"
    for name, types in (
        ("domain", service.domains),
        ("place", tuple(place.type for place in service.places)),
        ("port", service.ports),
    ):
        yield from (f"{name} {one!r} is no type" for one in types if not _TYPE.match(one))
        yield from (
            f"{name} {one!r} stands twice" for one in sorted(set(types)) if name != "place" and types.count(one) > 1
        )
    for place in service.places:
        if place.path and not place.path.startswith(("/", "~/")):
            yield f"the place {place.path!r} is no absolute path"
    for boolean in service.booleans:
        yield from _weakening([(f"the boolean {boolean.name}", boolean.says)])
        yield from (f"the boolean {boolean.name}: {fault}" for match in boolean.when for fault in _match_faults(match))
        if not _BOOLEAN.match(boolean.name):
            yield f"{boolean.name!r} is no boolean's name"


def _rule_faults(rule: Rule) -> Iterator[str]:
    texts = _texts(rule)
    yield from _weakening(texts)
    for what, words in texts:
        unknown = sorted(set(re.findall(r"\{(\w+)\}", words)) - set(PLACEHOLDERS))
        yield from (f"{what} has the unknown placeholder {{{one}}}" for one in unknown)
    if not rule.title or rule.title.endswith(".") or len(rule.title) > _LONGEST_TITLE:
        yield f"the title must be a phrase of at most {_LONGEST_TITLE} characters without a full stop"
    if not rule.because.endswith(".") or len(rule.because) > _LONGEST_REASON:
        yield f"`because` must be whole sentences of at most {_LONGEST_REASON} characters"
    yield from (f"`when`: {fault}" for match in (*rule.when, *rule.unless) for fault in _match_faults(match))
    if any(not {"source", "comm", "exe"} & set(match.fields) for match in rule.when):
        yield "`when` says nothing of who was denied (source, comm or exe)"
    if {example.matches for example in rule.examples} != {True, False}:
        yield "needs an example that matches and a benign one that does not"
    yield from _remedy_faults(rule)


def _remedy_faults(rule: Rule) -> Iterator[str]:
    kinds = [remedy.kind for remedy in rule.remedies]
    if not kinds:
        yield "has no remedy; keep-denied is one"
    if kinds[:1] == ["keep-denied"] and set(kinds) & set(_GRANTS):
        yield "says keep-denied and grants all the same"
    for remedy in rule.remedies:
        for name in ("place", "like", "to"):
            value = remedy.parameters.get(name)
            if value is not None and not str(value).startswith(("/", "{")):
                yield f"{remedy.kind}: {name} is no absolute path"
        type_ = remedy.parameters.get("type")
        if type_ is not None and not _TYPE.match(str(type_)):
            yield f"{remedy.kind}: {type_!r} is no type"


def _match_faults(match: Match) -> Iterator[str]:
    for name in ("source", "target"):
        for pattern in match.fields.get(name, ()):
            if not pattern.startswith(("@", "re:")) and not _TYPE.match(pattern):
                yield f"{name} {pattern!r} is no type, glob of types, @attribute or re:EXPRESSION"


def _texts(rule: Rule) -> List[Text]:
    texts: List[Text] = [("the title", rule.title), ("`because`", rule.because), ("`next`", rule.next)]
    texts += [("a warning", words) for words in rule.warnings]
    texts += [("`never`", words) for words in rule.never]
    for remedy in rule.remedies:
        for name in ("title", "why", "steps"):
            texts += [(f"a remedy's {name}", words) for words in _words(remedy.parameters.get(name, ()))]
    return texts


def _words(value: object) -> Tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, tuple) else ()


def _weakening(texts: Iterable[Text]) -> Iterator[str]:
    """No text of ours tells anyone to switch protection off, not even as a thing others do."""
    for what, words in texts:
        found = spoken_of(words) if what != "`never`" else None
        if found:
            yield f"{what} speaks of {found!r}, which weakens the machine"


def _key(match: Match) -> object:
    return tuple(sorted((name, tuple(sorted(patterns))) for name, patterns in match.fields.items()))


def _first(rule: Rule) -> str:
    return rule.remedies[0].kind if rule.remedies else "nothing"
