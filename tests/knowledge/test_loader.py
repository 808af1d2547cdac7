"""Loading rule packs: every error with its place, and no file stops another."""

from pathlib import Path
from typing import List

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from avcdoctor.knowledge import load
from avcdoctor.knowledge.loader import load_file
from avcdoctor.knowledge.schema import RuleProblem

GOOD = """\
service: tool
title: a tool
package: tool
unit: tool.service
domains: [tool_t]
places:
  - {type: tool_log_t, use: log, path: /var/log/tool}
ports: [tool_port_t]
booleans:
  - name: tool_can_fly
    says: the tool may fly
    when: {source: tool_t, class: [air], permissions: fly}
  - {name: tool_stay, says: it stays, when: {source: tool_t}, value: off}
rules:
  - id: TOOL001
    title: the tool may not read {object}
    cause: wrong-label
    when: {source: tool_t, permissive: true, port: 80}
    unless: [{target: etc_t}, {comm: x}]
    because: >-
      It has
      no label.
    next: then open
    remedies:
      - {kind: restorecon, place: /etc/tool}
      - {kind: boolean, name: tool_can_fly, value: off}
      - {kind: module, whole: true, steps: [one, two]}
    warnings: mind the gap
    never: [this, that]
    see: [tool(8)]
    examples: {match: [a log], benign: [another log]}
"""


def problems(tmp_path: Path, text: str, name: str = "tool.yaml") -> List[RuleProblem]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return load_file(path)[1]


def test_everything_a_pack_can_say_is_read(tmp_path: Path) -> None:
    (tmp_path / "tool.yaml").write_text(GOOD)
    service, errors = load_file(tmp_path / "tool.yaml")
    assert errors == []
    assert service is not None
    assert (service.name, service.package, service.unit) == ("tool", "tool", "tool.service")
    assert service.places[0].path == "/var/log/tool"
    assert service.booleans[0].when[0].fields["permissions"] == ("fly",)
    assert [boolean.value for boolean in service.booleans] == [True, False]
    rule = service.rules[0]
    assert rule.because == "It has no label."
    assert rule.when[0].fields == {"source": ("tool_t",), "permissive": ("true",), "port": ("80",)}
    assert len(rule.unless) == 2
    assert [remedy.kind for remedy in rule.remedies] == ["restorecon", "boolean", "module"]
    assert rule.remedies[1].parameters == {"name": "tool_can_fly", "value": False}
    assert rule.remedies[2].parameters == {"whole": True, "steps": ("one", "two")}
    assert rule.warnings == ("mind the gap",)
    assert rule.never == ("this", "that")
    assert [example.matches for example in rule.examples] == [True, False]
    assert rule.line == GOOD.splitlines().index("  - id: TOOL001") + 1


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("service: tool", "service: other", 1, "must be 'tool'"),
        ("service: tool\n", "", 1, "'service' is missing"),
        ("package: tool", "pakcage: tool", 3, "unknown field 'pakcage'"),
        ("title: a tool", "service: tool", 2, "stands here twice"),
        ("use: log", "use: loog", 7, "'loog' is not one of"),
        ("{type: tool_log_t, use: log,", "{use: log,", 7, "'type' is missing"),
        ("places:\n  - {type: tool_log_t, use: log, path: /var/log/tool}", "places: none", 6, "a list is needed"),
        ("ports: [tool_port_t]", "ports: [{a: b}]", 8, "a plain value is needed"),
        ("value: off", "value: perhaps", 13, "on or off is needed"),
        ("id: TOOL001", "id: tool1", 15, "capital letters and three digits"),
        ("{source: tool_t, permissive", "{sauce: tool_t, permissive", 18, "unknown field 'sauce'"),
        ("{source: tool_t, permissive: true, port: 80}", "{}", 18, "at least one field"),
        ("{source: tool_t, permissive", "{source: 're:(', permissive", 18, "not a regular expression"),
        ("kind: restorecon", "kind: pray", 25, "'pray' is not one of"),
        ("kind: restorecon, ", "", 25, "'kind' is missing"),
        ("kind: boolean, name: tool_can_fly", "kind: boolean", 26, "a boolean remedy needs `name`"),
        ("kind: boolean, name: tool_can_fly, value: off", "kind: port", 26, "needs `type`"),
        ("place: /etc/tool", "plaice: /etc/tool", 25, "unknown field 'plaice'"),
        ("    because: >-\n      It has\n      no label.\n", "", 15, "'because' is missing"),
        ("{match: [a log], benign: [another log]}", "{match: [a log]}", 31, "'benign' is missing"),
    ],
)
def test_an_error_names_its_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert [(one.line, words in one.message) for one in found if words in one.message] == [(line, True)]
    assert all(one.column >= 1 for one in found)


