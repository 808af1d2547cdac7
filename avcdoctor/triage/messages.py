"""Holds log lines against the message rules and fills the rules' texts with what the lines say."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from avcdoctor.knowledge.messages import IN_PROSE, WORDS, Condition, MessageRemedy, MessageRule
from avcdoctor.model import Remedy
from avcdoctor.triage.errnos import Errno, find_errno, find_path, in_unit
from avcdoctor.triage.layers.base import observe, remedy, unit
from avcdoctor.triage.literals import sieve
from avcdoctor.triage.model import Explanation, LogLine, Observation

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_SIMPLE_WORD = re.compile(r"\{([a-z_]+)\}\Z")


class Matcher:
    """Finds the rules that a line answers to; what other lines say is looked up once a rule.

    Args:
        rules: the rules to try, in order.
        lines: all the evidence, for conditions about other lines.
    """

    def __init__(self, rules: Sequence[MessageRule], lines: Sequence[LogLine]) -> None:
        self._rules = sieve([(rule, _needed(rule)) for rule in rules], [line.message for line in lines])
        self._texts = [line.text for line in lines]
        self._elsewhere: Dict[re.Pattern[str], bool] = {}

    def observations(self, line: LogLine, errno: Optional[Errno]) -> List[Observation]:
        """One observation for each layer of which a rule fits the line; of several rules of a layer the first one."""
        found: List[Observation] = []
        for rule in self._rules.through(line.message):
            if any(one.layer == rule.layer for one in found):
                continue
            fields = self._matches(rule, line, errno)
            if fields is not None:
                found.append(_observation(rule, line, errno, fields))
        return found

    def _matches(self, rule: MessageRule, line: LogLine, errno: Optional[Errno]) -> Optional[Mapping[str, str]]:
        for condition in rule.when:
            fields = self._holds(condition, line, errno)
            if fields is not None:
                if any(self._holds(exception, line, errno) is not None for exception in rule.unless):
                    return None
                return fields
        return None

    def _holds(self, condition: Condition, line: LogLine, errno: Optional[Errno]) -> Optional[Mapping[str, str]]:
        if condition.errno and (errno is None or errno.name not in condition.errno):
            return None
        asked = line.process or not condition.message
        if condition.process and asked and not any(one.search(line.process) for one in condition.process):
            return None
        fields: Dict[str, str] = {}
        if condition.message:
            found = next((hit for pattern in condition.message for hit in [pattern.search(line.message)] if hit), None)
            if found is None:
                return None
            fields = {name: value for name, value in found.groupdict().items() if value}
        if condition.elsewhere and not any(self._somewhere(one) for one in condition.elsewhere):
            return None
        return fields

    def _somewhere(self, pattern: re.Pattern[str]) -> bool:
        if pattern not in self._elsewhere:
            self._elsewhere[pattern] = any(pattern.search(text) for text in self._texts)
        return self._elsewhere[pattern]


def _needed(rule: MessageRule) -> List[re.Pattern[str]]:
    """The expressions of which a message has to match one; none where a condition asks for no message."""
    every = all(condition.message for condition in rule.when)
    return [pattern for condition in rule.when for pattern in condition.message] if every else []


def _observation(rule: MessageRule, line: LogLine, errno: Optional[Errno], fields: Mapping[str, str]) -> Observation:
    path = fields.get("path") or find_path(line.message, errno)
    told = {name: value.strip().rstrip(".,;:") for name, value in fields.items()}
    told.update({name: in_unit(value) for name, value in told.items() if value.startswith("/")})
    if path.startswith("/"):
        told.setdefault("path", path.rstrip(".,;:") or "/")
    if line.process:
        told.setdefault("process", line.process)
    if unit(line.text) != WORDS["unit"]:
        told.setdefault("unit", unit(line.text))
    what = fill(rule.cause, told)
    seen = observe(line, rule.layer, what, rule.proof, errno.name if errno else "", told.get("path", ""))
    return replace(seen, rule=rule.id, fields=told)


def explain_by_rule(rule: MessageRule, observation: Observation) -> Explanation:
    """A rule's texts and remedies with the observation's names filled in."""
    told = observation.fields
    return Explanation(
        kind=rule.kind,
        title=fill(rule.title, told),
        cause=fill(rule.cause, told),
        because=fill(rule.because, told),
        remedies=tuple(_remedy(one, told) for one in rule.remedies),
        also=rule.also,
        if_selinux=fill(rule.if_selinux, told),
        sure=tuple(fill(one, told) for one in rule.sure),
        see=rule.see,
        warnings=tuple(fill(one, told) for one in rule.warnings),
        likely=rule.layer in ("capability", "path", "application"),
    )


def _remedy(stated: MessageRemedy, told: Mapping[str, str]) -> Remedy:
    return remedy(
        stated.kind,
        fill(stated.title, told),
        commands=[_argv(command, told) for command in stated.commands],
        undo=[_argv(command, told) for command in stated.undo],
        notes=[fill(note, told) for note in stated.notes],
        steps=[fill(step, told) for step in stated.steps],
    )


def _argv(command: Sequence[str], told: Mapping[str, str]) -> Tuple[str, ...]:
    """A command's words; a name from the log that looks like an option is not put in."""
    words = []
    for word in command:
        alone = _SIMPLE_WORD.match("{unit}" if word == WORDS["unit"] else word)
        value = told.get(alone[1], "") if alone else ""
        if alone and (not value or value.startswith("-")):
            words.append(WORDS[alone[1]])
        else:
            words.append(value if alone else fill(word, told))
    return tuple(words)


def _filled(text: str, told: Mapping[str, str], otherwise: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: told.get(match[1]) or otherwise.get(match[1], match[1]), text)


def fill(text: str, told: Mapping[str, str]) -> str:
    """Put what the message told into a text; what it did not tell becomes a plain word, or PATH inside backquotes."""
    parts = text.split("`")
    for number, part in enumerate(parts):
        parts[number] = _filled(part, told, WORDS if number % 2 else IN_PROSE)
    return "`".join(parts)


__all__ = ["Matcher", "explain_by_rule", "fill", "find_errno"]
