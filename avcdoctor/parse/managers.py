"""Takes an object manager's message apart by the places its writer fixed, whatever a user put between them."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from avcdoctor.parse.fields import Field, split_fields

_BUFFER = 1023  # bytes to which libselinux cuts a longer message (AVC_AUDIT_BUFSIZE less its end)
_VECTOR = re.compile(rb"u?avc: +(denied|granted) +(?:\{([^{}]{0,4096})\}|(null)(?![^\s])) *(?:for\b)?\s*")
_CONTEXTS = re.compile(rb"scontext=([^\s\"']+) +tcontext=([^\s\"']+) +tclass=([^\s',;]+)")
_PERMISSIVE = re.compile(rb" +permissive=([01])")
_LAST_PERMISSIVE = re.compile(rb" permissive=([01])\s*\Z")
# What libaudit puts behind a message; journald prints the line break that libselinux ends it with as #012.
_BEHIND = re.compile(rb"(?:\s|:|#012|\\n|\\012)*(?:exe=|\(sauid=|sauid=|\Z)")
_FUNCTION = re.compile(rb"\" function=\"([A-Za-z0-9_.-]*)\"\s*\Z")

# What each writer tells between permissions and contexts, in its order, by the first of them: systemd
# (selinux-access.c), dbus-daemon (selinux.c), dbus-broker, Android's service manager and property service, the X server
# (xselinux_hooks.c). A key that the writer does not print there is a user's text.
_TOLD: Dict[bytes, Tuple[bytes, ...]] = {
    b"auid": (b"auid", b"uid", b"gid", b"path", b"cmdline", b"function"),
    b"msgtype": (b"msgtype", b"interface", b"member", b"error_name", b"dest", b"spid", b"tpid"),
    b"service": (b"service", b"spid", b"tpid", b"pid", b"uid", b"gid", b"sid", b"name"),
    b"property": (b"property", b"pid", b"uid", b"gid"),
    b"request": (b"request", b"comm", b"resid", b"restype", b"event", b"property", b"selection", b"xdevice"),
    b"comm": (b"comm", b"resid", b"restype", b"event", b"property", b"selection", b"xdevice"),
}
_FIRST = re.compile(rb"([a-z]+)=")
_QUOTED = frozenset({b"path", b"cmdline", b"function", b"xdevice", b"name"})
# What is never taken from the free words of a writer that is not known: there a user may have put it.
_NOT_TOLD = frozenset(
    [
        "scontext",
        "tcontext",
        "tclass",
        "permissive",
        "srawcon",
        "trawcon",
        "ssid",
        "tsid",
        "exe",
        "sauid",
        "hostname",
        "addr",
        "terminal",
        "path",
        "name",
        "dev",
        "ino",
        "pid",
        "spid",
        "comm",
        "capability",
        "ioctlcmd",
        "kmod",
    ]
)


class Message(NamedTuple):
    """A message's parts; `fields` are what the manager tells, contexts, class and `permissive`, and libaudit's."""

    granted: bool
    permissions: bytes
    outer: bytes  # what the kernel printed before the message
    fields: List[Field]


def is_message(vector: bytes) -> bool:
    """Whether a vector without its record's header is a manager's: the kernel tells the process first."""
    match = _VECTOR.match(vector)
    first = _FIRST.match(vector, match.end()) if match else None
    return first is not None and first[1] in _TOLD and first[1] != b"comm"


def take_apart(body: bytes) -> Optional[Message]:
    """Read the body of a USER_AVC record, or the vector alone.

    The permissions are the message's first words. Its contexts follow them at once, or are the last thing that the
    writer prints before what libaudit adds (avc_audit() in libselinux); what stands between belongs to the user.

    Args:
        body: behind the record's header.

    Returns:
        The parts; None where it is no vector but a notice.

    Raises:
        ValueError: it is a vector that can't be read; the message says why.
    """
    begin = body.find(b"msg='")
    start = begin + 5 if begin >= 0 else body.find(b"avc:")
    end = body.rfind(b"'") if begin >= 0 else len(body)
    message = body[start : end if end >= start else len(body)]
    match = _VECTOR.match(message)
    if match is None:
        if b"avc:" not in message or b"denied" not in message:
            return None
        raise ValueError(_why_not(message))
    place, direct = _contexts(message, match.end())
    told, behind = message[match.end() : place.start()], message[place.end() :]
    if direct:
        told, permissive, added = _told_behind(behind)
    else:
        permissive, added = _permissive(behind)
        if not _BEHIND.match(added):
            raise ValueError("something else stands where its writer ends")
        if len(message) - len(added) == _BUFFER:
            raise ValueError("it fills its writer's buffer, so its end may be a user's text")
    fields = _told(told, direct)
    fields += [Field(key, place[number], False) for number, key in enumerate(("scontext", "tcontext", "tclass"), 1)]
    if permissive:
        fields.append(Field("permissive", permissive, False))
    fields += split_fields(added.replace(b"#012", b" "))
    fields += split_fields(body[end + 1 :]) if 0 <= start <= end else []
    return Message(match[1] == b"granted", match[2] or b"", body[: max(0, begin)], fields)


def _why_not(message: bytes) -> str:
    if re.match(rb"u?avc:", message):
        return "it stops before the permissions"
    return "its message does not begin with a vector"


def _contexts(message: bytes, start: int) -> Tuple[re.Match[bytes], bool]:
    """Where the contexts stand, and whether they follow the permissions at once."""
    found = _CONTEXTS.match(message, start)
    if found:
        return found, True
    last = message.rfind(b" scontext=", start)
    if last < 0:
        raise ValueError("it has no scontext")
    found = _CONTEXTS.match(message, last + 1)
    if found is None:
        raise ValueError("it has no tcontext" if b" tcontext=" not in message[last:] else "it stops before its class")
    return found, False


def _permissive(behind: bytes) -> Tuple[bytes, bytes]:
    match = _PERMISSIVE.match(behind)
    return (match[1], behind[match.end() :]) if match else (b"", behind)


def _told_behind(behind: bytes) -> Tuple[bytes, bytes, bytes]:
    """What a writer tells behind the contexts (sepgsql's `name=`), `permissive`, and what libaudit adds."""
    at = behind.rfind(b" exe=")
    told, added = (behind[:at], behind[at:]) if at >= 0 else (behind, b"")
    first = _PERMISSIVE.match(told)
    if first:
        return told[first.end() :].strip(), first[1], added
    last = _LAST_PERMISSIVE.search(told[-64:])
    if last:
        told = told[: len(told) - len(last[0])]
    return told.strip(), last[1] if last else b"", added


def _told(told: bytes, alone: bool) -> List[Field]:
    """The fields that a manager tells about the request.

    Args:
        told: their text.
        alone: at most one of them stands in quotes, as behind the contexts.
    """
    told = told.strip()
    first = _FIRST.match(told)
    keys = _TOLD.get(first[1], ()) if first else ()
    if keys and not alone:
        return _in_order(told, keys)
    if alone and first and told.endswith(b'"') and told[first.end() : first.end() + 1] == b'"':
        return [Field(first[1].decode("ascii"), told[first.end() + 1 : -1], True)]
    return [field for field in split_fields(told, avc=True) if field.key not in _NOT_TOLD]


def _in_order(told: bytes, keys: Tuple[bytes, ...]) -> List[Field]:
    """The fields of a writer that prints them in one order: each ends where a later one begins, quotes or not."""
    fields: List[Field] = []
    function = _FUNCTION.search(told, max(0, len(told) - 256)) if b"function" in keys else None
    tail = [Field("function", function[1], True)] if function else []
    told = told[: function.start() + 1] if function else told
    index, at = 0, 0
    while index < len(keys) and at < len(told):
        key = keys[index]
        if not told.startswith(key + b"=", at):
            index += 1
            continue
        at += len(key) + 1
        # The command line is the last free text: whatever looks like a field in it is a part of it.
        end = len(told) if key == b"cmdline" else _begin_of_next(told, at, keys[index + 1 :])
        value = told[at:end].strip()
        quoted = key in _QUOTED and value.startswith(b'"')
        value = value[1 : -1 if len(value) > 1 and value.endswith(b'"') else None] if quoted else value
        fields.append(Field(key.decode("ascii"), value, quoted))
        index, at = index + 1, end + 1
    return fields + tail


def _begin_of_next(told: bytes, start: int, keys: Tuple[bytes, ...]) -> int:
    found = [told.find(b" " + key + b"=", start - 1) for key in keys]
    return min((at for at in found if at >= start), default=len(told))
