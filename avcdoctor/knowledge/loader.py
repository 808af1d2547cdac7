"""Reads a rule pack: every error of a file with its line and column, and a broken file never stops the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import yaml

from avcdoctor.knowledge.nodes import Reader, compose
from avcdoctor.knowledge.schema import (
    MATCH_FIELDS,
    USES,
    BooleanFact,
    Example,
    Match,
    Place,
    Rule,
    RuleProblem,
    RuleRemedy,
    Service,
    Value,
)
from avcdoctor.model import REMEDY_KINDS

_ID = re.compile(r"[A-Z][A-Z0-9]*[0-9]{3}\Z")
_REMEDY_FIELDS: Dict[str, Tuple[str, ...]] = {
    "restorecon": ("place",),
    "fcontext": ("type", "place", "like"),
    "exec-type": ("type",),
    "move": ("to",),
    "boolean": ("name", "value"),
    "port": ("type",),
    "package-update": ("package",),
    "module": ("whole",),
}
_RULE_FIELDS = (
    *("id", "title", "cause", "when", "unless", "because", "next", "remedies"),
    *("warnings", "never", "see", "examples"),
)
_COMMON_FIELDS = ("kind", "title", "why", "steps")


def load_file(path: Path) -> Tuple[Optional[Service], List[RuleProblem]]:
    """Read one rule pack.

    Returns:
        The service, or None when the file is not even a mapping; and its errors.
    """
    try:
        text = path.read_text(encoding="utf-8")
        root = compose(text)
    except (OSError, UnicodeDecodeError) as error:
        return None, [RuleProblem(str(path), 1, 1, f"can't be read: {error}")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return None, [RuleProblem(str(path), line, column, f"not YAML: {getattr(error, 'problem', None) or error}")]
    reader = Reader(str(path))
    service = _service(reader, root, path) if root is not None else None
    if root is None:
        reader.fail(None, "the file is empty")
    return service, reader.problems


def _service(reader: Reader, root: yaml.Node, path: Path) -> Service:
    known = ("service", "title", "package", "unit", "domains", "places", "ports", "booleans", "rules")
    pairs = reader.mapping(root, known, required=("service", "title"))
    name = reader.text(pairs.get("service"))
    if name and name != path.stem:
        reader.fail(pairs["service"], f"the file is {path.name}, so the service must be {path.stem!r}, not {name!r}")
    return Service(
        name=name,
        title=reader.text(pairs.get("title")),
        domains=reader.texts(pairs.get("domains")),
        places=tuple(_place(reader, node) for node in reader.sequence(pairs.get("places"))),
        ports=reader.texts(pairs.get("ports")),
        booleans=tuple(_boolean(reader, node) for node in reader.sequence(pairs.get("booleans"))),
        rules=tuple(_rule(reader, node, name) for node in reader.sequence(pairs.get("rules"))),
        package=reader.text(pairs.get("package")),
        unit=reader.text(pairs.get("unit")),
        file=str(path),
    )


def _place(reader: Reader, node: yaml.Node) -> Place:
    pairs = reader.mapping(node, ("type", "use", "path"), required=("type", "use"))
    use = reader.choice(pairs.get("use"), USES)
    return Place(reader.text(pairs.get("type")), use, reader.text(pairs.get("path")))


def _boolean(reader: Reader, node: yaml.Node) -> BooleanFact:
    pairs = reader.mapping(node, ("name", "says", "when", "value"), required=("name", "says", "when"))
    value = reader.flag(pairs.get("value"), default=True)
    return BooleanFact(
        reader.text(pairs.get("name")), reader.text(pairs.get("says")), _matches(reader, pairs.get("when")), value
    )


def _rule(reader: Reader, node: yaml.Node, service: str) -> Rule:
    pairs = reader.mapping(node, _RULE_FIELDS, required=("id", "title", "when", "because", "remedies", "examples"))
    identifier = reader.text(pairs.get("id"))
    if identifier and not _ID.match(identifier):
        reader.fail(pairs["id"], f"an id is capital letters and three digits such as NGINX001, not {identifier!r}")
    return Rule(
        id=identifier,
        service=service,
        title=reader.text(pairs.get("title")),
        because=reader.text(pairs.get("because")),
        when=_matches(reader, pairs.get("when")),
        unless=_matches(reader, pairs.get("unless")),
        remedies=tuple(_remedy(reader, one) for one in reader.sequence(pairs.get("remedies"))),
        cause=reader.text(pairs.get("cause")) or "known-case",
        next=reader.text(pairs.get("next")),
        warnings=reader.texts(pairs.get("warnings")),
        never=reader.texts(pairs.get("never")),
        see=reader.texts(pairs.get("see")),
        examples=_examples(reader, pairs.get("examples")),
        file=reader.file,
        line=node.start_mark.line + 1,
    )


def _matches(reader: Reader, node: Optional[yaml.Node]) -> Tuple[Match, ...]:
    """One mapping, or a list of mappings of which one must hold."""
    nodes = reader.sequence(node) if isinstance(node, yaml.SequenceNode) else ([node] if node is not None else [])
    return tuple(_match(reader, one) for one in nodes)


def _match(reader: Reader, node: yaml.Node) -> Match:
    pairs = reader.mapping(node, MATCH_FIELDS)
    if not pairs:
        reader.fail(node, "a condition needs at least one field")
    fields = {name: reader.texts(value) for name, value in pairs.items()}
    for name, patterns in fields.items():
        for pattern in patterns:
            if pattern.startswith("re:"):
                reader.expression(pairs[name], pattern[3:])
    return Match(fields)


def _remedy(reader: Reader, node: yaml.Node) -> RuleRemedy:
    kind_node = reader.peek(node, "kind")
    kind = reader.choice(kind_node, REMEDY_KINDS) if kind_node is not None else ""
    pairs = reader.mapping(node, _COMMON_FIELDS + _REMEDY_FIELDS.get(kind, ()), required=("kind",))
    parameters: Dict[str, Value] = {}
    for name, value in pairs.items():
        if name == "kind":
            continue
        if name in ("value", "whole"):
            parameters[name] = reader.flag(value, default=True)
        else:
            parameters[name] = reader.texts(value) if name == "steps" else reader.text(value)
    if kind == "boolean" and "name" not in parameters:
        reader.fail(node, "a boolean remedy needs `name`")
    if kind in ("exec-type", "port") and "type" not in parameters:
        reader.fail(node, f"a remedy of kind {kind} needs `type`")
    return RuleRemedy(kind, parameters)


def _examples(reader: Reader, node: Optional[yaml.Node]) -> Tuple[Example, ...]:
    if node is None:
        return ()
    pairs = reader.mapping(node, ("match", "benign"), required=("match", "benign"))
    examples = [Example(log, True) for log in reader.texts(pairs.get("match"))]
    examples += [Example(log, False) for log in reader.texts(pairs.get("benign"))]
    return tuple(examples)
