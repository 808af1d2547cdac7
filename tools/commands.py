"""What `avcdoctor --help` knows, as plain data: manual pages and completions are written from the same declarations."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, List, NamedTuple, Tuple

import typer.main

from avcdoctor.cli.main import build


class Option(NamedTuple):
    """An option: its names, what stands for its value (empty for a flag), its help, and its default if shown."""

    names: Tuple[str, ...]
    value: str
    help: str
    default: str


class Argument(NamedTuple):
    """An argument as the usage line writes it, and its help."""

    value: str
    help: str


class Command(NamedTuple):
    """One command: its words after `avcdoctor`, prose, the parts of its help, and its subcommands."""

    words: Tuple[str, ...]
    summary: str
    prose: Tuple[str, ...]
    arguments: Tuple[Argument, ...]
    options: Tuple[Option, ...]
    examples: Tuple[Tuple[str, str], ...]
    exit_codes: str
    commands: Tuple[Command, ...]

    @property
    def name(self) -> str:
        """The command as it is typed."""
        return " ".join(("avcdoctor", *self.words))


def tree() -> Command:
    """All of avcdoctor's commands, from the declarations that make the help."""
    os.environ["COLUMNS"] = "250"  # an example and its explanation then stand on one line
    return _command((), typer.main.get_command(build([])))


def every(command: Command) -> List[Command]:
    """A command and all that is below it."""
    return [command, *(one for below in command.commands for one in every(below))]


def _command(words: Tuple[str, ...], command: Any) -> Command:
    below: Dict[str, Any] = getattr(command, "commands", {})
    paragraphs = [re.sub(r"\s+", " ", part).strip() for part in (command.help or "").split("\n\n")]
    options = [_option(one) for one in command.params if one.param_type_name == "option" and not one.hidden]
    options.append(Option(("-h", "--help"), "", "Show this message and exit.", ""))
    examples, exit_codes = _epilog(command.epilog or "")
    return Command(
        words,
        _summary(command, paragraphs[0]),
        tuple(part for part in paragraphs if part),
        tuple(_argument(one) for one in command.params if one.param_type_name == "argument" and not one.hidden),
        tuple(options),
        examples,
        exit_codes,
        tuple(_command((*words, name), one) for name, one in below.items() if not one.hidden),
    )


def _summary(command: Any, first: str) -> str:
    return re.split(r"[:.](?:\s|$)", command.short_help or first, maxsplit=1)[0]


def _option(parameter: Any) -> Option:
    flag = bool(parameter.is_flag)
    shown = "" if flag or not parameter.show_default or parameter.default in (None, (), []) else str(parameter.default)
    names = sorted((*parameter.opts, *parameter.secondary_opts), key=lambda name: name.startswith("--"))
    return Option(tuple(names), "" if flag else str(parameter.metavar or "VALUE"), _flat(parameter.help), shown)


def _argument(parameter: Any) -> Argument:
    return Argument(str(parameter.metavar or parameter.name.upper()), _flat(parameter.help))


def _flat(text: Any) -> str:
    return re.sub(r"\s+", " ", str(text or "")).strip()


def _epilog(text: str) -> Tuple[Tuple[Tuple[str, str], ...], str]:
    """The examples of a help page as (command, explanation), and its sentence about exit codes."""
    head, _, codes = text.replace("\b", "").partition("Exit codes:")
    found = []
    for line in head.partition("Examples:")[2].splitlines():
        if line.strip():
            command, _, words = re.sub(r"\s{2,}", "\t", line.strip()).partition("\t")
            found.append((command, words))
    return tuple(found), _flat(codes)
