"""fapolicyd's decisions: what its daemon writes itself (dec=), and the audit trail's FANOTIFY records."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Sequence

from avcdoctor.parse.fields import first_of, split_fields, text
from avcdoctor.parse.interpret import syscall_name
from avcdoctor.parse.records import Record
from avcdoctor.parse.surroundings import surroundings

_DECISION = re.compile(r"\bdec=(?P<decision>deny|allow)\w*\s(?P<rest>.{0,4096}?\bperm=.*)$", re.IGNORECASE)
# A value ends where the next key begins, or the colon between the subject and the object.
_FIELD = re.compile(r"(?<![\w/])(perm|exe|path|comm)=(.*?)(?=\s+(?::(?:\s|$)|[a-z_0-9]+=)|\s*$)", re.IGNORECASE)
_RECORDS = ("FANOTIFY", "1331")
_DENY = ("2", "deny")  # FAN_DENY of fanotify(7), and auparse's word for it


class Decision(NamedTuple):
    """What was refused: a permission such as `execute`, who asked for it, and the file; empty where not told."""

    permission: str = ""
    process: str = ""
    path: str = ""


def decided(line: str) -> Optional[Decision]:
    """A refusal in a line of fapolicyd's own, as `fapolicyd --debug-deny` and its syslog_format write it.

    Args:
        line: text.
    """
    found = _DECISION.search(line) if "dec=" in line.lower() else None
    if found is None or found["decision"].lower() != "deny":
        return None
    subject, _, what = found["rest"].partition(" : ")
    told = {name.lower(): value for name, value in _FIELD.findall(subject)}
    told.update({name.lower(): value for name, value in _FIELD.findall(what)})
    process = told.get("comm") or told.get("exe", "").rpartition("/")[2]
    return Decision(told.get("perm", ""), process, told.get("path", ""))


def recorded(record: Record, event: Sequence[Record]) -> Optional[Decision]:
    """The refusal that a record of the audit trail tells; who asked for what stands in its event's other records.

    Args:
        record: any record.
        event: all records of its event.
    """
    if record.type not in _RECORDS or text(first_of(split_fields(record.body)).get("resp")) not in _DENY:
        return None
    around = surroundings(event)
    call = syscall_name(text(around.syscall.get("arch")), text(around.syscall.get("syscall")))
    permission = "execute" if call in ("execve", "execveat") else ""
    return Decision(permission, text(around.syscall.get("comm")), around.paths[0].name if around.paths else "")
