"""Every shipped rule pack is free of errors, and each of its examples does what it is there for."""

import pytest

from avcdoctor.knowledge.lint import check_file
from avcdoctor.resources import policies_dir

PACKS = sorted((policies_dir() / "rules").glob("*.yaml"))


def unknown(type_, attribute):
    """Answers as a machine without any policy does."""
    return None


def test_there_are_packs():
    assert "keepalived.yaml" in [path.name for path in PACKS]


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_a_shipped_pack_has_no_errors(path):
    assert [str(problem) for problem in check_file(path, unknown)] == []


def test_an_attribute_is_asked_for(tmp_path):
    example = (
        "type=AVC msg=audit(1.0:1): avc: denied { read } for pid=1 scontext=u:r:tool_t tcontext=u:r:%s tclass=file"
    )
    (tmp_path / "tool.yaml").write_text(
        f"""\
service: tool
title: tool
rules:
  - id: TOOL001
    title: a title
    when: {{source: tool_t, target: "@file_type"}}
    because: a reason.
    remedies: [{{kind: keep-denied}}]
    examples:
      match: ["{example % "known_t"}"]
      benign: ["{example % "other_t"}"]
"""
    )
    assert (
        check_file(tmp_path / "tool.yaml", lambda type_, attribute: (type_, attribute) == ("known_t", "file_type"))
        == []
    )
    (problem,) = check_file(tmp_path / "tool.yaml", unknown)
    assert "should match and does not" in str(problem)
