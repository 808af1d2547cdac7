"""Hands new incidents to a command of the reader's own: mail, chat or a pager, one line each."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections import deque
from typing import Any, Callable, Deque, Mapping, Sequence

from avcdoctor import output
from avcdoctor.errors import UsageError
from avcdoctor.model import safe_text

MOST, WITHIN = 10, 60.0
"""At most so many calls within so many seconds; of the others the next call tells how many they were."""

_PATIENCE = 30.0  # seconds a command may take
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Notifier:
    """Runs a command for each new incident; it gets the incident as one line of JSON on its standard input.

    No shell reads the command, nothing of the log is among its arguments, and its environment is its own: PATH, LC_ALL,
    and AVCDOCTOR_INCIDENT and AVCDOCTOR_RANK, which hold an id and one of four words.

    Args:
        command: a program and its arguments, separated by blanks.
        clock: seconds that never go back.

    Raises:
        UsageError: there is no such program.
    """

    def __init__(self, command: str, clock: Callable[[], float] = time.monotonic) -> None:
        words = command.split()
        program = shutil.which(words[0], path=_PATH) if words else None
        if program is None:
            raise UsageError(f"--on-incident: there is no program {safe_text(command)!r}", "name it with its full path")
        self._argv = (program, *words[1:])
        self._clock = clock
        self._calls: Deque[float] = deque()
        self.held_back = 0
        self._trouble = ""

    def tell(self, document: Mapping[str, Any]) -> None:
        """Run the command for an incident, unless it was run too often just now.

        Args:
            document: the incident as in the JSON report.
        """
        now = self._clock()
        while self._calls and now - self._calls[0] >= WITHIN:
            self._calls.popleft()
        if len(self._calls) >= MOST:
            self.held_back += 1
            return
        self._calls.append(now)
        line = json.dumps({"what": "incident", "held_back": self.held_back, **document}, ensure_ascii=True) + "\n"
        self.held_back = 0
        environment = {
            "PATH": _PATH,
            "LC_ALL": "C.UTF-8",
            "AVCDOCTOR_INCIDENT": str(document["id"]),
            "AVCDOCTOR_RANK": str(document["rank"]),
        }
        self._note(_run(self._argv, line, environment))

    def _note(self, trouble: str) -> None:
        """Say what went wrong, once until it is something else or over."""
        if trouble and trouble != self._trouble:
            output.note(f"--on-incident: {self._argv[0]}: {trouble}")
        self._trouble = trouble


def _run(argv: Sequence[str], line: str, environment: Mapping[str, str]) -> str:
    """Run a command and say what went wrong, if anything did."""
    try:
        done = subprocess.run(
            argv,
            input=line.encode("ascii"),
            stdout=subprocess.DEVNULL,
            env=dict(environment),
            timeout=_PATIENCE,
            start_new_session=True,  # Ctrl-C ends tail, which waits for it
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"stopped, since it took longer than {_PATIENCE:.0f} seconds"
    except OSError as error:
        return error.strerror or "it can't be run"
    return f"it failed with exit code {done.returncode}" if done.returncode else ""
