"""Makes records of events that others took apart: go-audit, auditbeat, laurel, and what has the same fields."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List, Optional, Tuple

from avcdoctor.parse.tables import RECORD_TYPES
from avcdoctor.read.shapes.signs import untrusted

_STAMP = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}:[0-9]{1,20}\Z")
_STAMPED = re.compile(r"\s*audit\([0-9]{1,12}\.[0-9]{1,9}:[0-9]{1,20}\): ?")
_ERROR = re.compile(r"\s*(?:op=security_|security_[a-z_]+:)")
_NAMES = frozenset(RECORD_TYPES.values())
_NUMBER = re.compile(r"-?[0-9]{1,20}\Z")
_ENUM = re.compile(r"[A-Za-z0-9_.:,/(){}\[\]?*+-]{1,256}\Z")
_TYPE = re.compile(r"[A-Z][A-Z0-9_]{1,40}\Z")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}\Z")
_PERMISSIONS = ("seperms", "permissions", "permission", "perms", "perm")
_RESULTS = ("seresult", "result", "decision")
_QUOTED = ("comm", "exe", "path", "name", "dev", "cwd", "proctitle", "ocomm", "cmdline", "kmod")
_FIELDS = [
    "pid",
    "comm",
    "exe",
    "path",
    "name",
    "dev",
    "ino",
    "src",
    "dest",
    "laddr",
    "lport",
    "faddr",
    "fport",
    "saddr",
    "daddr",
    "netif",
    "capability",
    "ioctlcmd",
    "kmod",
    "srawcon",
    "trawcon",
    "scontext",
    "tcontext",
    "tclass",
    "permissive",
]
_CALL = "arch syscall success exit a0 a1 a2 a3 ppid pid auid uid gid euid tty ses comm exe subj key".split()  # noqa: SIM905
_ELSEWHERE = {
    "pid": ("process.pid", "pid"),
    "comm": ("process.name", "comm"),
    "exe": ("process.executable", "exe"),
    "path": ("file.path", "auditd.summary.object.primary"),
}


def kind(item: Dict[str, Any]) -> str:
    """Which program took an event apart; empty for none that is known."""
    if isinstance(item.get("messages"), list) and "sequence" in item:
        return "go-audit"
    if isinstance(item.get("ID"), str) and _STAMP.match(item["ID"]):
        return "laurel"
    if _flat(item).get("auditd.sequence") is not None or "auditd.data.tclass" in _flat(item):
        return "auditbeat"
    return ""


def with_type(text: str, around: Dict[str, Any]) -> str:
    """A record's body with the type that stands beside it, where the body alone does not tell it."""
    if "type=" in text:
        return text
    words = [str(value) for value in around.values() if isinstance(value, (str, int))]
    names = [word for word in (RECORD_TYPES.get(word, word) for word in words) if word in _NAMES]
    stamped = _STAMPED.match(text)
    if stamped:
        error = ["SELINUX_ERR"] if _ERROR.match(text, stamped.end()) else []
        return f"type={(names + error)[0]} msg={text.strip()}" if names or error else text
    if "avc:" in text or not _ERROR.match(text):
        return text
    errors = [name for name in names if name in {"SELINUX_ERR", "USER_SELINUX_ERR"}]
    return f"type={(errors or ['SELINUX_ERR'])[0]} {text.strip()}"


def records(item: Dict[str, Any], told: bool) -> Iterator[bytes]:
    """The records of an event that has none as text.

    Args:
        item: one event.
        told: a string of it holds a record, so that the fields say nothing new.
    """
    which = kind(item)
    if which == "go-audit":
        yield from _go_audit(item)
        return
    if told:
        return
    if which == "laurel":
        yield from _laurel(item)
        return
    yield from _fields(item)


def _go_audit(item: Dict[str, Any]) -> Iterator[bytes]:
    stamp = f"{item.get('timestamp', '')}:{item.get('sequence', '')}"
    for message in item["messages"]:
        if not isinstance(message, dict) or not isinstance(message.get("data"), str):
            continue
        name = str(message.get("type", ""))
        yield _line(RECORD_TYPES.get(name, name), stamp, message["data"].encode("utf-8", "surrogateescape"))


def _line(name: str, stamp: str, body: bytes) -> bytes:
    head = f"type={name} " if _TYPE.match(name) or name.isdigit() else ""
    if _STAMP.match(stamp):
        seconds, _, rest = stamp.partition(".")
        fraction, _, serial = rest.partition(":")
        return f"{head}msg=audit({seconds}.{(fraction + '000')[:3]}:{serial}): ".encode("ascii") + body
    return head.encode("ascii") + body


def _laurel(item: Dict[str, Any]) -> Iterator[bytes]:
    """Each record of a laurel event (man 7 laurel: one key a record type, lists where several may stand)."""
    node = str(item.get("NODE") or "")
    before = f"node={node} ".encode("utf-8", "surrogateescape") if re.match(r"[!-~]{1,255}\Z", node) else b""
    for name, value in item.items():
        if not _TYPE.match(name) or name in {"ID", "NODE"}:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                body = _vector(one) if name in {"AVC", "USER_AVC"} else _plain(one)
                if body:
                    yield before + _line("AVC" if name == "USER_AVC" else name, item["ID"], body)


