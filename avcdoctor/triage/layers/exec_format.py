"""A file that may be executed and still can't be run: no interpreter line, wrong architecture, wrong line ends."""

from __future__ import annotations

import re
from typing import Optional

from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, paths, place, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation

_INTERPRETER = re.compile(
    r"bad interpreter|interpr[eé]t\w* (?:incorrect|defectuos)|defekter Interpreter|cannot execute: required file "
    r"not found|"
    r"\^M\b|\\r['\":\u2019]|wrong ELF class|invalid ELF header|cannot execute binary file",
    re.I,
)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """ENOEXEC, a bad interpreter, or an ELF file of another kind."""
    if _INTERPRETER.search(line.message):
        if errno is not None and errno.name in ("EACCES", "EPERM"):
            return None  # the interpreter is there and something else refuses it
        return observe(
            line,
            "exec-format",
            "the interpreter or the file format does not fit",
            "named",
            errno.name if errno else "",
            find_path(line.message),
        )
    if errno is not None and errno.name == "ENOEXEC":
        return observe(
            line,
            "exec-format",
            "ENOEXEC: the kernel can't run this kind of file",
            "errno",
            "ENOEXEC",
            find_path(line.message, errno),
        )
    return None


def explain(observation: Observation) -> Explanation:
    """The kernel opened the file and does not know how to run it."""
    where = place(observation)
    return Explanation(
        kind="exec-format",
        title=f"{where} is not something the kernel can run",
        cause="no interpreter line or a missing interpreter, Windows line ends, or another architecture",
        because=(
            "The right to execute was there: the kernel read the start of the file and then gave up. A shell "
            "hides this by running such "
            "a script itself; systemd, cron and containers do not."
        ),
        remedies=(
            remedy(
                "app-fix",
                "put an interpreter line such as #!/bin/sh first in the script, with Unix line ends",
                [["head", "-c", "80", *paths(observation)]],
            ),
            remedy(
                "package-update",
                "install the binary for this machine's architecture",
                [["file", "-L", *paths(observation)], ["uname", "-m"]],
            ),
        ),
        sure=(
            "`file -L PATH` names the format; `head -n 1 PATH | od -c` shows the interpreter line and \\r at its end",
        ),
    )


LAYER = Layer(
    name="exec-format",
    recognise=recognise,
    explain=explain,
    not_selinux=(
        "SELinux refuses an execution with EACCES before the kernel looks at the file's format; here the format was "
        "looked at"
    ),
    if_selinux="`Permission denied`, and an AVC { execute }, { execute_no_trans } or { entrypoint } in the same second",
    signs=(_INTERPRETER,),
)
