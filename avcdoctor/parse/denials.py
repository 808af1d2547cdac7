"""Makes denials of an event's records: one for each AVC and USER_AVC record, with what the others add."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.model import Context, Denial, raw_name, safe_text
from avcdoctor.parse import interpret
from avcdoctor.parse.events import VECTOR_TYPES
from avcdoctor.parse.fields import Field, decode, first_of, last_of, split_fields, text
from avcdoctor.parse.identity import event_id
from avcdoctor.parse.managers import is_message, take_apart
from avcdoctor.parse.objects import find_path
from avcdoctor.parse.records import Record
from avcdoctor.parse.surroundings import Surroundings, surroundings


class Refused(NamedTuple):
    """A record that looks like a denial and can't be read, and why."""

    record: Record
    reason: str


class Told(NamedTuple):
    """A vector's record: its permissions, the fields before `avc:`, and those behind."""

    permissions: Tuple[str, ...]
    outer: Dict[str, Field]
    fields: List[Field]


class Outcome(NamedTuple):
    """What an event's records say: denials, how many records grant, and what could not be read."""

    denials: List[Denial]
    granted: int
    refused: List[Refused]
    sources: List[Record]  # the record of each denial, in the same order


_VECTOR = re.compile(rb"avc: +(denied|granted) +(?:\{([^{}]{0,4096})\}|(null)\b)?")
# A vector that was cut or damaged; other words behind `avc:` are notices such as "received policyload notice".
_CUT = re.compile(rb"avc:(?: *\Z| +[dg][a-z]{0,6}(?![a-z])|[^\n{]{0,24}\{)")
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}".encode()
_CLASS_ENDS = re.compile(rb"\stclass=[a-z0-9_]+\s")
_WORDLESS = {b"", b"a", b"av", b"avc"}
_GRANTS = re.compile(rb"\A[^\"]*?avc: +granted ")
_PROTOCOLS = {
    "tcp_socket": "tcp",
    "udp_socket": "udp",
    "dccp_socket": "dccp",
    "sctp_socket": "sctp",
    "rawip_socket": "raw",
}
_PERMISSION = re.compile(r"(?:[A-Za-z0-9_.]+|0x[0-9a-fA-F]+)\Z")


def denials_of(records: Sequence[Record]) -> Outcome:
    """Read one event.

    Args:
        records: all records that belong to it, in any order.

    Returns:
        Its denials with everything the event tells, records that grant, and records that can't be read.
    """
    outcome = Outcome([], 0, [], [])
    vectors = [record for record in records if record.type in VECTOR_TYPES]
    if not vectors:
        return outcome
    around = surroundings(records)
    granted = 0
    for record in vectors:
        try:
            denial = _denial(record, around)
        except ValueError as problem:
            outcome.refused.append(Refused(record, str(problem)))
            continue
        if denial is not None:
            outcome.denials.append(denial)
            outcome.sources.append(record)
        elif _GRANTS.search(record.body):
            granted += 1
    return outcome._replace(denials=_with_paths_of_each_other(outcome.denials), granted=granted)


def _with_paths_of_each_other(denials: List[Denial]) -> List[Denial]:
    """A vector that names only the last component takes the path of another one with the same device and inode."""
    known = {(one.device, one.inode, one.raw_path.rsplit("/", 1)[-1]): one for one in denials if one.raw_path}
    if not known or len(denials) == 1:
        return denials
    told = []
    for one in denials:
        other = known.get((one.device, one.inode, one.raw_name)) if not one.path and one.inode is not None else None
        told.append(replace(one, path=other.path, raw_path=other.raw_path) if other else one)
    return told


def _denial(record: Record, around: Surroundings) -> Optional[Denial]:
    """The record's denial, or None where it is none.

    Raises:
        ValueError: it is one, but can't be read; the message says why.
    """
    if record.type in {"SELINUX_ERR", "USER_SELINUX_ERR"} and not _VECTOR.search(record.body):
        _see_whole(record)
        from avcdoctor.parse.selinux_errors import error_denial  # noqa: PLC0415 - it builds on this module

        return error_denial(record, around)
    told = told_by(record)
    return None if told is None else build(record, told.permissions, told.outer, told.fields, around)


