"""Splits the body of an audit record into its fields, raw or as `ausearch -i` prints them."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional

from avcdoctor.model import safe_text


class Field(NamedTuple):
    """One `key=value`; `quoted` says that the value stood in double quotes, which are taken off."""

    key: str
    value: bytes
    quoted: bool


_KEY = re.compile(rb"(?:^|(?<=[\s',]))([A-Za-z_][A-Za-z0-9_-]*(?:\[[0-9]+\])?)=")
# The separator 0x1d before the enriched half is often lost when a log is copied (`terminal=?'UID="root"`). What stands
# in quotes is a program's own text, which may look like it; so may a network interface's name, whose open quote must
# not take the contexts behind it.
_LOST_SEPARATOR = re.compile(
    rb"\"[^\"]*\"|(?<=[)'0-9\"?a-z])(?=(?:ARCH|SYSCALL)=[^\"]|(?:AUID|OUID|UID|SAUID|OLD-AUID)=(?:\"[^\"=]*\"|[^\"]))"
)
_TYPOGRAPHIC = re.compile(rb"\xe2\x80[\x9c\x9d\x9e\xb3]")
# Only these hold text with blanks when nothing quotes them: `ausearch -i` drops the quotes.
_WITH_BLANKS = frozenset(
    [
        "path",
        "name",
        "comm",
        "exe",
        "cwd",
        "cmdline",
        "proctitle",
        "lockdown_reason",
        "exit",
        "xdevice",
        "function",
        "unit",
        "key",
        "obj_comm",
        "ocomm",
    ]
)
_ARGUMENT = re.compile(r"a[0-9]+(?:\[[0-9]+\])?$")
# What may follow such a text in an AVC record (lsm_audit.c, and the object managers' own callbacks). A path can hold
# `x=1`, so any other word with an equals sign belongs to the text.
_AVC_KEYS = frozenset(
    b"pid comm path name dev ino scontext tcontext tclass permissive capability ioctlcmd kmod lockdown_reason "
    b"anonclass src dest saddr daddr netif laddr lport faddr fport key ipc_key opid ocomm exe sauid hostname addr "
    b"terminal srawcon trawcon ssid tsid cmdline function resid restype xdevice request uid gid auid spid tpid "
    b"msgtype interface member error_name service property app".split()
)
_NEVER_QUOTED = frozenset({"netif"})
_LONGEST = 16384  # bytes of a record that are read; the kernel's longest is 8970 (MAX_AUDIT_MESSAGE_LENGTH)


def split_fields(body: bytes, avc: bool = False) -> List[Field]:
    """The fields of a record's body in the order they stand.

    Args:
        body: what follows the header, without the line's end.
        avc: the body is an access vector's, whose keys are known; unquoted text then ends only at one of them.

    Returns:
        All fields; a key may occur twice (USER_AVC has an outer and an inner uid).
    """
    body = body[:_LONGEST]
    if b"\xe2\x80" in body:  # a word processor's quotes; the kernel prints bytes above 0x7e in hexadecimal
        body = _TYPOGRAPHIC.sub(b'"', body)
    if b"\x1d" in body:
        body = body.replace(b"\x1d", b" ")
    elif b"UID=" in body or b"ARCH=" in body:
        body = _LOST_SEPARATOR.sub(lambda found: found[0] or b" ", body)
    return tidy_fields(body, avc) or _loose_fields(body, avc)


_TIDY = re.compile(rb"\s*(?:[A-Za-z_][A-Za-z0-9_-]*(?:\[[0-9]+\])?=(?:\"[^\"]*\"|[^\s\"'{]*)(?:\s+|\Z))*\Z")
_TIDY_FIELD = re.compile(rb"([A-Za-z_][A-Za-z0-9_-]*(?:\[[0-9]+\])?)=(\"[^\"]*\"|[^\s\"'{]*)")


def tidy_fields(body: bytes, avc: bool) -> List[Field]:
    """The fields of a body that is nothing but `key=value` with blanks between, as the kernel prints nearly all.

    Bodies of which this is said make one of which it is said, too, when they are put one behind the other.

    Returns:
        None at all where the body is any other.
    """
    start = 4 if body.startswith(b"for ") else 0
    if not _TIDY.match(body, start):
        return []
    pairs = _TIDY_FIELD.findall(body, start)
    if avc and not _AVC_KEYS.issuperset([key for key, _ in pairs]):
        return []
    if any(key == b"proctitle" for key, _ in pairs[:-1]):
        return []
    return [
        Field(key.decode("ascii"), value[1:-1], True) if value[:1] == b'"' else Field(key.decode("ascii"), value, False)
        for key, value in pairs
    ]


def _loose_fields(body: bytes, avc: bool) -> List[Field]:
    """The fields of any other body: unquoted text with blanks, quotes around several fields, words between."""
    found: List[Field] = []
    match = _KEY.search(body)
    while match:
        key = match.group(1).decode("ascii")
        field, end = _value(body, key, match.end(), avc)
        found.append(field)
        match = _KEY.search(body, end)
    return found


def _value(body: bytes, key: str, start: int, avc: bool) -> tuple[Field, int]:
    first = body[start : start + 1]
    if key in _NEVER_QUOTED:  # a network interface may be called "x or msg='y (dev_valid_name); a blank ends it
        end = start + len(body[start:].split(None, 1)[0]) if body[start : start + 1].strip() else start
        return Field(key, body[start:end], False), end
    if first == b'"':
        close = body.find(b'"', start + 1)
        end = close if close >= 0 else len(body)
        return Field(key, body[start + 1 : end], True), end + 1
    if first == b"'":  # msg='...': its fields follow one by one
        return Field(key, b"", False), start + 1
    if first == b"{":
        close = body.find(b"}", start)
        end = close + 1 if close >= 0 else len(body)
        return Field(key, body[start:end], False), end
    if key in _WITH_BLANKS or _ARGUMENT.match(key):
        end = _end_of_text(body, key, start, avc)
        return Field(key, body[start:end].rstrip(), False), end
    word = re.compile(rb"[^\s']*").match(body, start)
    end = word.end() if word else start
    return Field(key, body[start:end], False), end


def _end_of_text(body: bytes, key: str, start: int, avc: bool) -> int:
    if key == "proctitle":  # always the last field of its record
        return len(body)
    match = _KEY.search(body, start)
    while match and avc and match.group(1) not in _AVC_KEYS:
        match = _KEY.search(body, match.end())
    return match.start() if match else len(body)


_HEX = re.compile(rb"(?:[0-9A-F]{2})+\Z")
_NEEDS_HEX = re.compile(rb"[^!#-~]")
# What the kernel prints by audit_log_untrustedstring(); everything else is a number or a word.
_UNTRUSTED = frozenset(
    [
        "path",
        "name",
        "comm",
        "exe",
        "cwd",
        "cmdline",
        "proctitle",
        "ocomm",
        "obj_comm",
        "key",
        "srawcon",
        "trawcon",
        "acct",
        "data",
        "invalid_context",
    ]
)


def decode(field: Field) -> bytes:
    """The bytes a program gave the kernel: hexadecimal is undone where the kernel must have used it.

    The kernel writes hexadecimal only when the text holds a quote, a blank, a control character or a byte above 0x7e
    (audit_string_contains_control), so digits that decode to none of these are a plain number such as a /proc entry.
    """
    if field.quoted or not (field.key in _UNTRUSTED or _is_argument(field.key)):
        return field.value
    if not _HEX.match(field.value):
        return field.value
    data = bytes.fromhex(field.value.decode("ascii"))
    return data if _NEEDS_HEX.search(data) else field.value


def text(field: Optional[Field]) -> str:
    """The field's value as text that is safe to show; empty for no field and for `(null)` and `?`."""
    if field is None or field.value in {b"(null)", b"?"}:
        return ""
    return safe_text(field.value if _is_argument(field.key) else decode(field))


def _is_argument(key: str) -> bool:
    return key[:1] == "a" and _ARGUMENT.match(key) is not None


def first_of(fields: List[Field]) -> Dict[str, Field]:
    """By key, the first field of each."""
    by_key: Dict[str, Field] = {}
    for field in fields:
        by_key.setdefault(field.key, field)
    return by_key


def last_of(fields: List[Field]) -> Dict[str, Field]:
    """By key, the last field of each; in `ausearch -i` text a process can forge the earlier ones."""
    return {field.key: field for field in fields}
