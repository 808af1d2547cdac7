"""Which script a denied process was running, from the event's records or the service's configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from avcdoctor.diagnose.case import Case, is_usable
from avcdoctor.diagnose.causes.configuration import configured_scripts
from avcdoctor.diagnose.words import is_interpreter, script_argument
from avcdoctor.model import Denial


@dataclass(frozen=True)
class Script:
    """A script, how its path became known, and whether it was started as an argument of an interpreter.

    Args:
        path: its absolute path as a raw name; empty when only its name is known.
        through_interpreter: the service's configuration runs `/bin/sh SCRIPT`, so its label does not count.
    """

    name: str
    path: str
    how: str
    interpreted: bool
    through_interpreter: bool = False


def script_of(case: Case) -> Optional[Script]:
    """The script behind a group of denials, or None when nothing shows one."""
    for denial in case.denials:
        found = _from_event(denial)
        if found is not None:
            return _with_configuration(case, found)
    name = case.comm
    if name and (name.endswith((".sh", ".py", ".pl", ".rb", ".lua")) or is_interpreter(case.exe)):
        return _with_configuration(case, Script(name, "", "the process's name", True))
    return None


def _from_event(denial: Denial) -> Optional[Script]:
    for words, how in ((denial.execve, "EXECVE record"), (denial.proctitle, "PROCTITLE record")):
        path = _argument(words)
        if path:
            return Script(path.rsplit("/", 1)[-1], path, how, True)
    return None


def _argument(words: Sequence[str]) -> str:
    """The script among an interpreter's arguments, where it is named by a path that is usable as it stands."""
    found = script_argument(words)
    return found if is_usable(found) else ""


def _with_configuration(case: Case, script: Script) -> Script:
    """Complete a script by what the service's configuration says under the root in use."""
    known: Tuple[Tuple[str, bool], ...] = configured_scripts(case.service.name if case.service else "", case.host)
    for path, through in known:
        base = path.rsplit("/", 1)[-1]
        if path == script.path or (not script.path and base[:15] == script.name[:15]):
            how = script.how if script.path else "the service's configuration"
            return Script(base, path, how, True, through)
    return script
