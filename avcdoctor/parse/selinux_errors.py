"""Makes denials of SELINUX_ERR records, which report what no vector can: bounds and invalid contexts."""

from __future__ import annotations

import re
from typing import Dict, List, Optional, Tuple

from avcdoctor.model import Denial
from avcdoctor.parse.denials import build
from avcdoctor.parse.fields import Field, split_fields, text
from avcdoctor.parse.records import Record
from avcdoctor.parse.surroundings import Surroundings

_OLD_INVALID = re.compile(rb"security_compute_sid: +invalid context (\S+) for (.*)", re.DOTALL)
_OLD_WORDS = re.compile(rb"(security_[a-z_]+): +(denied|invalid)")


def error_denial(record: Record, around: Surroundings) -> Optional[Denial]:
    """Read one SELINUX_ERR record.

    What is missing in the record is filled in so that it groups with the vectors it belongs to: the process itself for
    `op=security_bounded_transition`, the context that was asked for as the target of `op=setxattr`. `fields` keeps
    `op` and every context (security/selinux/ss/services.c and hooks.c print them).

    Raises:
        ValueError: it names no source context.
    """
    fields, operation = _fields(record.body)
    by_key = {field.key: field for field in fields}
    source, target, tclass, permissions = _meaning(operation, by_key, around)
    if source is None:
        if not operation:
            return None
        raise ValueError(f"{operation} names no source context")
    made = [
        Field("scontext", source.value, False),
        Field("tcontext", (target or source).value, False),
        Field("tclass", tclass.encode(), False),
    ]
    rest = [field for field in fields if field.key not in {"scontext", "tcontext", "tclass"}]
    return build(record, permissions, {}, rest + made, around)


def _fields(body: bytes) -> Tuple[List[Field], str]:
    old = _OLD_INVALID.search(body)
    if old:
        rest = split_fields(old.group(2))
        return [Field("op", b"security_compute_sid", False), Field("invalid_context", old.group(1), False), *rest], (
            "security_compute_sid"
        )
    fields = split_fields(body)
    operation = next((text(field) for field in fields if field.key == "op"), "")
    words = _OLD_WORDS.search(body)
    if not operation and words:
        operation = words.group(1).decode("ascii")
        fields.insert(0, Field("op", words.group(1), False))
    return fields, operation


def _meaning(
    operation: str, fields: Dict[str, Field], around: Surroundings
) -> Tuple[Optional[Field], Optional[Field], str, Tuple[str, ...]]:
    """Source, target, class and permissions of an operation."""
    old, new = fields.get("oldcontext"), fields.get("newcontext")
    tclass = text(fields.get("tclass"))
    if operation in {"security_bounded_transition", "setcurrent"}:
        call = text(around.syscall.get("syscall"))
        by_itself = bool(call) and call not in {"59", "322", "221", "281", "11", "execve", "execveat"}
        return old, new, "process", ("dyntransition" if by_itself else "transition",)
    if operation == "security_validate_transition":
        return fields.get("taskcontext") or old, new, tclass or "file", ("relabelto",)
    if operation == "security_compute_av":
        listed = text(fields.get("perms")).replace(",", " ").split()
        return fields.get("scontext"), fields.get("tcontext"), tclass or "process", tuple(listed)
    invalid = fields.get("invalid_context")
    source = fields.get("scontext") or around.subject
    if operation == "security_compute_sid":
        permission = "transition" if tclass == "process" else "create"
        return source, fields.get("tcontext") or invalid, tclass or "process", (permission,)
    return source, fields.get("tcontext") or invalid, tclass or "file", ("relabelto",)
