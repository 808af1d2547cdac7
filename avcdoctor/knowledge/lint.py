"""Checks a rule pack the way its author needs it: what the loader refuses, what a review finds, every example tried."""

from __future__ import annotations

from pathlib import Path
from typing import List, Optional

from avcdoctor.knowledge.loader import load_file
from avcdoctor.knowledge.match import HasAttribute, rule_matches
from avcdoctor.knowledge.review import review
from avcdoctor.knowledge.schema import Example, Rule, RuleProblem
from avcdoctor.read.pasted import read_text


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
