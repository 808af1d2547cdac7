"""Each remedy kind says which parameters it takes: every one has a reader, and none is read that nobody may give."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import Dict, FrozenSet, Iterator, Set

import pytest

from avcdoctor.knowledge.loader import load_file
from avcdoctor.model import REMEDY_KINDS, proposals

PACKAGE = Path(__file__).resolve().parents[2] / "avcdoctor"
RULES = sorted((PACKAGE.parent / "policies" / "rules").glob("*.yaml"))
SHARED = ("build", "site", "relabel")
"""Modules of remedies/ that read parameters for several kinds."""


@lru_cache(maxsize=1)
def taken() -> Dict[str, FrozenSet[str]]:
    """Remedy kind to the parameters that its type declares, those of all kinds left out."""
    tree = ast.parse(Path(proposals.__file__).read_text())
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    found: Dict[str, FrozenSet[str]] = {}
    for node in ast.walk(classes["Proposal"]):
        if not isinstance(node, ast.FunctionDef) or not node.decorator_list or node.name != "__init__":
            continue
        _self, kind, parameters = node.args.args
        assert kind.annotation is not None
        assert isinstance(parameters.annotation, ast.Name)
        declared = classes[parameters.annotation.id]
        keys = (one.target.id for one in declared.body if isinstance(one, ast.AnnAssign) and _is_name(one.target))
        own = frozenset(keys) if declared.name != "ByHand" else frozenset()
        for name in ast.walk(kind.annotation):
            if isinstance(name, ast.Constant):
                found[str(name.value)] = own
    return found


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name)


def common() -> FrozenSet[str]:
    """The parameters that every kind takes."""
    tree = ast.parse(Path(proposals.__file__).read_text())
    (by_hand,) = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == "ByHand")
    return frozenset(ast.unparse(one.target) for one in by_hand.body if isinstance(one, ast.AnnAssign))


def read_in(module: str) -> Iterator[str]:
    """The parameters that a module of remedies/ asks a proposal for."""
    text = (PACKAGE / "remedies" / f"{module}.py").read_text()
    yield from re.findall(r'(?:site|self)\.text\("(\w+)"', text)
    yield from re.findall(r'proposal\.parameters\.get\(\s*"(\w+)"', text)


def test_every_kind_has_its_type() -> None:
    assert set(taken()) == set(REMEDY_KINDS)


@pytest.mark.parametrize("kind", REMEDY_KINDS)
def test_every_parameter_of_a_kind_is_read_and_no_other(kind: str) -> None:
    mine: Set[str] = set(read_in(kind.replace("-", "_")))
    shared = {name for module in SHARED for name in read_in(module)}
    assert taken()[kind] - mine - shared == set(), "nobody reads it"
    assert mine - taken()[kind] - common() == set(), "nobody may give it"


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rule_packs_give_what_a_kind_takes(path: Path) -> None:
    service, problems = load_file(path)
    assert service is not None
    assert problems == []
    for rule in service.rules:
        for remedy in rule.remedies:
            assert set(remedy.parameters) <= taken()[remedy.kind] | common(), (rule.id, remedy.kind)
