"""Checks a file of message rules the way its author needs it: what the loader refuses, and every example tried."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional

import yaml

from avcdoctor.knowledge.messages import MessageRule, load_message_file
from avcdoctor.knowledge.nodes import compose
from avcdoctor.knowledge.review import weakens
from avcdoctor.knowledge.schema import Example, RuleProblem
from avcdoctor.triage.judge import judge


def is_message_file(path: Path) -> bool:
    """Whether a YAML file holds message rules; unreadable files hold none."""
    try:
        root = compose(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    pairs = root.value if isinstance(root, yaml.MappingNode) else ()
    return any(getattr(key, "value", None) == "messages" for key, _ in pairs)


def check_message_file(path: Path) -> List[RuleProblem]:
    """Check one file of message rules.

    Returns:
        Every problem with its line: what the loader says, and each example that does not do what it is there for.
    """
    rules, problems = load_message_file(path)
    for rule in rules:
        kinds = {example.matches for example in rule.examples}
        if kinds != {True, False}:
            problems.append(RuleProblem(rule.file, rule.line, 1, f"{rule.id}: needs examples of both kinds"))
        for text in _advice(rule):
            if weakens(text):
                problems.append(RuleProblem(rule.file, rule.line, 1, f"{rule.id}: tells to weaken SELinux: {text}"))
        for example in rule.examples:
            complaint = _complaint(rule, example)
            if complaint:
                problems.append(RuleProblem(rule.file, rule.line, 1, f"{rule.id}: {complaint}"))
    return problems


def _advice(rule: MessageRule) -> Iterator[str]:
    for remedy in rule.remedies:
        yield from (remedy.title, *remedy.steps, *remedy.notes)
        yield from (" ".join(command) for command in (*remedy.commands, *remedy.undo))


def _complaint(rule: MessageRule, example: Example) -> Optional[str]:
    shown = example.log.strip().splitlines()[0][:80] if example.log.strip() else "an empty text"
    verdict = judge(example.log.encode(), [rule])
    matched = any(incident.rule == rule.id for incident in verdict.incidents)
    if matched == example.matches:
        return None
    return f"an example should match and does not: {shown}" if example.matches else f"matches its benign one: {shown}"
