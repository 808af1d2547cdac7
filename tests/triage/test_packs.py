"""Message rules of the package, and those that are added."""

from pathlib import Path

from avcdoctor.triage.packs import all_messages, broken, rules_with

RULE = """\
service: shop
title: a shop
messages:
  - {id: SHOP501, layer: path, kind: lost, title: t, cause: c, when: {message: lost}, because: b,
     remedies: [{kind: app-fix, title: find it}], examples: {match: [lost], benign: [found]}}
"""


def test_ids_are_used_once():
    ids = [rule.id for rule in rules_with()]
    assert len(ids) == len(set(ids)) > 100


def test_further_directories_are_read_as_well(tmp_path: Path):
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "shop.yaml").write_text(RULE)
    assert [rule.id for rule in rules_with((tmp_path,))][-1] == "SHOP501"
    assert broken((tmp_path,)) == ()


def test_a_broken_file_is_told_and_leaves_the_others(tmp_path: Path):
    (tmp_path / "messages").mkdir()
    (tmp_path / "messages" / "shop.yaml").write_text(RULE.replace("layer: path", "layer: moon"))
    assert len(rules_with((tmp_path,))) == len(all_messages().rules)
    assert "shop.yaml" in broken((tmp_path,))[0]
