"""The JSON schemas of reports and plans know every action with its parameters."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from avcdoctor.actions.registry import canonical, schema, undo
from avcdoctor.model import Action
from tests.actions.test_registry import BAD, GOOD

TOOL = Path(__file__).resolve().parents[2] / "tools/action_schemas.py"


def tool() -> Any:
    spec = importlib.util.spec_from_file_location("action_schemas", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_schemas_hold_what_the_registry_knows() -> None:
    assert tool().main(["--check"]) == 0, "run tools/action_schemas.py"


def document(action: Action) -> Any:
    return {"do": action.do, "argv": list(action.argv), "parameters": dict(action.parameters)}


@pytest.mark.parametrize("do", sorted(GOOD))
def test_the_schema_takes_every_action_and_its_way_back(do: str) -> None:
    for one in (canonical(GOOD[do]), *undo([GOOD[do]])):
        jsonschema.validate(document(one), schema())


SHAPELESS = [one for one in BAD if one.do in ("setenforce", "chmod", "chcon-level", "service-restart", "module-remove")]


@pytest.mark.parametrize("action", SHAPELESS)
def test_the_schema_refuses_what_the_registry_refuses(action: Action) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document(action), schema())
