"""The table of systems that bring their policy in the image: whole entries, and own types that no other policy has."""

from __future__ import annotations

from typing import Any, Mapping

import pytest

from avcdoctor.host import Policy
from avcdoctor.knowledge import tables
from avcdoctor.knowledge.weakening import spoken_of
from avcdoctor.resources import policies_dir

SYSTEMS: Mapping[str, Mapping[str, Any]] = tables.document("systems.yaml")


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_an_entry_is_whole(system: Mapping[str, Any]) -> None:
    assert set(system) <= {"name", "ids", "own", "types", "why", "steps", "report", "levels", "notes"}
    assert system["name"] and system["ids"]
    assert ("steps" in system) != ("notes" in system)
    assert ("steps" in system) == ("why" in system) == ("report" in system)
    lists = [system.get(key, []) for key in ("ids", "own", "types", "steps", "notes")]
    assert all(isinstance(one, str) for values in lists for one in values)
    names = [*system.get("own", []), *system.get("types", [])]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_no_advice_weakens_selinux(system: Mapping[str, Any]) -> None:
    texts = [*system.get("steps", []), *system.get("notes", []), system.get("levels", ""), system.get("report", "")]
    assert [text for text in texts if spoken_of(text)] == []


def test_own_types_are_in_no_other_policy_that_is_known_here(policy: Policy) -> None:
    labels = {row[-1] for row in tables.rows("labels.tsv")} | {row[-1] for row in tables.rows("executables.tsv")}
    own = [name for system in SYSTEMS.values() for name in system.get("own", [])]
    assert len(own) == len(set(own)) and own
    assert [name for name in own if policy.has_type(name) or name in labels] == []
    assert (policies_dir() / "facts" / "systems.yaml").is_file()
