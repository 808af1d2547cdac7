"""Every cause that the code or a shipped rule pack names has a page, and no page is for a cause that nothing names."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Iterator, Tuple

import pytest

from avcdoctor import api
from avcdoctor.cli import main as command
from avcdoctor.diagnose.registry import Page, cause, causes, pages

CAUSES = pages()
PACKAGE = Path(__file__).resolve().parents[1] / "avcdoctor"


def texts() -> Iterator[Tuple[bool, str]]:
    """(whether it is given as a cause, text) of every string in the code that diagnoses, but for the pages."""
    for path in (PACKAGE / "diagnose").rglob("*.py"):
        tree = ast.parse(path.read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        told = {id(one) for call in calls if getattr(call.func, "id", "") == "Page" for one in ast.walk(call)}
        for node in ast.walk(tree):
            if id(node) in told:
                continue
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
def test_a_page_is_complete_and_ends_no_field_with_a_stop_it_should_not(cause: Page) -> None:
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


def test_no_two_causes_have_one_place_and_one_always_answers() -> None:
    found = causes()
    assert [one.place for one in found] == sorted({one.place for one in found})
    assert found[-1].diagnose.__module__.endswith("policy_gap")
    assert [one.diagnose.__module__.rpartition(".")[2] for one in found if one.ends] == ["allowed"]


def test_a_place_or_a_page_that_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="taken"):
        cause(causes()[0].place)(lambda _case: None)
    with pytest.raises(ValueError, match="taken: wrong-label"):
        cause(1, CAUSES["wrong-label"])(lambda _case: None)
