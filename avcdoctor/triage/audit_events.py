"""Failed system calls in the audit trail: with a denial in their event they are SELinux's, without one they are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Sequence

from avcdoctor.parse.fields import first_of, split_fields, text
from avcdoctor.parse.interpret import exit_name, syscall_name
from avcdoctor.parse.records import Record
from avcdoctor.parse.surroundings import surroundings
from avcdoctor.triage.layers.base import observe
from avcdoctor.triage.model import LogLine, Observation
from avcdoctor.triage.trail import Event

_LAYERS = {
    "EPERM": "capability",
    "ENOENT": "path",
    "ENOEXEC": "exec-format",
    "EACCES": "dac",
    "ENOTDIR": "path",
    "EROFS": "mount",
    "ELOOP": "symlink",
}
_CHANGE = ("unlink", "unlinkat", "rename", "renameat", "renameat2", "rmdir", "truncate")
_REFUSERS = ("AVC", "USER_AVC", "SELINUX_ERR", "USER_SELINUX_ERR", "SECCOMP", "1326", "FANOTIFY", "1331")


def failures(lines: Sequence[LogLine], events: Iterable[Event]) -> List[Observation]:
    """Failed system calls whose event holds no denial.

    The kernel writes the AVC record into the same event as the SYSCALL record; an event with a failure and no AVC
    was refused by something else, unless a dontaudit rule hid the AVC.

    Args:
        lines: the log, taken apart.
        events: the records in it.
    """
    by_number: Dict[int, LogLine] = {line.number: line for line in lines}
    found = []
    for event in events:
        if any(record.type in _REFUSERS for record in event.records):
            continue
        for record in event.records:
            seen = _failure(by_number[event.number(record)], record, event) if record.type == "SYSCALL" else None
            if seen is not None:
                found.append(seen)
    return found


def _failure(line: LogLine, record: Record, event: Event) -> Optional[Observation]:
    fields = first_of(split_fields(record.body))
    errno = exit_name(text(fields.get("exit")))
    layer = _LAYERS.get(errno)
    if layer is None or text(fields.get("success")) != "no":
        return None
    call = syscall_name(text(fields.get("arch")), text(fields.get("syscall")))
    if errno == "EPERM" and call in _CHANGE:
        layer = "immutable"
    paths = surroundings(event.records).paths
    what = f"system call {call} failed with {errno}, and its event holds no denial"
    seen = observe(line, layer, what, "errno", errno, paths[-1].name if paths else "")
    told = {"audited": "yes", "call": call, "uid": text(fields.get("euid") or fields.get("uid"))}
    return replace(seen, process=text(fields.get("comm")), fields=told)
