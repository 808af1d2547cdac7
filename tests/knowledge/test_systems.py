"""The table of systems that bring their policy in the image: whole entries, and own types that no other policy has."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.errors import InputError
from avcdoctor.host import Policy
from avcdoctor.knowledge import systems, tables
from avcdoctor.knowledge.lint import check_facts_file, is_facts_file
from avcdoctor.resources import policies_dir

SHIPPED = policies_dir() / "facts" / "systems.yaml"
WHOLE = "odd:\n  name: Odd\n  ids: [odd]\n  notes: [mind it]\n"


def complaints(tmp_path: Path, text: str) -> str:
    file = tmp_path / "systems.yaml"
    file.write_text(text)
    return "\n".join(map(str, check_facts_file(file)))


def test_the_shipped_table_is_checked_and_whole() -> None:
    assert is_facts_file(SHIPPED)
    assert check_facts_file(SHIPPED) == []
    assert {one.name for one in systems.systems()} >= {
        "Talos Linux",
        "Bottlerocket",
        "Flatcar Container Linux",
        "Android",
    }


def test_own_types_are_in_no_other_policy_that_is_known_here(policy: Policy) -> None:
    labels = {row[-1] for row in tables.rows("labels.tsv")} | {row[-1] for row in tables.rows("executables.tsv")}
    own = [name for system in systems.systems() for name in system.own | system.plain]
    assert len(own) == len(set(own)) and own
    assert [name for name in own if policy.has_type(name) or name in labels] == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (WHOLE, ""),
        ("- a\n", "a mapping of names to systems is needed"),
        ("odd: text\n", "odd is no mapping"),
        (WHOLE.replace("  name: Odd\n", ""), "odd: name is missing"),
        (WHOLE.replace("[odd]", "odd"), "odd: ids is no list of texts"),
        (WHOLE.replace("[odd]", "[1]"), "odd: ids is no list of texts"),
        (WHOLE.replace("  notes: [mind it]\n", ""), "either steps or notes are needed"),
        (WHOLE + "  steps: [do it]\n", "either steps or notes are needed"),
        (WHOLE.replace("notes: [mind it]", "steps: [do it]"), "why is missing"),
        (WHOLE + "  colour: red\n", "nobody asks for colour"),
        (WHOLE + "  own: [a_t]\n  plain: [a_t]\n", "a_t is named twice"),
        (WHOLE + "  types: [a_t]\n", "types without own or plain ones tell nothing"),
        (WHOLE.replace("mind it", "run setenforce 0 first"), "advice that weakens SELinux"),
        (WHOLE + WHOLE.replace("odd:", "even:"), "the id odd stands in two systems"),
        (WHOLE + "  user: [u]\n", "user is no text"),
    ],
)
def test_each_fault_is_named(text: str, fault: str, tmp_path: Path) -> None:
    told = complaints(tmp_path, text)
    assert fault in told if fault else told == ""


def test_an_administrators_own_system_goes_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "OWN_FACTS", tmp_path)
    for cached in (tables.mapping, systems.systems):
        cached.cache_clear()
    try:
        (tmp_path / "systems.yaml").write_text(WHOLE.replace("[odd]", "[fedora]"))
        found = systems.named(("fedora", "coreos"))
        assert found is not None and found.name == "Odd"
        for cached in (tables.mapping, systems.systems):
            cached.cache_clear()
        (tmp_path / "systems.yaml").write_text("odd: text\n")
        with pytest.raises(InputError, match="odd is no mapping"):
            systems.systems()
    finally:
        for cached in (tables.mapping, systems.systems):
            cached.cache_clear()
