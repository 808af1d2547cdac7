"""A saved plan comes back as it was; a tampered one is refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable, Dict

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import avcdoctor.plan
from avcdoctor.actions.registry import canonical
from avcdoctor.errors import PlanError
from avcdoctor.model import Action
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.file import from_document, load, to_document, to_json
from tests.apply.reports import boolean_incident, label_incident, port_incident, report, script_incident

SCHEMA = json.loads((Path(avcdoctor.plan.__file__).parent / "schemas" / "plan.schema.json").read_text())
PLAN = make_plan(report(script_incident(), label_incident(), boolean_incident(), port_incident()))
MODULE_PLAN = make_plan(report(script_incident("/srv/caf\u00e9 \udcff\n$(id).sh")), remedy=3)


@pytest.mark.parametrize("plan", [PLAN, MODULE_PLAN], ids=["labels", "module"])
def test_a_plan_comes_back_as_it_was(plan: Any) -> None:
    text = to_json(plan)
    assert text.isascii()
    jsonschema.validate(json.loads(text), SCHEMA)
    assert from_document(json.loads(text)) == plan


def test_hostile_paths_come_back_byte_for_byte(tmp_path: Path) -> None:
    plan = make_plan(report(script_incident("/srv/\udcff\n$(id) '\";.sh")))
    saved = tmp_path / "plan.json"
    saved.write_text(to_json(plan))
    assert load(str(saved)) == plan


def _set(*path: Any) -> Callable[[Dict[str, Any]], None]:
    *way, last, value = path

    def change(document: Any) -> None:
        for step in way:
            document = document[step]
        document[last] = value

    return change


TAMPERED = {
    "other version": _set("schema_version", 2),
    "no plan": _set("document", "transaction"),
    "no steps": _set("steps", []),
    "steps no list": _set("steps", {}),
    "shown command differs": _set("steps", 3, "actions", 0, "argv", 3, "ssh_port_t"),
    "done thing differs": _set("steps", 3, "actions", 0, "parameters", "type", "ssh_port_t"),
    "unknown action": _set("steps", 0, "actions", 0, "do", "setenforce"),
    "claims to be safe": _set("steps", 0, "applicability", "safe"),
    "unknown kind": _set("steps", 0, "kind", "permissive"),
    "parameter no scalar": _set("steps", 0, "actions", 0, "parameters", "type", ["etc_t"]),
    "lasting no flag": _set("steps", 0, "lasting", 1),
    "denials a truth value": _set("steps", 0, "denials", True),
    "simulation odd": _set("simulation", "after", "perhaps"),
    "ground odd": _set("ground", [1]),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_tampered_plan_is_refused(change: Callable[[Dict[str, Any]], None]) -> None:
    document = copy.deepcopy(json.loads(to_json(PLAN)))
    change(document)
    with pytest.raises(PlanError):
        from_document(document)


def test_a_module_that_grew_is_refused() -> None:
    document = json.loads(to_json(MODULE_PLAN))
    document["steps"][0]["actions"][0]["parameters"]["cil"] += "(typepermissive httpd_t)"
    with pytest.raises(PlanError, match="never loads"):
        from_document(document)


FOREIGN: Dict[str, Any] = {
    "a mode": ("restorecon", {"do": "chmod", "argv": [], "parameters": {"path": "/etc/passwd", "mode": "0666"}}),
    "a module": (
        "restorecon",
        {
            "do": "module-install",
            "argv": [],
            "parameters": {"name": "avcdoctor_x", "cil": "(allow a_t b_t (file (read)))"},
        },
    ),
    "a removed module": ("module", {"do": "module-remove", "argv": [], "parameters": {"name": "avcdoctor_x"}}),
    "a removed rule": (
        "fcontext",
        {"do": "fcontext-delete", "argv": [], "parameters": {"pattern": "/etc/shadow", "file_type": "f"}},
    ),
    "a type by hand": (
        "restorecon",
        {"do": "chcon-type", "argv": [], "parameters": {"path": "/etc/shadow", "type": "etc_t"}},
    ),
    "another service": ("restorecon", {"do": "service-restart", "argv": [], "parameters": {"unit": "auditd.service"}}),
    "a unit's program": (
        "move",
        {
            "do": "text-replace",
            "argv": [],
            "parameters": {"path": "/etc/systemd/system/a.service", "old": "/usr/bin/a", "new": "/tmp/b"},
        },
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_an_action_foreign_to_its_remedy_is_refused(name: str) -> None:
    kind, action = FOREIGN[name]
    action = {**action, "argv": list(canonical(Action(action["do"], (), action["parameters"])).argv)}
    document = json.loads(to_json(PLAN))
    step = next(one for one in document["steps"] if one["kind"] == "restorecon")
    step["kind"] = kind
    step["actions"].append(action)
    step["applicability"] = "review"
    with pytest.raises(PlanError, match=r"never holds|although no"):
        from_document(document)


def test_nothing_in_the_file_makes_it_safe() -> None:
    document = json.loads(to_json(MODULE_PLAN))
    document["steps"][0]["applicability"] = "safe"
    with pytest.raises(PlanError, match="grants something new"):
        from_document(document)


def test_a_rule_that_allows_is_foreign_to_a_remedy_that_hides() -> None:
    document = json.loads(to_json(MODULE_PLAN))
    document["steps"][0]["kind"] = "dontaudit"
    with pytest.raises(PlanError, match="would allow"):
        from_document(document)


def test_the_way_back_is_not_read_from_the_file() -> None:
    document = json.loads(to_json(PLAN))
    for step in document["steps"]:
        step["undo"] = [{"do": "chmod", "argv": ["chmod", "0666", "--", "/etc/shadow"], "parameters": {}}]
    document["undo"] = document["steps"][0]["undo"]
    assert from_document(document) == PLAN


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\udcff", "[" * 100_000])
def test_what_is_no_plan_is_one_clear_error(tmp_path: Path, text: str) -> None:
    saved = tmp_path / "plan.json"
    saved.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PlanError):
        load(str(saved))


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="No such file"):
        load(str(tmp_path / "none"))
    with pytest.raises(PlanError, match="no regular file"):
        load(str(tmp_path))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(to_document(PLAN))), _json)
def test_any_member_may_be_anything(name: str, value: Any) -> None:
    document = json.loads(to_json(PLAN))
    document[name] = value
    try:
        from_document(document)
    except PlanError:
        return
    assert all(action.argv or action.do in ("manual", "text-replace") for action in from_document(document).actions)
