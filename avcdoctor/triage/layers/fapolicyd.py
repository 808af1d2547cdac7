"""fapolicyd: executions and opens refused by trust, not by label."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Sequence

from avcdoctor.parse.fapolicyd import Decision, decided, recorded
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.layers.base import Layer, observe, paths, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.trail import Event

_EXECUTES = re.compile(r"^(?:-?(?:ba|da|z|k|a)?sh|sudo|env|nohup|setsid|timeout|xargs)$")
_SHELL = re.compile(r"^-?(?:/?\S*/)?(?:ba|da|z|k|a)?sh(?:\[\d+\])?:\s+(?:line \d+:\s+|\d+:\s+)?(?P<path>[./~]\S*):\s*$")
_OF_PACKAGES = ("/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/", "/usr/libexec/")  # trusted by fapolicyd
_NAMED = re.compile("fapolicyd")
_START = re.compile(
    r"\b(?:exec(?:ve|v|vp)?|spawn(?:ing|ed)?|fork/exec|execute|executing|start process|run command|cannot run"
    r"|failed to run|posix_spawn)\b",
    re.I,
)


def records(lines: Sequence[LogLine], events: Iterable[Event]) -> List[Observation]:
    """What the daemon writes itself, and FANOTIFY records of the audit trail."""
    by_number: Dict[int, LogLine] = {line.number: line for line in lines}
    told = [(line, decision) for line in lines for decision in [decided(line.text)] if decision]
    told += [
        (by_number[event.number(record)], decision)
        for event in events
        for record in event.records
        for decision in [recorded(record, event.records)]
        if decision
    ]
    return [_refusal(line, decision) for line, decision in told]


def _refusal(line: LogLine, told: Decision) -> Observation:
    what = f"fapolicyd denied {told.permission or 'an access'} of {told.path or 'a file'}"
    seen = observe(line, "fapolicyd", what, "record", "EPERM", told.path)
    return replace(seen, process=told.process or line.process)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """EPERM for running a program, or a message that names fapolicyd."""
    path = find_path(line.message, errno)
    if _NAMED.search(line.text) and re.search(r"den(?:y|ied)|block|not trusted|untrusted|refus", line.text, re.I):
        return observe(line, "fapolicyd", "a message names fapolicyd", "named", errno.name if errno else "", path)
    if errno is None or errno.name != "EPERM":
        return None
    before = line.text[: line.text.casefold().find(line.message[errno.start : errno.end].casefold())]
    shell = _SHELL.match(before) or (
        _EXECUTES.match(line.process)
        and re.match(r"(?:line \d+:\s+|\d+:\s+)?(?P<path>[./~]\S*):\s*$", line.message[: errno.start])
    )
    if not shell and not (_START.search(line.message) and path):
        return None
    program = shell["path"] if shell else path
    if program.startswith(_OF_PACKAGES):
        what = "EPERM for running an installed program: its file capabilities exceed what the process may have"
        return observe(line, "capability", what, "errno", "EPERM", program)
    return observe(line, "fapolicyd", "EPERM for running a program", "errno", "EPERM", program)


def explain(observation: Observation) -> Explanation:
    """The file is not in the trust database."""
    where = observation.path or "the file"
    return Explanation(
        kind="untrusted-file",
        title=f"fapolicyd does not trust {where}",
        cause="no package brought the file, and nobody added it to fapolicyd's trust database",
        because=(
            "Running a program gave Operation not permitted (EPERM). Modes, noexec and SELinux answer Permission "
            "denied (EACCES) there; EPERM is the "
            "answer of a fanotify listener such as fapolicyd."
        ),
        remedies=(
            remedy(
                "app-fix",
                "trust the file, if you know where it comes from",
                [["fapolicyd-cli", "--file", "add", *paths(observation)], ["fapolicyd-cli", "--update"]],
                undo=[["fapolicyd-cli", "--file", "delete", *paths(observation)], ["fapolicyd-cli", "--update"]],
                notes=(
                    "a file that changes (an update of its own) has to be trusted again; for a directory give "
                    "its path with a slash at the end",
                ),
            ),
            remedy("package-update", "install the program from a package: files of the package manager are trusted"),
        ),
        if_selinux="`Permission denied` and an AVC { execute } or { open } in the same second",
        sure=(
            "`fapolicyd-cli --check-config`, `fapolicyd --debug-deny` in a terminal shows each decision with "
            "dec= and the rule's number",
            "`systemctl is-active fapolicyd`: where it does not run, look for noexec by policy, IMA or a seccomp "
            "filter",
        ),
    )


LAYER = Layer(
    name="fapolicyd",
    recognise=recognise,
    explain=explain,
    not_selinux="the answer is EPERM and the record has dec= and no scontext: fapolicyd decides by trust, not by label",
    if_selinux="`Permission denied` and an AVC { execute } in the same second",
    signs=(_NAMED,),
)
