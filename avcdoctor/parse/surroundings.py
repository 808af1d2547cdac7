"""Reads what the other records of an event add to its denials: system call, paths, arguments, title."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.model import PathRecord, safe_text
from avcdoctor.parse import interpret
from avcdoctor.parse.events import VECTOR_TYPES
from avcdoctor.parse.fields import Field, decode, first_of, split_fields, text
from avcdoctor.parse.objects import path_records
from avcdoctor.parse.records import Record

_LONGEST_TEXT = 4096  # characters kept of a record as it stood, and of an argument
_MOST_ARGUMENTS = 64
_SUBJECT = re.compile(rb" scontext=([^\s']+)")


class Surroundings(NamedTuple):
    """What the other records of an event add to each of its denials."""

    subject: Optional[Field] = None  # the context of the process, from the system call or a vector beside
    paths: Tuple[PathRecord, ...] = ()
    cwd: str = ""
    proctitle: Tuple[str, ...] = ()
    execve: Tuple[str, ...] = ()
    syscall: Dict[str, Field] = {}  # noqa: RUF012 - never changed
    other_path: bytes = b""  # the obsolete AVC_PATH record
    fields: Dict[str, str] = {}  # noqa: RUF012 - never changed
    raw: Tuple[str, ...] = ()


def surroundings(records: Sequence[Record]) -> Surroundings:
    """What an event's records other than the vectors say."""
    cwd = b""
    other: Dict[str, object] = {}
    syscall: Dict[str, Field] = {}
    execve: List[Field] = []
    extra: Dict[str, str] = {}
    for record in records:
        if record.type == "PATH":
            continue
        if record.type in VECTOR_TYPES:
            context = _SUBJECT.search(record.body) if record.type == "AVC" else None
            if context:
                other["subject"] = Field("scontext", context[1], False)
            continue
        fields = first_of(split_fields(record.body))
        if record.type == "CWD" and "cwd" in fields:
            cwd = decode(fields["cwd"])
        elif record.type in {"SYSCALL", "URINGOP"}:
            syscall = fields
            if "subj" in fields:
                other.setdefault("subject", fields["subj"])
        elif record.type == "EXECVE":
            execve += split_fields(record.body)
        elif record.type == "PROCTITLE" and "proctitle" in fields:
            other["proctitle"] = _title(fields["proctitle"], record)
        elif record.type == "AVC_PATH" and "path" in fields:
            other["other_path"] = decode(fields["path"])
        elif record.type == "SOCKADDR":
            extra["sockaddr"] = safe_text(interpret.socket_address(text(fields.get("saddr"))))
        elif record.type == "OBJ_PID":
            extra["opid"], extra["ocomm"] = text(fields.get("opid")), text(fields.get("ocomm"))
    return Surroundings(
        paths=tuple(path_records(records, cwd)),
        cwd=safe_text(cwd),
        execve=_arguments(execve),
        syscall=syscall,
        fields=extra,
        raw=tuple(_as_it_stood(record) for record in records),
        **other,  # type: ignore[arg-type]  # the keys set above, each of its field's type
    )


def _as_it_stood(record: Record) -> str:
    """The record's text; the 0x1d separator before the enriched fields is replaced by a blank."""
    return safe_text(record.raw[:_LONGEST_TEXT].strip().replace(b"\x1d", b" "))


_HEX_TITLE = re.compile(rb"(?:[0-9A-F]{2}){8,}[0-9A-F]\Z")


def _title(field: Field, record: Record) -> Tuple[str, ...]:
    if not field.quoted and _HEX_TITLE.match(field.value):  # a copy that was cut within the last byte
        field = field._replace(value=field.value[:-1])
    data = decode(field)
    if b"\0" in data:
        parts = data.rstrip(b"\0").split(b"\0")
    elif field.quoted or record.stamp is None or re.match(rb"[0-9.]+:", record.stamp):
        parts = [data] if field.quoted or data != field.value else data.split()
    else:
        parts = data.split()  # ausearch -i puts blanks where the arguments ended
    return tuple(safe_text(part)[:_LONGEST_TEXT] for part in parts[:_MOST_ARGUMENTS])


_ARGUMENT = re.compile(r"a([0-9]{1,6})(?:\[([0-9]{1,6})\])?\Z")


def _arguments(fields: Sequence[Field]) -> Tuple[str, ...]:
    """The arguments of EXECVE records; a long one comes in pieces `a1[0]=`, `a1[1]=`, perhaps over several records."""
    pieces: Dict[int, List[Tuple[int, bytes]]] = {}
    for field in fields:
        match = _ARGUMENT.match(field.key)
        if match and int(match.group(1)) < _MOST_ARGUMENTS:
            value = decode(field)
            pieces.setdefault(int(match.group(1)), []).append((int(match.group(2) or 0), value[:_LONGEST_TEXT]))
    return tuple(
        safe_text(b"".join(part for _, part in sorted(pieces[index])))[:_LONGEST_TEXT] for index in sorted(pieces)
    )