def _is_wordless(record: Record) -> bool:
    """Whether a manager's record in a journal stops before its message; a trail's own is known by its `avc:`."""
    if record.type != "USER_AVC" or not record.origin:
        return False
    return record.body.partition(b"msg=")[2].strip(b" '`") in _WORDLESS


def _see_whole(record: Record) -> None:
    """See that a record was not cut off where somebody looked at it.

    Raises:
        ValueError: it was.
    """
    if _is_cut(record):
        raise ValueError("it is cut off where it was shown; journalctl --no-pager -l prints whole lines")


def _is_cut(record: Record) -> bool:
    """Whether a terminal or a pager showed only a part of a record: `>` or an ellipsis stands for the rest."""
    if record.type == "AVC" and _ELLIPSIS in record.body and b"/" not in (record.stamp or b""):
        return True  # the kernel writes such a byte in hexadecimal; names that ausearch interpreted may hold one
    end = record.body[-8:].rstrip(b" '\"")
    if not end.endswith((b">", _ELLIPSIS, b"...")):
        return False
    return record.type in {"SELINUX_ERR", "USER_SELINUX_ERR"} or _CLASS_ENDS.search(record.body) is None


def told_by(record: Record) -> Optional[Told]:
    """Take a vector's record apart; None where it is a notice or grants something.

    Raises:
        ValueError: it can't be read; the message says why.
    """
    at = record.body.find(b"avc:")
    if at >= 0 or record.type == "USER_AVC":
        _see_whole(record)
    if at < 0 and _is_wordless(record):
        raise ValueError("it stops before its message")
    if record.type == "USER_AVC" or (at >= 0 and is_message(record.body[at:])):
        message = take_apart(record.body)
        if message is None and at >= 0 and _CUT.match(record.body, at):
            raise ValueError("it stops before the permissions")
        if message is None or message.granted:
            return None
        return Told(_names(message.permissions), first_of(split_fields(message.outer)), message.fields)
    match = _VECTOR.search(record.body)
    if match is None:
        if at >= 0 and _CUT.match(record.body, at):
            raise ValueError("it stops before the permissions")
        return None  # a notice, or AppArmor's
    if match.group(1) == b"granted":
        return None
    if match.group(2) is None and match.group(3) is None:
        raise ValueError("it stops before the permissions")
    outer = first_of(split_fields(record.body[: match.start()]))
    fields = split_fields(record.body[match.end() :].lstrip(), avc=True)
    return Told(_names(match.group(2) or b""), outer, fields)


def _names(permissions: bytes) -> Tuple[str, ...]:
    names = tuple(permissions.decode("ascii", "replace").split())
    if not all(_PERMISSION.match(name) for name in names):
        raise ValueError("its permissions are no names")
    return names


def context_of(fields: Dict[str, Field], key: str, number: str) -> Context:
    """The context a field holds.

    Raises:
        ValueError: it is missing, was never resolved, or is no context.
    """
    field = fields.get(key)
    if field is None:
        if number in fields:
            raise ValueError(f"the kernel could not resolve {number}, so {key} is missing")
        raise ValueError(f"it has no {key}")
    return Context.parse(text(field))


def class_of(fields: Dict[str, Field]) -> str:
    """The class.

    Raises:
        ValueError: it is missing.
    """
    tclass = safe_text(fields["tclass"].value.rstrip(b"'`,;")) if "tclass" in fields else ""
    if not tclass:
        raise ValueError("it stops before its class")
    return tclass


