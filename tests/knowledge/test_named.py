"""Groups of paths, programs and classes: shipped, added to by the administrator, and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from avcdoctor.knowledge import facts, lint, tables

TABLES = ("paths.yaml", "programs.yaml", "classes.yaml")


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(tables, "OWN_FACTS", tmp_path)
    tables.groups.cache_clear()
    yield tmp_path
    tables.groups.cache_clear()


@pytest.mark.parametrize("name", TABLES)
def test_the_shipped_tables_are_well_formed(name: str) -> None:
    assert lint.check_facts_file(tables.policies_dir() / "facts" / name) == []


def test_an_administrator_adds_to_a_group(own: Path) -> None:
    assert "/export/" not in facts.paths("lasting")
    (own / "paths.yaml").write_text("lasting: [/export/]\n")
    (own / "programs.yaml").write_text("surveyor: [duf]\n")
    tables.groups.cache_clear()
    assert facts.paths("lasting")[-1] == "/export/" and "/srv/" in facts.paths("lasting")
    assert "duf" in facts.programs("surveyor")
    assert "process" in facts.classes("process")


def test_a_group_that_nobody_asks_for_is_a_fault(own: Path) -> None:
    table = own / "classes.yaml"
    table.write_text("proces: [bpf]\n")
    assert "nobody asks for proces" in str(lint.check_facts_file(table)[0])


def test_trees_end_with_a_slash_and_every_path_is_absolute() -> None:
    groups = tables.groups("paths.yaml")
    assert all(path.startswith("/") for paths in groups.values() for path in paths)
    assert all(path.endswith("/") for name in ("temporary", "lasting", "kernel") for path in groups[name])
