"""The review of packs: complete, plain, safe, of one mind."""

from pathlib import Path
from typing import List

import pytest

from avcdoctor.knowledge.lint import check_together
from avcdoctor.knowledge.loader import load_file
from avcdoctor.knowledge.review import contradictions, review
from avcdoctor.knowledge.schema import Service

GOOD = """\
service: tool
title: a tool
domains: [tool_t]
places:
  - {type: tool_log_t, use: log, path: /var/log/tool}
ports: [tool_port_t]
booleans:
  - {name: tool_can_fly, says: the tool may fly, when: {source: tool_t}}
rules:
  - id: TOOL001
    title: "the tool may not read {object}"
    when: {source: tool_t, target: "@file_type"}
    because: It has no label.
    remedies: [{kind: restorecon, place: /etc/tool}]
    examples: {match: [a log], benign: [another log]}
  - id: TOOL002
    title: the tool may not fly
    when: {source: tool_t, target: "re:a.*"}
    because: It has no wings.
    remedies: [{kind: exec-type, type: tool_exec_t}]
    examples: {match: [a log], benign: [another log]}
"""


def pack(tmp_path: Path, text: str) -> Service:
    (tmp_path / "tool.yaml").write_text(text)
    service, errors = load_file(tmp_path / "tool.yaml")
    assert service is not None
    assert errors == []
    return service


def complaints(tmp_path: Path, text: str) -> List[str]:
    return [problem.message for problem in review(pack(tmp_path, text))]


def test_a_good_pack_has_no_fault(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id: TOOL001", "id: OTHER001", "does not begin with TOOL"),
        ("id: TOOL002", "id: TOOL000", "order of their ids"),
        ("domains: [tool_t]", "domains: [tool]", "domain 'tool' is no type"),
        ("domains: [tool_t]", "domains: [tool_t, tool_t]", "stands twice"),
        ("{type: tool_log_t,", "{type: tool_log,", "place 'tool_log' is no type"),
        ("path: /var/log/tool}", "path: var/log/tool}", "no absolute path"),
        ("ports: [tool_port_t]", "ports: [80]", "port '80' is no type"),
        ("name: tool_can_fly", "name: Tool can fly", "is no boolean's name"),
        ("when: {source: tool_t}}", "when: {source: tool}}", "source 'tool' is no type"),
        ("says: the tool may fly", "says: run setenforce 0 first", "weakens the machine"),
        ("{object}", "{objekt}", "unknown placeholder {objekt}"),
        ("title: the tool may not fly", "title: The tool may not fly.", "without a full stop"),
        ("because: It has no wings.", "because: it has no wings", "whole sentences"),
        ("because: It has no wings.", "because: Make it permissive.", "weakens the machine"),
        ('{source: tool_t, target: "re:a.*"}', "{target: tool_t}", "says nothing of who was denied"),
        ('target: "re:a.*"}', "target: etc}", "target 'etc' is no type"),
        ("place: /etc/tool}", "place: etc/tool}", "place is no absolute path"),
        ("type: tool_exec_t}", "type: tool_exec}", "'tool_exec' is no type"),
        ("[{kind: restorecon, place: /etc/tool}]", "[{kind: keep-denied}, {kind: module}]", "keep-denied and grants"),
        ("[{kind: restorecon, place: /etc/tool}]", "[]", "has no remedy"),
        ("{match: [a log], benign: [another log]}", "{match: [a log], benign: []}", "a benign one that does not"),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert any(words in message for message in complaints(tmp_path, GOOD.replace(old, new, 1)))


def test_what_never_to_do_may_name_it(tmp_path: Path) -> None:
    text = GOOD.replace("because: It has no wings.", "because: It has no wings.\n    never: [setenforce 0]")
    assert complaints(tmp_path, text) == []


def test_rules_for_the_same_denials_must_agree(tmp_path: Path) -> None:
    same = GOOD.replace('target: "re:a.*"', 'target: "@file_type"')
    (problem,) = contradictions(pack(tmp_path, same).rules)
    assert "same `when` as TOOL001, which says restorecon instead of exec-type" in problem.message
    assert contradictions(pack(tmp_path, GOOD).rules) == []


def test_a_file_that_is_checked_is_held_against_the_rules_in_use(tmp_path: Path) -> None:
    changed = GOOD.replace("kind: exec-type, type: tool_exec_t", "kind: restorecon, place: /etc/tool")
    other = changed.replace("TOOL", "OTHER").replace("service: tool", "service: other")
    known = pack(tmp_path, GOOD).rules
    mine = tmp_path / "other.yaml"
    mine.write_text(other)
    (problem,) = check_together([mine], known)
    assert problem.file == str(mine) and "same `when` as TOOL002" in problem.message
    assert check_together([mine], ()) == []
    (tmp_path / "tool.yaml").write_text(changed)
    assert check_together([tmp_path / "tool.yaml"], known) == [], "a new version of a rule takes its place"