def _vector(fields: Dict[str, Any]) -> bytes:
    """The body of a vector, or nothing where the fields hold none."""
    result = _first(fields, _RESULTS)
    permissions = _first(fields, _PERMISSIONS)
    listed = permissions if isinstance(permissions, list) else re.split(r"[\s,]+", str(permissions or "").strip(" {}"))
    names = [str(name) for name in listed if _ENUM.match(str(name))]
    if not names or not fields.get("tclass"):
        return b""
    word = "granted" if str(result).lower() == "granted" else "denied"
    parts = [f"avc:  {word}  {{ {' '.join(names)} }} for ".encode("ascii")]
    parts += _pairs(fields, _FIELDS)
    return b" ".join(parts)


def _plain(fields: Dict[str, Any]) -> bytes:
    return b" ".join(_pairs(fields, [key for key in fields if _KEY.match(key) and key.upper() != key]))


def _pairs(fields: Dict[str, Any], keys: List[str]) -> Iterator[bytes]:
    for key in keys:
        value = fields.get(key)
        if value is None or isinstance(value, (dict, list)):
            continue
        text = str(value)
        if key == "permissive":
            text = {"True": "1", "False": "0", "true": "1", "false": "0"}.get(text, text)
        if key == "arch" and text.startswith("0x"):
            text = text[2:]
        plain = key not in _QUOTED and _ENUM.match(text)
        yield key.encode("ascii") + b"=" + (text.encode("ascii") if plain else untrusted(text))


def _first(fields: Dict[str, Any], keys: Tuple[str, ...]) -> Any:
    return next((fields[key] for key in keys if fields.get(key) not in (None, "")), None)


def _flat(item: Dict[str, Any]) -> Dict[str, Any]:
    """An object's values by their dotted names, as far as four levels down."""
    found: Dict[str, Any] = {}
    waiting: List[Tuple[str, Any, int]] = [("", item, 0)]
    while waiting and len(found) < 2000:
        name, value, depth = waiting.pop()
        if isinstance(value, dict) and depth < 6:
            waiting += [(f"{name}.{key}" if name else str(key), part, depth + 1) for key, part in value.items()]
        else:
            found[name] = value
    return found


def _fields(item: Dict[str, Any]) -> Iterator[bytes]:
    """The vector of an event whose fields stand anywhere in it, such as auditbeat's `auditd.data`."""
    flat = _flat(item)
    ends: Dict[str, Any] = {}
    for name in sorted(flat, key=len, reverse=True):
        ends[name.rsplit(".", 1)[-1]] = flat[name]
    if not all(isinstance(ends.get(key), str) and ends[key] for key in ("scontext", "tcontext", "tclass")):
        return
    for key, names in _ELSEWHERE.items():
        other = next((flat[name] for end in names for name in flat if _ends(name, end) and flat[name]), None)
        if ends.get(key) in (None, "") and other is not None:
            ends[key] = other
    if "name" in ends and ends.get("name") == ends.get("comm"):
        ends.pop("name")
    if "name" in ends and any(_ends(name, "host.name") and flat[name] == ends["name"] for name in flat):
        ends.pop("name")
    stamp = _stamp(flat)
    body = _vector(ends)
    if not body:
        return
    yield _line("AVC", stamp, body)
    if str(ends.get("syscall", "")) or ends.get("exe"):
        call = b" ".join(_pairs(ends, [key for key in _CALL if key != "success" or ends.get(key) in ("yes", "no")]))
        if call and stamp:
            yield _line("SYSCALL", stamp, call)


def _ends(name: str, end: str) -> bool:
    return name == end or name.endswith("." + end)


def _stamp(flat: Dict[str, Any]) -> str:
    """`seconds.milliseconds:serial`, or nothing where an event has no time or number."""
    serial = next((str(value) for name, value in flat.items() if name.rsplit(".", 1)[-1] in {"sequence", "serial"}), "")
    when = next((flat[name] for end in ("@timestamp", "timestamp") for name in flat if _ends(name, end)), None)
    seconds = _seconds(when)
    return f"{seconds}:{serial}" if seconds and _NUMBER.match(serial) else ""


def _seconds(when: Any) -> Optional[str]:
    text = str(when or "")
    if re.match(r"[0-9]{9,12}(?:\.[0-9]+)?\Z", text):
        return f"{float(text):.3f}"
    match = re.match(
        r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z",
        text,
    )
    if match is None:
        return None
    zone = (match[4] or "Z").replace("Z", "+0000").replace(":", "")
    try:
        moment = datetime.strptime(f"{match[1]}T{match[2]}{zone}", "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc)
    except ValueError:
        return None
    fraction = ((match[3] or ".")[1:] + "000")[:3]
    return f"{int(moment.timestamp())}.{fraction}"
