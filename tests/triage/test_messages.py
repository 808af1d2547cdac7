"""How a line answers to a rule, and how a rule's texts are filled."""

import pytest

from avcdoctor.knowledge.messages import load_message_file
from avcdoctor.triage.errnos import find_errno
from avcdoctor.triage.lines import read_lines
from avcdoctor.triage.messages import Matcher, explain_by_rule, fill
from avcdoctor.triage.unwrapped import unwrapped

RULES = """\
service: shop
title: a shop
messages:
  - id: SHOP501
    layer: path
    kind: lost
    proof: errno
    title: "{process} lost {path}"
    cause: it is gone
    when:
      - {process: ['^shop$'], message: ['lost (?P<path>\\S+)'], errno: [ENOENT], elsewhere: ['opened for business']}
    unless:
      - {message: ['on purpose']}
    because: it looked there
    remedies:
      - {kind: app-fix, title: find it, commands: [[ls, "{path}"], [systemctl, cat, UNIT]], steps: ["look at `{path}`"]}
    examples: {match: [a], benign: [b]}
"""


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "shop.yaml").write_text(RULES)
    return load_message_file(tmp_path / "shop.yaml")[0]


def seen(rules, log):
    lines = read_lines(unwrapped(log.encode()))
    matcher = Matcher(rules, lines)
    return [one for line in lines for one in matcher.observations(line, find_errno(line.message))]


OPEN = "shop[1]: opened for business\n"
LOST = "shop[1]: lost /srv/till: No such file or directory\n"


def test_every_part_of_a_condition_must_hold(rules):
    assert [one.rule for one in seen(rules, OPEN + LOST)] == ["SHOP501"]
    assert seen(rules, LOST) == []  # nothing elsewhere
    assert seen(rules, OPEN + LOST.replace("shop", "bank")) == []
    assert seen(rules, OPEN + LOST.replace("No such file or directory", "Permission denied")) == []
    assert seen(rules, OPEN + LOST.replace("lost", "on purpose lost")) == []


def test_texts_and_commands_are_filled(rules):
    (one,) = seen(rules, OPEN + LOST.replace("lost", "shop.service: lost"))
    explanation = explain_by_rule(rules[0], one)
    assert explanation.title == "shop lost /srv/till"
    actions = explanation.remedies[0].actions
    assert actions[0].argv == ("ls", "/srv/till")
    assert actions[1].argv == ("systemctl", "cat", "shop.service")
    assert actions[2].parameters["text"] == "look at `/srv/till`"


def test_a_unit_that_nobody_names_stays_a_word(rules):
    (one,) = seen(rules, OPEN + LOST)
    assert explain_by_rule(rules[0], one).remedies[0].actions[1].argv == ("systemctl", "cat", "UNIT")


def test_a_word_in_prose_and_a_word_in_a_command():
    assert fill("see {path}, by `ls {path}`", {}) == "see the path, by `ls PATH`"
    assert fill("see {path}", {"path": "/a{b}"}) == "see /a{b}"
