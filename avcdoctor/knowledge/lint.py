"""Checks a rule file the way its author needs it: what the loader refuses, what a review finds, every example tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

import yaml

from avcdoctor.knowledge.loader import load_file
from avcdoctor.knowledge.match import HasAttribute, rule_matches
from avcdoctor.knowledge.messages import MessageRule, load_message_file
from avcdoctor.knowledge.nodes import compose
from avcdoctor.knowledge.protected import table_faults
from avcdoctor.knowledge.review import contradictions, review
from avcdoctor.knowledge.schema import Example, Rule, RuleProblem
from avcdoctor.knowledge.systems import TABLE, faults
from avcdoctor.knowledge.tables import document, rows
from avcdoctor.knowledge.weakening import spoken_of
from avcdoctor.read.pasted import read_text
from avcdoctor.resources import policies_dir

Answers = Callable[[MessageRule, str], bool]
"""Whether a message rule takes a log for its own."""


_GROUPS = (
    *("domains.yaml", "types.yaml", "areas.yaml", "system-directories.yaml", "attributes.yaml"),
    *("paths.yaml", "programs.yaml", "classes.yaml"),
)
_OWN_CHECKS: Mapping[str, Callable[[Any], Iterable[str]]] = {"protected.yaml": table_faults, TABLE: faults}
_OWN_NAMES = ("domains.yaml", "attributes.yaml")
"""Tables whose groups rules and other tables may name, so that one of one's own has a reader."""


def is_facts_file(path: Path) -> bool:
    """Whether a file is one of the tables of facts, by its name."""
    return path.name in (*_OWN_CHECKS, *_GROUPS) or (
        path.suffix == ".tsv" and (policies_dir() / "facts" / path.name).is_file()
    )


def check_facts_file(path: Path) -> List[RuleProblem]:
    """Check a table of facts: protected objects, systems, groups of types or domains, or a tab-separated one."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".tsv":
            return [RuleProblem(str(path), line, 1, fault) for line, fault in _row_faults(path.name, text)]
        compose(text)
        table = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [RuleProblem(str(path), 1, 1, f"can't be read: {error}")]
    check = _OWN_CHECKS.get(path.name)
    found = check(table) if check is not None else _group_faults(path.name, table)
    return [RuleProblem(str(path), 1, 1, fault) for fault in found]


def _row_faults(name: str, text: str) -> Iterator[Tuple[int, str]]:
    """The lines with another number of columns than any of the shipped table's."""
    widths = {len(row) for row in rows(name)}
    for number, line in enumerate(text.splitlines(), 1):
        if line and not line.startswith("#") and len(line.split("\t")) not in widths:
            yield number, f"has {len(line.split(chr(9)))} columns; {name} has {' or '.join(map(str, sorted(widths)))}"


def _group_faults(name: str, table: object) -> Iterator[str]:
    if not isinstance(table, dict):
        yield "a mapping of names to lists is needed here"
        return
    for group, members in table.items():
        if not isinstance(members, list) or not all(isinstance(one, str) for one in members):
            yield f"{group} is no list of texts"
        elif len(set(members)) != len(members):
            yield f"{group} names something twice"
        if name not in _OWN_NAMES and group not in document(name):
            yield f"nobody asks for {group}: the groups of {name} are fixed"


def check_together(paths: Sequence[Path], known: Iterable[Rule]) -> List[RuleProblem]:
    """Rules of these packs that contradict each other, or one that is known already.

    Args:
        paths: YAML files; what can't be read is left to `check_file`.
        known: the rules that are in use.
    """
    services = [service for service, problems in map(load_file, paths) if service is not None and not problems]
    files = {service.file for service in services}
    rules = [rule for service in services for rule in service.rules]
    ids = {rule.id for rule in rules}
    others = [rule for rule in known if rule.id not in ids]
    return [problem for problem in contradictions([*others, *rules]) if problem.file in files]


def check_file(path: Path, has_attribute: HasAttribute) -> List[RuleProblem]:
    """Check one rule pack.

    Args:
        path: the YAML file.
        has_attribute: answers for conditions such as `@file_type`; None where no policy knows the type.

    Returns:
        Every problem with its line: what the loader says, or else what the review finds and each example that does
        not do what it is there for.
    """
    service, problems = load_file(path)
    if service is None or problems:
        return problems
    problems = review(service)
    for rule in service.rules:
        for example in rule.examples:
            complaint = _complaint(rule, example, has_attribute)
            if complaint:
                problems.append(RuleProblem(rule.file, rule.line, 1, f"{rule.id}: {complaint}"))
    return problems


def _complaint(rule: Rule, example: Example, has_attribute: HasAttribute) -> Optional[str]:
    shown = example.log.strip().splitlines()[0][:80] if example.log.strip() else "an empty text"
    reading = read_text(example.log)
    if reading.summary.unreadable:
        return f"an example can't be read ({reading.summary.unreadable_examples[0].reason}): {shown}"
    if not reading.groups:
        return f"an example holds no denial: {shown}"
    matched = any(rule_matches(rule, group, has_attribute) for group in reading.groups)
    if matched == example.matches:
        return None
    return f"an example should match and does not: {shown}" if example.matches else f"matches its benign one: {shown}"


def is_message_file(path: Path) -> bool:
    """Whether a YAML file holds message rules; unreadable files hold none."""
    try:
        root = compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    return any(getattr(key, "value", None) == "messages" for key, _ in pairs)


def check_message_file(path: Path, answers: Answers) -> List[RuleProblem]:
    """Check one file of message rules.

    Args:
        path: the YAML file.
        answers: whether a rule takes a log for its own; triage knows.

    Returns:
        Every problem with its line: what the loader says, and each example that does not do what it is there for.
    """
    rules, problems = load_message_file(path)
    for rule in rules:
        kinds = {example.matches for example in rule.examples}
        if kinds != {True, False}:
            problems.append(RuleProblem(rule.file, rule.line, 1, f"{rule.id}: needs examples of both kinds"))
        for text in _advice(rule):
            if spoken_of(text):
                problems.append(RuleProblem(rule.file, rule.line, 1, f"{rule.id}: tells to weaken SELinux: {text}"))
        for example in rule.examples:
            complaint = _message_complaint(rule, example, answers)
            if complaint:
                problems.append(RuleProblem(rule.file, rule.line, 1, f"{rule.id}: {complaint}"))
    return problems


def _advice(rule: MessageRule) -> Iterator[str]:
    for remedy in rule.remedies:
        yield from (remedy.title, *remedy.steps, *remedy.notes)
        yield from (" ".join(command) for command in (*remedy.commands, *remedy.undo))


def _message_complaint(rule: MessageRule, example: Example, answers: Answers) -> Optional[str]:
    shown = example.log.strip().splitlines()[0][:80] if example.log.strip() else "an empty text"
    if answers(rule, example.log) == example.matches:
        return None
    return f"an example should match and does not: {shown}" if example.matches else f"matches its benign one: {shown}"
