"""seccomp: system calls that a filter forbids, by killing the process or by an error number."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Sequence

from avcdoctor.parse.fields import first_of, split_fields, text
from avcdoctor.triage.errnos import Errno
from avcdoctor.triage.layers.base import Layer, observe, remedy
from avcdoctor.triage.model import Explanation, LogLine, Observation
from avcdoctor.triage.trail import Event

_TYPES = ("SECCOMP", "1326")
_FIELDS = ("sig", "syscall", "comm", "exe", "code", "arch")
_KILLED = re.compile(
    r"\b31/SYS\b|signal=SYS|\bSIGSYS\b|Bad system call|Ungültiger Systemaufruf|Appel système erroné|bad_syscall",
    re.I,
)
_FILTERS = re.compile(r"\bseccomp\b|SystemCallFilter|status=228/", re.I)
_THREADS = re.compile(
    r"pthread_create(?: failed)?:? ?.{0,20}operation not permitted|clone3?\b.{0,40}operation not permitted"
    r"|failed to create (?:new OS )?thread"
    r".{0,40}operation not permitted|(?:io_uring\w*|keyctl|add_key|personality|userfaultfd|open_tree|statx"
    r"|faccessat2|rseq|pidfd_\w+)\b.{0,40}operation not permitted",
    re.I,
)


_PLAIN = re.compile(
    r"(?:^|: )(?:/(?:usr/)?bin/)?(?:sh|bash|dash|ash|env|cat|date|ls|pwd|mkdir|id|true|uname): operation not permitted",
    re.I,
)
"""Programs that have no privileges to lose; what refuses to run them is a filter that does not know a newer call."""


def records(lines: Sequence[LogLine], events: Iterable[Event]) -> List[Observation]:
    """SECCOMP records of the audit trail (type 1326)."""
    by_number: Dict[int, LogLine] = {line.number: line for line in lines}
    found = []
    for event in events:
        for record in event.records:
            if record.type in _TYPES:
                told = first_of(split_fields(record.body))
                fields = {name: text(told[name]) for name in _FIELDS if name in told}
                found.append(_record(by_number[event.number(record)], fields))
    return found


def _record(line: LogLine, fields: Dict[str, str]) -> Observation:
    killed = fields.get("sig") not in (None, "", "0")
    what = (
        f"seccomp {'killed' if killed else 'refused'} {fields.get('comm', 'a process')} for system call "
        f"{fields.get('syscall', '?')}"
    )
    seen = observe(line, "seccomp", what, "record")
    return replace(seen, process=fields.get("comm", line.process), fields=fields)


def recognise(line: LogLine, errno: Optional[Errno]) -> Optional[Observation]:
    """A process killed by SIGSYS, or a message that names seccomp or a call that container filters commonly refuse."""
    if _KILLED.search(line.message):
        return observe(line, "seccomp", "killed by SIGSYS: a system call was forbidden", "named")
    if _FILTERS.search(line.message) and (
        errno is not None or re.search(r"fail|den(?:y|ied)|block|refus|kill|forbid|not allowed", line.message, re.I)
    ):
        return observe(line, "seccomp", "a message names the system-call filter", "named", errno.name if errno else "")
    if errno is not None and errno.name == "EPERM" and (_THREADS.search(line.text) or _PLAIN.search(line.text)):
        return observe(line, "seccomp", "EPERM for a system call that needs no privilege", "errno", "EPERM")
    return None


def explain(observation: Observation) -> Explanation:
    """A filter forbids a system call; whose filter it is decides where to change it."""
    call = observation.fields.get("syscall", "")
    return Explanation(
        kind="seccomp",
        title=f"a seccomp filter stopped it: {observation.what}",
        cause=(
            "a system-call filter (SystemCallFilter= of the unit, the container's seccomp profile, or the program's "
            "own sandbox) forbids the call"
        ),
        because=(
            "seccomp decides by the number of the system call before any file or label is looked at. It kills "
            "with SIGSYS (31), or answers "
            "EPERM or ENOSYS."
        ),
        remedies=(
            remedy(
                "app-fix",
                "allow the system call in the filter that forbids it (in a container: update libseccomp first)",
                [["ausyscall", call]] if call.isdigit() else [],
                steps=(
                    "a unit: add the call or its group to `SystemCallFilter=` in a drop-in (`systemd-analyze "
                    "syscall-filter` lists the groups); "
                    "a container: update the runtime and libseccomp first, then a profile with that call, never "
                    "`seccomp=unconfined` for good",
                ),
            ),
        ),
        sure=(
            "`grep Seccomp /proc/PID/status` shows 2 for a filtered process; `ausearch -m SECCOMP -ts recent` "
            "shows the call",
        ),
    )


LAYER = Layer(
    name="seccomp",
    recognise=recognise,
    explain=explain,
    not_selinux="the record is of type SECCOMP (1326), or the process died of SIGSYS; SELinux sends no signals",
    if_selinux="the process would go on with EACCES, and an AVC would stand in the audit trail",
    signs=(_KILLED, _FILTERS),
)
