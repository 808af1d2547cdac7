"""A plan as a commented POSIX shell script that checks first and stops at the first problem."""

from __future__ import annotations

import textwrap
from typing import List

from avcdoctor.model import Action, safe_text
from avcdoctor.plan.model import Plan
from avcdoctor.render.plans import edit_words, labels_back
from avcdoctor.render.posix import shell_line, shell_word

_TOOLS = {
    "semanage": "policycoreutils-python-utils",
    "semodule": "policycoreutils",
    "restorecon": "policycoreutils",
    "setsebool": "policycoreutils",
}
_LITERAL = ["# names stand in single quotes so that nothing in them is expanded", "# shellcheck disable=SC2016"]
_HELPERS = """\
fail() {
  printf '%s\\n' "$1" >&2
  exit 1
}
"""


def script(plan: Plan) -> str:
    """The plan as a script for /bin/sh.

    The modules' texts are in the script itself; nothing is read from elsewhere. Manual steps and the way back are
    comments. A plan for an offline root is refused by the script itself, since these commands change the running
    machine.
    """
    lines = ["#!/bin/sh", *_comment(_purpose(plan)), *_LITERAL, "set -eu", "", _HELPERS]
    lines += _checks(plan)
    lines += ["", *_comment("the changes")]
    modules = list(plan.of("module-install"))
    if modules:
        lines += ["work=$(mktemp -d)", "trap 'rm -rf \"$work\"' EXIT"]
        lines += [line for action in modules for line in _module_file(action)]
    for action in plan.actions:
        lines += _command(action)
    lines += ["", *_comment("to take it back:")]
    for action in plan.undo:
        words = shell_line(action.argv) if action.argv else edit_words(action)
        lines += [f"#   {words}".replace("\n", "\n#   ")]
    lines += [f"#   {shell_line(argv)}".replace("\n", "\n#   ") for argv in labels_back(plan)]
    return "\n".join(lines) + "\n"


def _purpose(plan: Plan) -> str:
    titles = "; ".join(f"{step.rule or step.incident}: {step.title}" for step in plan.steps)
    verdict = f"Simulated: {plan.simulation.before} before, {plan.simulation.after} after."
    return f"Made by avcdoctor. {titles}. {verdict} Read it before you run it as root."


def _comment(words: str) -> List[str]:
    return [f"# {line}" for line in textwrap.wrap(safe_text(words), 110)]


def _checks(plan: Plan) -> List[str]:
    lines = [*_comment("checks before the first change"), "[ \"$(id -u)\" -eq 0 ] || fail 'run this as root'"]
    if plan.root != "/":
        lines.append(f"fail {shell_word(safe_text(f'this plan is for the offline root {plan.root}'))}")
    lines.append("selinuxenabled || fail 'SELinux is not enabled here'")
    tools = dict.fromkeys(action.argv[0] for action in plan.actions if action.argv)
    for tool in tools:
        package = f": install {_TOOLS[tool]}" if tool in _TOOLS else ""
        lines.append(f"command -v {tool} >/dev/null || fail '{tool} is missing{package}'")
    moved = {str(action.parameters["to"]) for action in plan.of("file-move")}
    for path in dict.fromkeys(_paths(plan)):
        if path in moved:
            continue
        word = shell_word(path)
        problem = shell_word(safe_text(f"{path} is missing or a symbolic link"))
        lines.append(f"if [ ! -e {word} ] || [ -L {word} ]; then fail {problem}; fi")
    for action in plan.of("file-move"):
        lines += _arrival(str(action.parameters["to"]))
    return lines


def _arrival(path: str) -> List[str]:
    folder = path.rpartition("/")[0] or "/"
    missing = shell_word(safe_text(f"{folder} is no directory: make it first"))
    taken = shell_word(safe_text(f"{path} is there already"))
    word = shell_word(path)
    return [
        f"[ -d {shell_word(folder)} ] || fail {missing}",
        f"if [ -e {word} ] || [ -L {word} ]; then fail {taken}; fi",
    ]


def _paths(plan: Plan) -> List[str]:
    named = plan.of("restorecon", "chown", "chmod", "chcon-level", "file-move")
    return [str(action.parameters["path"]) for action in named]


def _module_file(action: Action) -> List[str]:
    name = str(action.parameters["name"])
    body = [safe_text(line) for line in str(action.parameters["cil"]).splitlines() if line.strip()]
    return [f"cat >\"$work/{name}.cil\" <<'CIL'", *body, "CIL"]


def _command(action: Action) -> List[str]:
    if action.do == "manual":
        return _comment(f"by hand: {action.parameters['text']}")
    if action.do == "text-replace":
        return _comment(f"by hand: {edit_words(action)}")
    if action.do == "module-install":
        return [f'semodule -X 400 -i "$work/{action.parameters["name"]}.cil"']
    return [shell_line(action.argv)]
