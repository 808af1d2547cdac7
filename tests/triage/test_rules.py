"""Every message rule: its file loads, its examples match, its near misses do not."""

import pytest

from avcdoctor.knowledge.messages import load_message_file
from avcdoctor.triage import judge
from avcdoctor.triage.packs import all_messages

RULES = all_messages().rules
EXAMPLES = [(rule.id, example.log, example.matches) for rule in RULES for example in rule.examples]


def test_the_shipped_rules_load_without_an_error():
    assert [str(problem) for problem in all_messages().errors] == []
    assert len(RULES) > 25


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_has_an_example_and_a_near_miss(rule):
    assert {example.matches for example in rule.examples} == {True, False}


@pytest.mark.parametrize(("identifier", "log", "matches"), EXAMPLES)
def test_examples(identifier, log, matches):
    verdict = judge(log.encode())
    assert (identifier in {incident.rule for incident in verdict.incidents}) == matches
    if matches:
        assert verdict.incidents[0].rule == identifier
        assert verdict.layer == next(rule.layer for rule in RULES if rule.id == identifier)


BROKEN = """\
service: broken
title: a broken file
messages:
  - id: broken1
    layer: ghosts
    kind: x
    title: "{nonsense}"
    cause: c
    when: {message: '(', errno: ENOTHING}
    because: b
    remedies: [{kind: prayer, title: t}]
    examples: {match: [a], benign: [b]}
  - id: BROKEN502
    layer: path
    kind: x
    title: t
    cause: c
    when: {message: 'it broke at (?P<path>/\\S+)'}
    because: b
    remedies: [{kind: app-fix, title: mend it}]
    examples: {match: [it broke at /x], benign: [it did not]}
"""


def test_a_broken_rule_gives_all_its_errors_and_leaves_the_others(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text(BROKEN)
    rules, problems = load_message_file(file)
    assert [rule.id for rule in rules] == ["BROKEN502"]
    told = "\n".join(map(str, problems))
    for word in ("broken1", "ghosts", "{nonsense}", "regular expression", "ENOTHING", "prayer"):
        assert word in told
    assert all(problem.line >= 4 for problem in problems)


def test_a_file_that_is_no_yaml_is_an_error_with_a_place(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("a: [")
    rules, problems = load_message_file(file)
    assert rules == []
    assert problems[0].line >= 1
    assert "YAML" in problems[0].message
