"""The cases are well formed, and cover what the lab promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.model import REMEDY_KINDS
from lab.case import load, load_all
from lab.kinds import GUESTS
from lab.paths import LabError
from lab.run import parse, rules_of, select


def test_every_case_can_be_read_and_names_a_remedy_kind() -> None:
    cases = load_all()
    assert len(cases) >= 30
    assert {case.kind for case in cases} <= set(REMEDY_KINDS)
    assert {case.guest for case in cases} == set(GUESTS)
    assert len({case.service for case in cases}) >= 10


def test_every_case_provokes_something() -> None:
    for case in load_all():
        assert case.provoke.strip(), case.id
        assert case.denied[0].endswith("_t") and case.denied[1].endswith("_t"), case.id


def test_the_quick_run_is_small_and_of_the_small_guest() -> None:
    chosen = select(load_all(), parse(["--quick"]))
    assert 5 <= len(chosen) <= 12
    assert {case.guest for case in chosen} == {"small"}
    assert rules_of(parse(["--quick"])) == (False,)
    assert rules_of(parse(["--full"])) == (False, True)


def test_a_case_by_name_and_one_that_is_not_there() -> None:
    assert [case.id for case in select(load_all(), parse(["sshd-new-port"]))] == ["sshd-new-port"]
    both = ["web-content-srv", "sshd-new-port"]
    assert [case.id for case in select(load_all(), parse(both))] == both
    with pytest.raises(LabError, match="no-such-case"):
        select(load_all(), parse(["no-such-case"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {id: a, guest: small, service: s, kind: port, provoke: x, denied: [a_t, b_t]}", "source, target and class"),
        (
            "- {id: a, guest: small, service: s, kind: port, provoke: x, denied: [a_t, b_t, f], colour: red}",
            "colour",
        ),
        ("- {id: a, guest: small, denied: [a_t, b_t, file]}", "service"),
    ],
)
def test_a_broken_case_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=said):
        load(broken)
