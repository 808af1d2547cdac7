"""Verbs are declared once, in a form that every typer from 0.7 on understands."""

import ast
import inspect
from pathlib import Path
from typing import Annotated, List, Optional

import pytest
import typer
from typer.testing import CliRunner

from avcdoctor.cli.declare import argument, option, understood

CLI = Path(__file__).resolve().parents[2] / "avcdoctor" / "cli"


def verb(
    logs: Annotated[Optional[List[str]], argument(metavar="LOG...")] = None,
    *,
    count: Annotated[int, option("--count", "-c", min=1, help="How many.")] = 3,
    quiet: Annotated[bool, option("--quiet", "-q")] = False,
    name: Annotated[str, option("--name")],
) -> None:
    """Show what came."""
    typer.echo(f"{logs} {count} {quiet} {name}")


def run(*words):
    app = typer.Typer()
    app.command()(understood(verb))
    return CliRunner().invoke(app, list(words))


def test_defaults_are_those_of_the_function():
    assert run("--name", "x").output in ("None 3 False x\n", "[] 3 False x\n")


def test_every_name_of_an_option_works():
    assert run("a", "b", "-c", "5", "-q", "--name", "x").output == "['a', 'b'] 5 True x\n"


@pytest.mark.parametrize("words", [(), ("--name", "x", "--count", "0")])
def test_what_is_required_or_out_of_range_is_refused(words):
    assert run(*words).exit_code == 2


def test_typer_sees_plain_types_and_its_own_objects():
    seen = inspect.signature(understood(verb)).parameters
    assert seen["logs"].annotation == Optional[List[str]]
    assert type(seen["count"].default) is type(typer.Option(3))
    assert understood(verb).__doc__ == "Show what came."


@pytest.mark.parametrize("module", sorted(CLI.glob("*.py")), ids=lambda path: path.name)
def test_no_verb_declares_with_typer_itself(module):
    """typer 0.7 would read the first name of such an option as its default."""
    calls = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    found = [call.lineno for call in calls if ast.unparse(call.func) in ("typer.Option", "typer.Argument")]
    assert found == [], f"{module}: use avcdoctor.cli.declare.option and argument"
