"""Writes the completions for bash, zsh and fish from what `--help` says.

python -m tools.completion FOLDER
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple

from avcdoctor import api
from avcdoctor.diagnose.registry import pages
from avcdoctor.model import REMEDY_KINDS
from avcdoctor.triage import packs
from tools.commands import Command, Option, every, tree

FILES = ("FILE", "[LOG...|-]", "[MODULE...|-]", "FILE...", "PLAN", "PATH")
FOLDERS = ("DIR",)


class Values(NamedTuple):
    """What may follow: `files`, `folders`, `words` to choose from, or `free` text that nobody can guess."""

    kind: str
    words: Tuple[str, ...] = ()


def scripts() -> Dict[str, str]:
    """The completion of each shell, by its file name."""
    top = tree()
    return {"avcdoctor.bash": bash(top), "_avcdoctor": zsh(top), "avcdoctor.fish": fish(top)}


def rule_ids() -> Tuple[str, ...]:
    """Every rule that `rules show` knows."""
    ids = [rule.id for rule in api.knowledge().rules]
    return tuple(sorted(ids + [rule.id for rule in packs.rules_with()]))


def of_option(option: Option) -> Optional[Values]:
    """What may follow an option; None for a flag."""
    if not option.value:
        return None
    if "--rule" in option.names:
        return Values("words", rule_ids())
    if "--cause" in option.names:
        return Values("words", tuple(pages()))
    if "--remedy-kind" in option.names:
        return Values("words", REMEDY_KINDS)
    if option.value in ("FORMAT", "ORDER", "WHAT"):
        listed = re.search(
            r"([a-z-]+(?:, [a-z-]+)*(?: or [a-z-]+)?)[.:](?:\s|$)", option.help[option.help.find(":") + 1 :]
        )
        if listed:
            return Values("words", tuple(re.split(r", | or ", listed[1])))
    return by_name(option.value)


def by_name(value: str) -> Values:
    if value in FILES or value.startswith("FILE"):
        return Values("files")
    return Values("folders" if value in FOLDERS else "free")


def of_arguments(command: Command) -> Values:
    """What may follow a command besides options."""
    if command.commands:
        return Values("words", tuple(one.words[-1] for one in command.commands))
    if command.words == ("rules", "show"):
        return Values("words", rule_ids())
    return by_name(command.arguments[0].value) if command.arguments else Values("free")


def bash(top: Command) -> str:
    after, options, rest = [], [], []
    for command in every(top):
        name = " ".join(command.words)
        for option in command.options:
            values = of_option(option)
            if values is not None:
                patterns = "|".join(f'"{name}:{one}"' for one in option.names)
                after.append(f"        {patterns}) {_bash_reply(values)}; return ;;")
        flags = " ".join(name for option in command.options for name in option.names)
        options.append(f'        "{name}") COMPREPLY=($(compgen -W "{flags}" -- "$cur")) ;;')
        rest.append(f'        "{name}") {_bash_reply(of_arguments(command))} ;;')
    known = "|".join(f'"{" ".join(one.words[:-1])}/{one.words[-1]}"' for one in every(top)[1:])
    return "\n".join(
        (
            "# Completion of avcdoctor for bash, made from its help.",
            "_avcdoctor() {",
            '    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command="" i',
            "    for ((i = 1; i < COMP_CWORD; i++)); do",
            '        case "$command/${COMP_WORDS[i]}" in',
            f"            {known})",
            '                command="${command:+$command }${COMP_WORDS[i]}" ;;',
            "        esac",
            "    done",
            "    COMPREPLY=()",
            '    case "$command:$prev" in',
            *after,
            "    esac",
            "    if [[ $cur == -?* ]]; then",
            '        case "$command" in',
            *("    " + line for line in options),
            "        esac",
            "        return",
            "    fi",
            '    case "$command" in',
            *rest,
            "    esac",
            "}",
            "complete -F _avcdoctor avcdoctor",
            "",
        )
    )


def _bash_reply(values: Values) -> str:
    if values.kind == "words":
        return f'COMPREPLY=($(compgen -W "{" ".join(values.words)}" -- "$cur"))'
    if values.kind == "free":
        return ":"
    letter = "d" if values.kind == "folders" else "f"
    return f'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -{letter} -- "$cur")'


def zsh(top: Command) -> str:
    functions = [_zsh_function(command) for command in every(top)]
    return "\n".join(
        (
            "#compdef avcdoctor",
            "# Completion of avcdoctor for zsh, made from its help.",
            "",
            *functions,
            '_avcdoctor "$@"',
            "",
        )
    )


def _zsh_function(command: Command) -> str:
    name = "_".join(("_avcdoctor", *command.words))
    lines = [f"{name}() {{", "    local state line", "    _arguments -C \\"]
    for option in command.options:
        values = of_option(option)
        also = "(" + " ".join(option.names) + ")" if len(option.names) > 1 else ""
        action = f":{option.value}:{_zsh_action(values)}" if values is not None else ""
        for one in option.names:
            lines.append(
                "        "
                + _quoted(f"{also}{one}[{_zsh_text(option.help)}]{_zsh_text(action, brackets=False)}")
                + " \\"
            )
    if not command.commands:
        lines.append("        " + _quoted(f"*:{_plain_value(command)}:{_zsh_action(of_arguments(command))}"))
        return "\n".join([*lines, "}", ""])
    lines += [
        "        '1:command:->command' \\",
        "        '*::argument:->argument'",
        "    case $state in",
        "    command)",
    ]
    lines.append("        local -a commands=(")
    lines += [f"            {_quoted(one.words[-1] + ':' + one.summary)}" for one in command.commands]
    lines += ["        )", "        _describe command commands ;;", "    argument)", "        case $line[1] in"]
    lines += [f"        {one.words[-1]}) {name}_{one.words[-1]} ;;" for one in command.commands]
    return "\n".join([*lines, "        esac ;;", "    esac", "}", ""])


def _plain_value(command: Command) -> str:
    return re.sub(r"[^A-Z]", "", command.arguments[0].value) if command.arguments else "argument"


def _zsh_action(values: Values) -> str:
    if values.kind == "words":
        return f"({' '.join(values.words)})"
    return {"files": "_files", "folders": "_files -/", "free": ""}[values.kind]


def _zsh_text(words: str, *, brackets: bool = True) -> str:
    return words.replace("[", "\\[").replace("]", "\\]").replace(":", "\\:") if brackets else words


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "'\\''") + "'"


def fish(top: Command) -> str:
    lines = ["# Completion of avcdoctor for fish, made from its help.", "complete -c avcdoctor -f"]
    for command in every(top):
        when = _fish_condition(command)
        for one in command.commands:
            lines.append(
                f"complete -c avcdoctor -n {_quoted_fish(when)} -a {one.words[-1]} -d {_quoted_fish(one.summary)}"
            )
        for option in command.options:
            values = of_option(option)
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            value = "" if values is None else f" -r {_fish_values(values)}"
            lines.append(f"complete -c avcdoctor -n {_quoted_fish(when)} {names}{value} -d {_quoted_fish(option.help)}")
        values = of_arguments(command)
        if not command.commands and values.kind != "free":
            lines.append(f"complete -c avcdoctor -n {_quoted_fish(when)} {_fish_values(values)}")
    return "\n".join([*lines, ""])


def _fish_condition(command: Command) -> str:
    below = " ".join(one.words[-1] for one in command.commands)
    seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in command.words)
    none = f"not __fish_seen_subcommand_from {below}" if below else ""
    return "; and ".join(part for part in (seen, none) if part)


def _fish_values(values: Values) -> str:
    if values.kind == "words":
        return f"-f -a {_quoted_fish(' '.join(values.words))}"
    return {"files": "-F", "folders": "-f -a '(__fish_complete_directories)'", "free": "-f"}[values.kind]


def _quoted_fish(words: str) -> str:
    return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main(argv: Optional[List[str]] = None) -> int:
    """Write every completion into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(argv).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, script in scripts().items():
        (folder / name).write_text(script, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
