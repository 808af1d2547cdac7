"""Each format is one module with a function `render`, and each such module is a format."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from avcdoctor import render
from avcdoctor.render import FORMATS, How
from tests.render import reports

HERE = Path(render.__file__).parent
_ASSETS = re.compile(r"<(style|script)>.*?</\1>|sha256-[\w+/=]+", re.DOTALL)
"""What a page's own files bring in: test_html has all of it."""


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_has_its_snapshot(name: str, snapshot: SnapshotAssertion) -> None:
    how = How(whole=False, host="web01.example.com", made=reports.MOMENT, version="0.2.0")
    assert _ASSETS.sub("", FORMATS[name](reports.single(), how)) == snapshot


def test_every_module_that_renders_a_report_is_a_format() -> None:
    found = set()
    for path in HERE.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name == "render":
                first = node.args.args[0].annotation
                found |= {path.stem.replace("_", "-")} if ast.unparse(first or ast.Constant("")) == "Report" else set()
    assert found == set(FORMATS)