def test_all_errors_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = (
        GOOD.replace("use: log", "use: loog").replace("id: TOOL001", "id: tool").replace("value: off}", "value: maybe}")
    )
    assert len(problems(tmp_path, text)) == 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"# nothing\n", "the file is empty"),
        (b"- a\n- b\n", "a mapping"),
        (b"just words", "a mapping"),
        (b"service: [", "not YAML"),
        (b"a: b\n\tc: d\n", "not YAML"),
        (b"--- a\n--- b\n", "not YAML"),
        (b"service: \xff\xfe", "can't be read"),
        (b"service: !!python/object/apply:os.system [true]\ntitle: x\n", "a plain value"),
    ],
)
def test_what_is_no_pack_gives_an_error(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "tool.yaml"
    path.write_bytes(content)
    found = load_file(path)[1]
    assert any(words in problem.message for problem in found)


def test_a_broken_file_stops_no_other(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("service: [")
    (tmp_path / "tool.yaml").write_text(GOOD)
    (tmp_path / "unreadable.yaml").mkdir()
    knowledge = load([tmp_path])
    assert [service.name for service in knowledge.services] == ["tool"]
    assert sorted({Path(error.file).name for error in knowledge.errors}) == ["broken.yaml", "unreadable.yaml"]


def test_a_pack_with_errors_is_not_used_in_part(tmp_path: Path) -> None:
    (tmp_path / "tool.yaml").write_text(GOOD.replace("kind: restorecon", "kind: pray"))
    assert load([tmp_path]).services == ()


def test_an_id_is_given_once(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "one" / "tool.yaml").write_text(GOOD)
    (tmp_path / "two" / "gadget.yaml").write_text(GOOD.replace("service: tool", "service: gadget"))
    knowledge = load([tmp_path / "one", tmp_path / "two"])
    assert [service.name for service in knowledge.services] == ["tool"]
    assert [error.message for error in knowledge.errors] == [f"TOOL001 is already in {tmp_path / 'one' / 'tool.yaml'}"]


def test_a_missing_directory_is_passed_over(tmp_path: Path) -> None:
    assert load([tmp_path / "rules.d"]).errors == ()


def test_a_problem_reads_as_file_line_column(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, GOOD.replace("use: log", "use: loog"))
    assert str(problem).startswith(f"{tmp_path / 'tool.yaml'}:7:")


_WORDS = (
    "service title domains places booleans rules id when unless kind remedies examples match benign type use path name "
    "value because source port steps"
)
_SCALARS = st.one_of(st.text(max_size=12), st.integers(), st.booleans(), st.none(), st.sampled_from(["re:(", "@x"]))
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS.split()), inner, max_size=5),
    max_leaves=25,
)


@given(tree=_TREES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_yaml_gives_a_pack_or_errors(tmp_path: Path, tree: object) -> None:
    path = tmp_path / "tool.yaml"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    service, errors = load_file(path)
    assert service is not None or errors
    assert all(error.line >= 1 and error.column >= 1 and error.message for error in errors)


@given(garbage=st.binary(max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_errors_not_exceptions(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "tool.yaml"
    path.write_bytes(garbage)
    assert load_file(path)[1]


@given(cut=st.integers(min_value=0, max_value=len(GOOD)))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_cut_off_anywhere_gives_errors_or_a_smaller_pack(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "tool.yaml"
    path.write_text(GOOD[:cut], encoding="utf-8")
    service, errors = load_file(path)
    assert service is not None or errors
