"""Expressions of rule packs that a text could make slow are refused; ours are none of them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from avcdoctor.knowledge.expressions import slow
from avcdoctor.knowledge.loader import load_file

SLOW = ("(a+)+$", "(a*)*b", "(a|aa)+b", "(.*a){20}x", "(?:x+x+)+y", "((ab?)+c?)+d", ".*.*.*.*.*x", "(?=(a+)+)b")
QUICK = ("(?!keepalived).*", "[a-z]+(?:_[a-z]+)?", "a{2,8}b", "nginx|httpd", "(?:abc)+d", r"\d+\.\d+", "(?:a|b){2,3}")


@pytest.mark.parametrize("pattern", SLOW)
def test_a_slow_one_is_told(pattern: str) -> None:
    assert slow(pattern)


@pytest.mark.parametrize("pattern", QUICK)
def test_a_quick_one_passes(pattern: str) -> None:
    assert slow(pattern) == ""


def pack(path: Path, when: str) -> Path:
    path.write_text(
        "service: mine\ntitle: a service\nrules:\n  - id: MINE001\n    title: a rule\n"
        f"    when: {when}\n    because: it is so.\n    remedies: []\n    examples: {{match: [], benign: []}}\n"
    )
    return path


def test_a_pack_with_a_slow_one_is_refused_with_its_line(tmp_path: Path) -> None:
    _service, problems = load_file(pack(tmp_path / "mine.yaml", "{source: 're:(a+)+$'}"))
    assert [(one.line, "slow" in one.message) for one in problems] == [(6, True)]


def test_a_pack_nested_without_end_is_a_clear_error(tmp_path: Path) -> None:
    for text in ("[" * 100_000, "- " * 100_000 + "x", "{a: " * 50_000, "\n".join(" " * n + "a:" for n in range(500))):
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        began = time.perf_counter()
        service, problems = load_file(path)
        assert service is None
        assert "nested deeper" in problems[0].message
        assert time.perf_counter() - began < 10
