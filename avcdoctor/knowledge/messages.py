"""Loads message rules: what a program's own words in a log mean, and which layer they speak of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import yaml

from avcdoctor.knowledge.nodes import Reader, compose
from avcdoctor.knowledge.schema import Example, RuleProblem
from avcdoctor.model import REMEDY_KINDS

LAYERS = (
    *("selinux", "dac", "path", "symlink", "mount", "seccomp", "apparmor", "fapolicyd", "capability", "sandbox"),
    *("immutable", "exec-format", "application"),
)
"""The layers that can stop a program, as the reports name them."""

PROOFS = ("record", "named", "errno", "symptom", "warning")
"""How much an observation proves, strongest first.

record: the layer wrote it down itself (AVC, SECCOMP, apparmor=, dec=). named: the message names the reason.
errno: only the error number speaks. symptom: a consequence of something else. warning: nothing was stopped.
"""

WORDS = {
    "path": "PATH",
    "unit": "UNIT",
    "user": "USER",
    "program": "PROGRAM",
    "directory": "DIRECTORY",
    "port": "PORT",
    "profile": "PROFILE",
    "target": "TARGET",
    "option": "OPTION",
    "interpreter": "INTERPRETER",
    "module": "MODULE",
    "process": "the program",
    "syscall": "a system call",
}
"""What a rule may put into its texts, and the word that stands in a command when the message does not tell."""

IN_PROSE = {name: word if word.islower() or " " in word else f"the {word.lower()}" for name, word in WORDS.items()}
"""The same for sentences."""

_RULE_FIELDS = (
    *("id", "layer", "kind", "proof", "also", "title", "cause", "when", "unless", "because", "remedies"),
    *("if_selinux", "sure", "warnings", "see", "examples"),
)
_CONDITION_FIELDS = ("process", "message", "errno", "elsewhere")
_ERRNOS = ("EACCES", "EPERM", "ENOENT", "ELOOP", "EROFS", "ENOEXEC", "ENOTDIR")
_ID = re.compile(r"[A-Z][A-Z0-9]*[0-9]{3}\Z")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Condition:
    """What one line must say: every kind of pattern that is given must be found.

    Args:
        process: expressions for the program that wrote the line; when there are message expressions, not asked
            of a line that does not name one.
        message: expressions of which one must be found in the message; its named groups fill the rule's texts.
        errno: names of which the message's error number must be one.
        elsewhere: expressions of which one must be found in any line of the evidence.
    """

    process: Tuple[re.Pattern[str], ...] = ()
    message: Tuple[re.Pattern[str], ...] = ()
    errno: Tuple[str, ...] = ()
    elsewhere: Tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True)
class MessageRemedy:
    """A way out as a rule states it; texts and arguments may hold placeholders such as {path}."""

    kind: str
    title: str
    commands: Tuple[Tuple[str, ...], ...] = ()
    undo: Tuple[Tuple[str, ...], ...] = ()
    steps: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()


@dataclass(frozen=True)
class MessageRule:
    """One kind of message: its layer, what it means, and the ways out."""

    id: str
    service: str
    layer: str
    kind: str
    proof: str
    title: str
    cause: str
    because: str
    when: Tuple[Condition, ...]
    unless: Tuple[Condition, ...] = ()
    remedies: Tuple[MessageRemedy, ...] = ()
    also: Tuple[str, ...] = ()
    if_selinux: str = ""
    sure: Tuple[str, ...] = ()
    warnings: Tuple[str, ...] = ()
    see: Tuple[str, ...] = ()
    examples: Tuple[Example, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Messages:
    """All message rules that could be loaded, and every error on the way."""

    rules: Tuple[MessageRule, ...] = ()
    errors: Tuple[RuleProblem, ...] = field(default=())


def load_messages(directories: Sequence[Path]) -> Messages:
    """Read every `messages/*.yaml` below the rule directories, in name order.

    Args:
        directories: rule directories, the shipped one first; one without messages is passed over.

    Returns:
        What could be loaded, with every error; a file with errors contributes its sound rules only.
    """
    rules: List[MessageRule] = []
    errors: List[RuleProblem] = []
    seen: Dict[str, str] = {}
    for directory in directories:
        for path in sorted((directory / "messages").glob("*.yaml")):
            found, problems = load_message_file(path)
            for rule in found:
                if rule.id in seen:
                    problems.append(RuleProblem(str(path), rule.line, 1, f"{rule.id} is already in {seen[rule.id]}"))
                else:
                    seen[rule.id] = str(path)
                    rules.append(rule)
            errors.extend(problems)
    return Messages(tuple(rules), tuple(errors))


def load_message_file(path: Path) -> Tuple[List[MessageRule], List[RuleProblem]]:
    """Read one file of message rules.

    Returns:
        The rules without an error, and the errors.
    """
    try:
        root = compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return [], [RuleProblem(str(path), 1, 1, f"can't be read: {error}")]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return [], [RuleProblem(str(path), line, column, f"not YAML: {getattr(error, 'problem', None) or error}")]
    reader = Reader(str(path))
    pairs = reader.mapping(root, ("service", "title", "messages"), required=("service", "title", "messages"))
    service = reader.text(pairs.get("service"))
    if service and service != path.stem:
        reader.fail(pairs["service"], f"the file is {path.name}, so the service must be {path.stem!r}, not {service!r}")
    rules = []
    for node in reader.sequence(pairs.get("messages")):
        before = len(reader.problems)
        rule = _rule(reader, node, service)
        if len(reader.problems) == before:
            rules.append(rule)
    return rules, reader.problems


def _rule(reader: Reader, node: yaml.Node, service: str) -> MessageRule:
    required = ("id", "layer", "kind", "title", "cause", "when", "because", "remedies", "examples")
    pairs = reader.mapping(node, _RULE_FIELDS, required=required)
    identifier = reader.text(pairs.get("id"))
    if identifier and not _ID.match(identifier):
        reader.fail(pairs["id"], f"an id is capital letters and three digits such as SSHD501, not {identifier!r}")
    proof = reader.choice(pairs.get("proof"), PROOFS) or "named"
    for text in ("title", "cause", "because", "if_selinux"):
        _placeholders(reader, pairs.get(text))
    return MessageRule(
        id=identifier,
        service=service,
        layer=reader.choice(pairs.get("layer"), LAYERS),
        kind=reader.text(pairs.get("kind")),
        proof=proof,
        title=reader.text(pairs.get("title")),
        cause=reader.text(pairs.get("cause")),
        because=reader.text(pairs.get("because")),
        when=_conditions(reader, pairs.get("when")),
        unless=_conditions(reader, pairs.get("unless")),
        remedies=tuple(_remedy(reader, one) for one in reader.sequence(pairs.get("remedies"))),
        also=tuple(reader.choice(one, LAYERS) for one in reader.sequence(pairs.get("also"))),
        if_selinux=reader.text(pairs.get("if_selinux")),
        sure=reader.texts(pairs.get("sure")),
        warnings=reader.texts(pairs.get("warnings")),
        see=reader.texts(pairs.get("see")),
        examples=_examples(reader, pairs.get("examples")),
        file=reader.file,
        line=node.start_mark.line + 1,
    )


def _conditions(reader: Reader, node: Optional[yaml.Node]) -> Tuple[Condition, ...]:
    """One mapping, or a list of mappings of which one must hold."""
    nodes = reader.sequence(node) if isinstance(node, yaml.SequenceNode) else ([node] if node is not None else [])
    return tuple(_condition(reader, one) for one in nodes)


def _condition(reader: Reader, node: yaml.Node) -> Condition:
    pairs = reader.mapping(node, _CONDITION_FIELDS)
    if not pairs:
        reader.fail(node, "a condition needs at least one field")
    for name in reader.texts(pairs.get("errno")):
        if name not in _ERRNOS:
            reader.fail(pairs["errno"], f"{name!r} is not one of {', '.join(_ERRNOS)}")
    return Condition(
        process=_expressions(reader, pairs.get("process")),
        message=_expressions(reader, pairs.get("message")),
        errno=reader.texts(pairs.get("errno")),
        elsewhere=_expressions(reader, pairs.get("elsewhere")),
    )


def _expressions(reader: Reader, node: Optional[yaml.Node]) -> Tuple[re.Pattern[str], ...]:
    found = []
    for one in reader.texts(node):
        if node is not None and reader.expression(node, one):
            found.append(re.compile(one, re.IGNORECASE))
    for pattern in found:
        for name in set(pattern.groupindex) - set(WORDS):
            reader.fail(node, f"unknown group name {name!r}; known are {', '.join(WORDS)}")
    return tuple(found)


def _remedy(reader: Reader, node: yaml.Node) -> MessageRemedy:
    pairs = reader.mapping(node, ("kind", "title", "commands", "undo", "steps", "notes"), required=("kind", "title"))
    for value in pairs.values():
        _placeholders(reader, value)
    return MessageRemedy(
        kind=reader.choice(pairs.get("kind"), REMEDY_KINDS),
        title=reader.text(pairs.get("title")),
        commands=tuple(reader.texts(one) for one in reader.sequence(pairs.get("commands"))),
        undo=tuple(reader.texts(one) for one in reader.sequence(pairs.get("undo"))),
        steps=reader.texts(pairs.get("steps")),
        notes=reader.texts(pairs.get("notes")),
    )


def _placeholders(reader: Reader, node: Optional[yaml.Node]) -> None:
    """Every {word} must be one that a message can fill."""
    if isinstance(node, yaml.SequenceNode):
        for one in node.value:
            _placeholders(reader, one)
    elif isinstance(node, yaml.ScalarNode):
        for name in _PLACEHOLDER.findall(str(node.value)):
            if name not in WORDS:
                reader.fail(node, f"unknown placeholder {{{name}}}; known are {', '.join(WORDS)}")


def _examples(reader: Reader, node: Optional[yaml.Node]) -> Tuple[Example, ...]:
    if node is None:
        return ()
    pairs = reader.mapping(node, ("match", "benign"), required=("match", "benign"))
    examples = [Example(log, True) for log in reader.texts(pairs.get("match"))]
    return tuple(examples + [Example(log, False) for log in reader.texts(pairs.get("benign"))])
