"""Failed system calls in the audit trail: with a denial in their event they are SELinux's, without one they are not."""

from __future__ import annotations

import re
from typing import Dict, List, Sequence, Set

from avcdoctor.triage.layers.base import observe
from avcdoctor.triage.model import LogLine, Observation

_STAMP = re.compile(r"audit\(([^)]*:\d+)\)")
_SYSCALL = re.compile(
    r"type=SYSCALL\b.{1,200}?\bsyscall=(?P<syscall>\w+).{1,60}?\bsuccess=no\b.{1,60}?\bexit=(?P<exit>-\d+|[A-Z]+)"
)
_PATH = re.compile(r"type=PATH\b.{1,200}?\bname=(?:\"([^\"]*)\"|(\S+))")
_COMM = re.compile(r"\bcomm=\"?([^\s\"]+)")
_LAYERS = {
    "-1": ("EPERM", "capability"),
    "-2": ("ENOENT", "path"),
    "-8": ("ENOEXEC", "exec-format"),
    "-13": ("EACCES", "dac"),
    "-20": ("ENOTDIR", "path"),
    "-30": ("EROFS", "mount"),
    "-40": ("ELOOP", "symlink"),
}
_NAMES = {name: (name, layer) for name, layer in _LAYERS.values()}
_CHANGE = {
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "truncate",
    "87",
    "263",
    "82",
    "264",
    "316",
    "84",
    "76",
}


def failures(lines: Sequence[LogLine]) -> List[Observation]:
    """Failed system calls whose event holds no SELinux denial.

    The kernel writes the AVC record into the same event as the SYSCALL record; an event with a failure and no AVC
    was refused by something else, unless a dontaudit rule hid the AVC.
    """
    denied: Set[str] = set()
    names: Dict[str, str] = {}
    for line in lines:
        stamp = _STAMP.search(line.text)
        if stamp and ("avc:" in line.text or "SELINUX_ERR" in line.text or "SECCOMP" in line.text):
            denied.add(stamp[1])
        path = _PATH.search(line.text)
        if stamp and path:
            names[stamp[1]] = path[1] or path[2]
    found = []
    for line in lines:
        stamp, call = _STAMP.search(line.text), _SYSCALL.search(line.text)
        known = (_LAYERS.get(call["exit"]) or _NAMES.get(call["exit"])) if call else None
        if not stamp or not call or known is None or stamp[1] in denied:
            continue
        errno, layer = known
        if errno == "EPERM" and call["syscall"] in _CHANGE:
            layer = "immutable"
        what = f"system call {call['syscall']} failed with {errno}, and its event holds no denial"
        seen = observe(line, layer, what, "errno", errno, names.get(stamp[1], ""))
        comm = _COMM.search(line.text)
        found.append(Observation(**{**seen.__dict__, "process": comm[1] if comm else "", "fields": {"audited": "yes"}}))
    return found
