"""Reads of one record only what is counted of it, by the general reader's own functions: a denial is not built."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

from avcdoctor.group.examples import OBJECT_FIELDS, Sighting, object_of
from avcdoctor.model import safe_text
from avcdoctor.parse import denials
from avcdoctor.parse.fields import Field, decode, first_of, last_of, text, tidy_fields
from avcdoctor.parse.identity import event_id
from avcdoctor.parse.records import Record
from avcdoctor.read.shapes.trail import may_be_wrapped

_LONGEST = 8192  # bytes of a line whose middle may be read alone
_CONTEXTS = frozenset({"scontext", "tcontext", "tclass", "permissive", "srawcon", "trawcon", "ssid", "tsid", "pid"})
# What makes the general reader look at a line with other eyes: another record's beginning, quotes of a word processor,
# the enriched half.
_OTHERWISE = (b"audit", b"avc:", b" type=", b"\xe2\x80", b"\x1d", b"UID=", b"ARCH=")


class What(NamedTuple):
    """Program, object and port of a record."""

    program: str
    object: str
    port: str


def what_of(middle: bytes, tclass: str, inode: Optional[int], length: int) -> Optional[What]:
    """Program, object and port of a record of which all but its middle was read before.

    Args:
        middle: from ` comm=` to before ` scontext=`.
        tclass: the class.
        inode: the inode that is to come out.
        length: the whole line's, in bytes.

    Returns:
        The same as in `sighting_of`; None where the middle alone does not tell.
    """
    if length > _LONGEST or any(word in middle for word in _OTHERWISE) or may_be_wrapped(middle):
        return None
    fields = tidy_fields(middle, avc=True)
    first = first_of(fields)
    if not fields or len(first) != len(fields) or not _CONTEXTS.isdisjoint(first):
        return None
    return None if denials.integer(first.get("ino")) != inode else _what(first, tclass)


def _what(first: Dict[str, Field], tclass: str) -> What:
    port = denials.port_of(first, tclass)
    name = safe_text(decode(first["name"])) if "name" in first else ""
    words = {key: text(field) for key, field in first.items() if key in OBJECT_FIELDS}
    return What(text(first.get("comm")), object_of(name, words), "" if port is None else str(port))


def sighting_of(record: Record, pid: Optional[int], inode: Optional[int]) -> Optional[Sighting]:
    """What is counted of a record that its event adds nothing to: it names its program, or is an object manager's.

    Args:
        record: a record as auditd writes it.
        pid: the process number that is to come out; None for an object manager's.
        inode: the inode likewise.

    Returns:
        The same as of the denial that it is; None where it is none.

    Raises:
        ValueError: it can't be read, or another process or inode comes out.
    """
    told = denials.told_by(record)
    if told is None:
        return None
    first, last = first_of(told.fields), last_of(told.fields)
    if pid is not None and (denials.integer(first.get("pid")) != pid or denials.integer(first.get("ino")) != inode):
        raise ValueError("the process or the inode stands somewhere else")
    source = denials.context_of(last, "scontext", "ssid")
    target = denials.context_of(last, "tcontext", "tsid")
    tclass = denials.class_of(last)
    event = event_id(record.stamp or b"", record.node)
    what = _what({**first, **{key: last[key] for key in OBJECT_FIELDS if key in last}}, tclass)
    return Sighting(
        key=(record.provenance, source.type, target.type, tclass),
        permissions=told.permissions,
        permissive=denials.permissive_of(last) is True,
        source_context=str(source),
        target_context=str(target),
        program=what.program,
        object=what.object,
        port=what.port,
        invalid=denials.invalid_context(last, "trawcon") or denials.invalid_context(last, "srawcon"),
        node=event.node,
        milliseconds=event.milliseconds,
        serial=event.serial,
    )
