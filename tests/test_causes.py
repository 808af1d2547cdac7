"""Every cause that the code or a shipped rule pack names has a page, and no page is for a cause that nothing names."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, Tuple

import pytest

from avcdoctor import api
from avcdoctor.cli import main as command
from avcdoctor.model.causes import CAUSES, Cause

PACKAGE = Path(__file__).resolve().parents[1] / "avcdoctor"


def texts() -> Iterator[Tuple[bool, str]]:
    """(whether it is given as a cause, text) of every string in the code that diagnoses."""
    for path in (PACKAGE / "diagnose").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "cause" and isinstance(node.value, ast.Constant):
                yield True, str(node.value.value)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield False, node.value


def test_every_cause_has_a_page() -> None:
    packs = {rule.cause for rule in api.knowledge().rules}
    given = {text for is_cause, text in texts() if is_cause}
    assert (given | packs) - set(CAUSES) == set()


def test_every_page_is_of_a_cause_that_is_named() -> None:
    packs = {rule.cause for rule in api.knowledge().rules}
    assert set(CAUSES) - packs - {text for _, text in texts()} - {"known-case"} == set()


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_a_page_is_complete_and_ends_no_field_with_a_stop_it_should_not(cause: Cause) -> None:
    assert all(cause)
    assert cause.means.endswith(".")
    assert not cause.told.endswith(".") and not cause.way.endswith(".") and not cause.title.endswith(".")


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["rules", "show", "wrong-label"]) == 0
    shown = capsys.readouterr().out
    assert "restorecon" in shown and "a file with the wrong label" in shown


def test_the_list_names_causes(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["rules"]) == 0
    assert "wrong-label" in capsys.readouterr().out
