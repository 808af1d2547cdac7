"""A plan as a commented POSIX shell script that checks first and stops at the first problem."""

from __future__ import annotations

import textwrap
from typing import List

from avcdoctor.actions.base import TypedAction
from avcdoctor.actions.posix import shell_line, shell_word
from avcdoctor.actions.registry import typed_all
from avcdoctor.model import Report, safe_text
from avcdoctor.plan.model import Plan
from avcdoctor.render import How
from avcdoctor.render.plan_promise import first_remedies

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
    lines = ["#!/bin/sh", *_comment(_purpose(plan)), *_steps(plan), *_LITERAL, "set -eu", "", _HELPERS]
    lines += _checks(plan)
    lines += ["", *_comment("the changes")]
    actions = typed_all(plan.actions)
    if any(one.files() for one in actions):
        lines += ["work=$(mktemp -d)", "trap 'rm -rf \"$work\"' EXIT"]
    for one in actions:
        lines += one.shell() or _comment(f"by hand: {one.words()}")
    back = [words for one in typed_all(plan.undo) for words in _lines_back(one)]
    lines += ["", *_comment("to take it back:"), *(back or ["#   nothing has to be taken back"])]
    return "\n".join(lines) + "\n"


def render(report: Report, _how: How) -> str:
    """The script for each incident's first remedy.

    Raises:
        EmptyPlanError: there is nothing to plan.
    """
    return script(first_remedies(report))


def of_plan(plan: Plan, _how: How) -> str:
    """See `script`."""
    return script(plan)


def _lines_back(one: TypedAction) -> List[str]:
    words = shell_line(one.argv()) if one.argv() else safe_text(one.words())
    return [f"#   {line}" for line in words.split("\n")]


def _purpose(plan: Plan) -> str:
    verdict = f"Simulated: {plan.simulation.before} before, {plan.simulation.after} after."
    return f"Made by avcdoctor. {verdict} Read it before you run it as root."


def _steps(plan: Plan) -> List[str]:
    """What the script is for: a line for each incident."""
    return [line for step in plan.steps for line in _comment(f"{step.rule or step.incident}: {step.title}")]


def _comment(words: str) -> List[str]:
    return [f"# {line}" for line in textwrap.wrap(safe_text(words), 110)]


def _checks(plan: Plan) -> List[str]:
    lines = [*_comment("checks before the first change"), "[ \"$(id -u)\" -eq 0 ] || fail 'run this as root'"]
    if plan.root != "/":
        lines.append(f"fail {shell_word(safe_text(f'this plan is for the offline root {plan.root}'))}")
    lines.append("selinuxenabled || fail 'SELinux is not enabled here'")
    actions = typed_all(plan.actions)
    for tool, package in {one.argv()[0]: one.package for one in actions if one.argv()}.items():
        lines.append(f"command -v {tool} >/dev/null || fail '{tool} is missing: install {package}'")
    made = [one.makes() for one in actions if one.makes()]
    for path in dict.fromkeys(path for one in actions if one.argv() for path in one.paths()):
        if path in made:
            continue
        word = shell_word(path)
        problem = shell_word(safe_text(f"{path} is missing or a symbolic link"))
        lines.append(f"if [ ! -e {word} ] || [ -L {word} ]; then fail {problem}; fi")
    return lines + [line for path in made for line in _arrival(path)]


def _arrival(path: str) -> List[str]:
    folder = path.rpartition("/")[0] or "/"
    missing = shell_word(safe_text(f"{folder} is no directory: make it first"))
    taken = shell_word(safe_text(f"{path} is there already"))
    word = shell_word(path)
    return [
        f"[ -d {shell_word(folder)} ] || fail {missing}",
        f"if [ -e {word} ] || [ -L {word} ]; then fail {taken}; fi",
    ]