def build(
    record: Record,
    permissions: Tuple[str, ...],
    outer: Dict[str, Field],
    fields: Sequence[Field],
    around: Surroundings,
) -> Denial:
    """Put a denial together.

    Args:
        record: where it comes from.
        permissions: what was denied.
        outer: fields before `avc:`, which a user-space object manager's message has.
        fields: those after it.
        around: what the rest of the event says.

    Raises:
        ValueError: source, target or class is missing.
    """
    last = last_of(list(fields))
    first = first_of(list(fields))
    source = context_of(last, "scontext", "ssid")
    target = context_of(last, "tcontext", "tsid")
    tclass = class_of(last)
    path = decode(first["path"]) if "path" in first else around.other_path
    name = decode(first["name"]) if "name" in first else b""
    inode = integer(first.get("ino"))
    found = find_path(path, name, inode, tclass=tclass, permissions=permissions, paths=around.paths)
    call = around.syscall
    event = event_id(record.stamp or b"", record.node)
    if event.milliseconds is None:
        event = event._replace(milliseconds=record.clock)
    exe = first.get("exe") if record.type == "USER_AVC" and "exe" in first and "exe" not in call else call.get("exe")
    return Denial(
        event=event,
        record_type=record.type or "AVC",
        permissions=permissions,
        source=source,
        target=target,
        tclass=tclass,
        permissive=permissive_of(last),
        pid=integer(first.get("spid") if record.type == "USER_AVC" and "spid" in first else first.get("pid")),
        comm=text(first.get("comm") or (None if record.type == "USER_AVC" else call.get("comm"))),
        exe=text(exe),
        path=found.text,
        raw_path=found.raw,
        name=safe_text(name),
        raw_name=raw_name(name),
        device=text(first.get("dev")),
        inode=inode,
        port=port_of(first, tclass),
        protocol=_PROTOCOLS.get(tclass, ""),
        capability=integer(first.get("capability")),
        ioctl=_ioctl(first.get("ioctlcmd")),
        invalid_source=invalid_context(last, "srawcon"),
        invalid_target=invalid_context(last, "trawcon"),
        syscall=safe_text(interpret.syscall_name(text(call.get("arch")), text(call.get("syscall")))) if call else "",
        exit=interpret.exit_name(text(call.get("exit"))),
        success={b"yes": True, b"no": False}.get(call["success"].value) if "success" in call else None,
        uid=text(call.get("uid") or first.get("uid") or outer.get("uid")),
        cwd=around.cwd,
        proctitle=around.proctitle,
        execve=around.execve,
        paths=around.paths,
        fields=_remaining(outer, fields, around),
        raw=around.raw,
        provenance=record.provenance,
    )


_TAKEN = frozenset(
    [
        "scontext",
        "tcontext",
        "tclass",
        "permissive",
        "pid",
        "comm",
        "name",
        "dev",
        "ino",
        "capability",
        "srawcon",
        "trawcon",
    ]
)
_FROM_CALL = frozenset("arch success a0 a1 a2 a3 items ppid euid tty ses subj key UID AUID".split())  # noqa: SIM905 - reads better


def _remaining(outer: Dict[str, Field], fields: Sequence[Field], around: Surroundings) -> Dict[str, str]:
    """Fields without a place in the model; the system call's as `syscall.`, the outer as `user.`."""
    rest = {field.key: text(field) for field in fields if field.key not in _TAKEN}
    rest.update({f"user.{key}": text(field) for key, field in outer.items() if key != "msg"})
    rest.update({f"syscall.{key}": text(around.syscall[key]) for key in around.syscall if key in _FROM_CALL})
    rest.update(around.fields)
    return rest


def integer(field: Optional[Field]) -> Optional[int]:
    """A field's number, if it is one."""
    return int(field.value) if field is not None and re.match(rb"[0-9]{1,20}\Z", field.value) else None


def permissive_of(fields: Dict[str, Field]) -> Optional[bool]:
    """Whether it was only logged; None where old kernels don't say."""
    field = fields.get("permissive")
    return {b"0": False, b"1": True}.get(field.value[:1]) if field is not None else None


def port_of(fields: Dict[str, Field], tclass: str) -> Optional[int]:
    """The port that was asked for: `dest` where it connects, `src` where it binds, `lport` where it listens."""
    if tclass not in _PROTOCOLS and tclass not in {"packet", "peer"}:
        return None  # a dest= may be a bus name
    for key in ("dest", "src", "lport", "fport"):
        number = integer(fields.get(key))
        if number is not None and number < 65536:
            return number
    return None


def _ioctl(field: Optional[Field]) -> Optional[int]:
    """`ioctlcmd`, which older kernels print in hexadecimal without 0x; None where `ausearch -i` gives its name."""
    if field is None or not re.match(rb"(?:0x)?[0-9A-Fa-f]{1,8}\Z", field.value):
        return None
    return int(field.value, 16)


def invalid_context(fields: Dict[str, Field], key: str) -> str:
    """A context as stored; some kernels printed it in hexadecimal with memory behind its end."""
    return safe_text(decode(fields[key]).split(b"\0")[0]) if key in fields else ""
