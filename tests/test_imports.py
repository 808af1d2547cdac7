"""Imports point one way (DESIGN.md, section 4), and the distribution's bindings stay behind their two packages."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterable, Iterator, List, Set, Tuple

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "avcdoctor"
# A part may import parts of a lower rank, and itself. Groups lie below audit because reading a log yields groups.
RANK = {
    "model": 0,
    "errors": 0,
    "private": 0,
    "signals": 0,
    "resources": 0.2,
    "system": 0.5,
    "output": 1,
    "access": 1,
    "sources": 1,
    "group": 2,
    "parse": 2,
    "read": 3,
    "host": 4,
    "knowledge": 4,
    "actions": 5,
    "gate": 5,
    "diagnose": 6,
    "remedies": 7,
    "plan": 8,
    "apply": 9,
    "triage": 9,
    "review": 9,
    "render": 10,
    "assistant": 11,
    "api": 10,
    "fleet": 11,
    "tail": 11,
    "cli": 12,
    "": 13,  # avcdoctor/__init__.py and __main__.py
}
BINDINGS = {"setools": "host", "selinux": "host", "semanage": "host", "auparse": "parse"}


def part_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts[0] in ("__init__", "__main__", "_version") else parts[0]


def imported(tree: ast.AST) -> Iterator[Tuple[int, str]]:
    """(line, dotted name) of every import, those by importlib.import_module("name") included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("import_module", "find_spec", "__import__"):
                yield node.lineno, str(node.args[0].value)


def upward(part: str, names: Iterable[Tuple[int, str]]) -> List[str]:
    faults = []
    for line, name in names:
        package, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if package == "avcdoctor" and other in RANK and other != part:
            if RANK[other] >= RANK[part]:
                faults.append(f"line {line}: avcdoctor.{part} imports avcdoctor.{other}")
        elif package in BINDINGS and BINDINGS[package] != part:
            faults.append(f"line {line}: {package} may be imported by avcdoctor.{BINDINGS[package]} alone")
    return faults


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    assert part_of(path) in RANK, f"{path} is no part that the design knows"
    assert upward(part_of(path), imported(ast.parse(path.read_text()))) == []


def test_the_check_sees_what_it_should() -> None:
    tree = ast.parse('import setools\nfrom avcdoctor.cli import main\nimportlib.import_module("selinux.audit2why")\n')
    assert len(upward("read", imported(tree))) == 3
    assert upward("read", [(1, "avcdoctor.sources.files"), (2, "os"), (3, "avcdoctor.errors")]) == []


def test_the_command_starts_without_heavy_modules() -> None:
    loaded: Set[str] = set(
        subprocess.run(
            [sys.executable, "-c", "import sys, avcdoctor.cli.main; print(*sys.modules)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    )
    assert "avcdoctor.cli.main" in loaded
    assert loaded & {"setools", "selinux", "semanage", "auparse", "jinja2", "yaml"} == set()
