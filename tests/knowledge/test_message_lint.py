"""The checker of message rules: the shipped ones pass, and each kind of fault is told."""

import pytest

from avcdoctor.knowledge.lint import check_message_file, is_message_file
from avcdoctor.resources import policies_dir
from avcdoctor.triage.judge import answers

FILES = sorted((policies_dir() / "rules" / "messages").glob("*.yaml"))
RULE = """\
service: shop
title: a shop
messages:
  - id: SHOP501
    layer: path
    kind: lost
    title: the shop lost {path}
    cause: it is gone
    when: {message: 'lost (?P<path>/\\S+)'}
    because: it looked there
    remedies: [{kind: app-fix, title: REMEDY}]
    examples: {match: [MATCH], benign: [BENIGN]}
"""


def check(tmp_path, match="lost /x", benign="found /x", remedy="find it"):
    file = tmp_path / "shop.yaml"
    file.write_text(RULE.replace("MATCH", match).replace("BENIGN", benign).replace("REMEDY", remedy))
    assert is_message_file(file)
    return [str(problem) for problem in check_message_file(file, answers)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_shipped_files_pass(file):
    assert is_message_file(file)
    assert [str(problem) for problem in check_message_file(file, answers)] == []


def test_a_sound_rule_passes(tmp_path):
    assert check(tmp_path) == []


def test_an_example_that_does_not_match_is_told(tmp_path):
    assert "should match and does not" in check(tmp_path, match="nothing")[0]


def test_a_near_miss_that_matches_is_told(tmp_path):
    assert "matches its benign one" in check(tmp_path, benign="lost /y")[0]


@pytest.mark.parametrize("advice", ["run setenforce 0", "'semanage permissive -a shop_t'"])
def test_advice_that_weakens_is_told(tmp_path, advice):
    assert "weaken" in check(tmp_path, remedy=advice)[0]


def test_other_files_are_no_message_rules(tmp_path):
    (tmp_path / "pack.yaml").write_text("service: x\nrules: []\n")
    (tmp_path / "bad.yaml").write_text("a: [")
    assert not is_message_file(tmp_path / "pack.yaml")
    assert not is_message_file(tmp_path / "bad.yaml")
    assert not is_message_file(tmp_path / "missing.yaml")
