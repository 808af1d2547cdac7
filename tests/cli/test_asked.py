"""The options that explain, fix, fleet and collect share reach the verb as one value, and stand in the help of each."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any, List

import pytest

from avcdoctor.cli import main as command
from avcdoctor.cli.asked import Asked, asking


def test_a_verb_gets_them_as_one_value() -> None:
    got: List[Asked] = []

    @asking
    def verb(logs: Any = None, *, asked: Asked, quiet: bool = False) -> None:
        got.append(asked)

    assert list(inspect.signature(verb).parameters) == ["logs", *Asked._fields, "quiet"]
    verb(["a.log"], policy="reference", since="today", rules=[Path("packs")])
    verb()
    assert got == [Asked("reference", None, "today", None, [Path("packs")]), Asked()]
    assert (got[0].packs, got[1].packs) == ([Path("packs")], [])


@pytest.mark.parametrize("name", ["explain", "fix", "fleet", "collect"])
def test_the_help_of_each_verb_names_them(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(re.search(rf"--{field}\b", shown) for field in Asked._fields)
    assert "--asked" not in shown
