"""Type names stand in policies/facts, not in the code; what the code asks of those tables is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

import pytest

from avcdoctor.knowledge.domains import families
from avcdoctor.knowledge.tables import groups

PACKAGE = Path(__file__).resolve().parents[1] / "avcdoctor"
LIMIT = 35
TEXTS = {"cli/path.py", "triage/subject.py"}
"""Pages and help texts, which name a type as an example."""

KNOWN = {
    # the kernel's own initial contexts
    *("kernel_t", "init_t", "unlabeled_t"),
    # endings that every policy keeps to
    *("_t", "_exec_t", "_port_t"),
    # what a script's interpreter is called in every policy
    *("shell_exec_t", "bin_t"),
}
_TYPE = re.compile(r"(?<!\w)\w*_t(?!\w)")
_ASKS = {"in_group": "types.yaml", "target_is": "types.yaml", "role": "types.yaml"}
_ASKS.update(dict.fromkeys(("in_family", "source_is", "domain_for"), "domains.yaml"))
_OF_FACTS = {name: f"{name}.yaml" for name in ("paths", "programs", "classes")}
"""Functions of `facts`, whose names others have as well."""


def literals(tree: ast.AST) -> Iterator[Tuple[int, str]]:
    """(line, name) of each type name or ending in a string that is no docstring."""
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):  # a page about a cause is prose, too
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Page":
            told |= {id(one) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from ((node.lineno, name) for name in _TYPE.findall(node.value))


def asked(tree: ast.AST) -> Iterator[Tuple[int, str, str]]:
    """(line, table, name) of each group or family that the code asks for by name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        of_facts = ast.unparse(node.func) == f"facts.{function}"
        table = _ASKS.get(function) or (_OF_FACTS.get(function) if of_facts else None)
        for argument in node.args if table else ():
            for one in ast.walk(argument):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield node.lineno, str(table), one.value


def trees() -> Dict[str, ast.AST]:
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


def test_the_code_names_few_types_and_those_are_the_kernel_s() -> None:
    found: List[str] = []
    strange: List[str] = []
    for name, tree in trees().items():
        for line, literal in literals(tree):
            found.append(literal)
            prose = name in TEXTS or name.startswith("triage/layers/")
            if not prose and literal not in KNOWN:
                strange.append(f"{name}:{line}: {literal}")
    assert strange == [], "put it into policies/facts and ask for its group"
    assert len(found) <= LIMIT


def test_every_group_that_is_asked_for_is_in_its_table() -> None:
    known: Dict[str, Set[str]] = {"types.yaml": set(groups("types.yaml")), "domains.yaml": set(families())}
    known.update((table, set(groups(table))) for table in _OF_FACTS.values())
    every = [(name, *one) for name, tree in trees().items() for one in asked(tree)]
    assert len(every) > 80
    assert [one for one in every if one[3] not in known[one[2]] and one[3] != "use_"] == []
    for table in _OF_FACTS.values():
        assert {name for _, _, used, name in every if used == table} == known[table], "a group that nobody asks for"


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("x = 'httpd_t'", 1),
        ("x = f'the type {y}_log_t, or var_t'", 2),
        ("x = type_.endswith('_exec_t')", 1),
        ("x = ('etc_t', 'usr_t')", 2),
        ('def f():\n    """About httpd_t."""\n', 0),
        ("x = 'not_a_type, next_time, object_r'", 0),
        ("x = SIZE_t", 0),
        ("x = Page('wrong-label', 'a file in var_t')", 0),
    ],
)
def test_the_count_sees_names_and_endings(code: str, count: int) -> None:
    assert len(list(literals(ast.parse(code)))) == count


def test_the_check_sees_a_group_that_is_not_there() -> None:
    assert list(asked(ast.parse("case.target_is('home', 'hom')"))) == [
        (1, "types.yaml", "home"),
        (1, "types.yaml", "hom"),
    ]
