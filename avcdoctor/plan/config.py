"""Edits of keepalived's configuration that go with moving a script: every line that names its old path."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import List, Set, Tuple

from avcdoctor.actions.manual import Manual
from avcdoctor.actions.move import FileMove, ServiceRestart, TextReplace, replace_words
from avcdoctor.actions.registry import typed_all
from avcdoctor.diagnose.causes.configuration import configuration_files
from avcdoctor.errors import ApplyError, UsageError
from avcdoctor.host import Host
from avcdoctor.model import Action, safe_text
from avcdoctor.plan.model import Plan, Step

SERVICE = "keepalived"
PROGRAM = Path("/usr/sbin/keepalived")
_TEST_TIME = 30  # seconds


def with_config_edits(plan: Plan, host: Host) -> Plan:
    """The plan with an edit for each configuration file that names a moved file, replacing the step in words.

    Raises:
        UsageError: the plan moves nothing, or no configuration names what it moves.
    """
    if not any(plan.of(FileMove.do)):
        raise UsageError("--edit-config goes with a remedy that moves a file", "choose it with --remedy")
    return replace(plan, steps=tuple(_edited(step, host) for step in plan.steps))


def check_configuration(paths: Tuple[str, ...]) -> str:
    """Have keepalived check its configuration after an edit, as `keepalived -t` does.

    Args:
        paths: the files that were edited.

    Returns:
        What was done, in words.

    Raises:
        ApplyError: keepalived refuses the configuration.
    """
    if not any(path.startswith("/etc/keepalived/") for path in paths):
        return ""
    if not PROGRAM.exists():
        return f"{PROGRAM} is not installed here, so the configuration was not tested"
    done = subprocess.run([str(PROGRAM), "-t"], capture_output=True, text=True, check=False, timeout=_TEST_TIME)
    if done.returncode:
        said = safe_text((done.stderr or done.stdout).strip()[-300:])
        raise ApplyError(f"keepalived -t refuses the edited configuration: {said}")
    return "keepalived -t accepts the edited configuration"


def _edited(step: Step, host: Host) -> Step:
    moves = [one for one in typed_all(step.actions) if isinstance(one, FileMove)]
    if not moves:
        return step
    edits = [edit for move in moves for edit in _edits(move, host)]
    if not edits:
        raise UsageError(f"no {SERVICE} configuration names the file that is moved", "edit the configuration by hand")
    names = {str(edit.parameters["path"]).rpartition("/")[2] for edit in edits}
    kept = [action for action in step.actions if not _is_about(action, names)]
    again = ServiceRestart(f"{SERVICE}.service").action()
    return replace(step, actions=(*kept, *edits, again))


def _edits(move: FileMove, host: Host) -> List[Action]:
    old, new = move.path, move.to
    found = []
    for path in configuration_files(SERVICE, host):
        text = (host.files.read_text(path) or "").encode("utf-8", "surrogateescape")
        if replace_words(text, old, new) != text:
            found.append(TextReplace(path, old, new).action())
    return found


def _is_about(action: Action, names: Set[str]) -> bool:
    """Whether an action is a step in words about a configuration that is edited now."""
    return action.do == Manual.do and any(name in str(action.parameters["text"]) for name in names)
