"""Undoes reports about denials: makes records of what sealert, audit2allow, aureport and people tell about them."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Optional

from avcdoctor.read.shapes.signs import BROKEN_KEY, NEEDED, untrusted
from avcdoctor.read.shapes.terminal import by_line

_AUREPORT = re.compile(
    rb"[ \t]*[0-9]+\. ([0-9]{2}/[0-9]{2}/[0-9]{2,4}|[0-9.-]{8,10}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) (\S+) (\S+:\S+:\S+) "
    rb"(?:\S+) (\S+) (\S+(?:,\S+)*) (\S+:\S+:\S+) (denied|granted) ([0-9]+)[ \t]*\Z"
)
_ANY_AUREPORT = re.compile(
    rb"(?m)^[ \t]*[0-9]{1,9}\. [0-9./-]{8,10} [0-9:]{8} "
    rb"[^\n]{1,4000} (?:denied|granted) [0-9]+[ \t]*$"
)
_TORN = re.compile(rb" (?:context|ontext|ntext|text|ext|xt|t|class|lass|ass|ss|s)=")
_MESSAGE = re.compile(rb"\bmessage=\"(?=node=|type=|audit\()")
_NO_AVC = re.compile(
    rb"(?m)(?:^|(?<=[\s:]))(?<!avc:)(?<!avc: )(?<!avc:  )(?<!avc:   )(denied|granted)"
    rb"(?=\s{1,4}\{[ a-z0-9_]{1,500}\}\s{1,4}for\s)"
)


def as_records(text: bytes) -> Optional[bytes]:
    """A layer: what is told of denials, or of their records with small damages, as records."""
    told = text
    if _is_damaged(told):
        told = by_line(told, _mended) or told
    if b'message="' in told:
        told = _MESSAGE.sub(b"", told)
    if b"Source Context" in told and b"avc:" not in told:
        told += b"".join(line + b"\n" for line in _of_sealert(told))
    return told if told != text else None


def _is_damaged(text: bytes) -> bool:
    """Whether a text may hold lines to mend: more words than vectors, or a torn name."""
    bare = text.count(b"avc:") < text.count(b"denied") + text.count(b"granted")
    return (bare and (_NO_AVC.search(text) or _ANY_AUREPORT.search(text)) is not None) or (
        _TORN.search(text) is not None and BROKEN_KEY.search(text) is not None
    )


def _mended(line: bytes) -> bytes:
    """A line of `aureport -a`, or a record that lost its `avc:` or has a blank within a field's name."""
    line = _of_aureport(line)
    if b"avc:" not in line and b"context=" in line:
        line = _NO_AVC.sub(rb"avc:  \1", line)
    if b"avc:" in line and not all(key + b"=" in line for key in NEEDED):
        line = BROKEN_KEY.sub(lambda found: found[0].replace(b" ", b""), line)
    return line


def _of_aureport(line: bytes) -> bytes:
    found = _AUREPORT.match(line)
    if found is None:
        return line
    date, time, comm, source, tclass, permissions, target, result, serial = found.groups()
    stamp = b"%s %s.000:%s" % (date, time, serial)
    return b"type=AVC msg=audit(%s) : avc:  %s  { %s } for  comm=%s scontext=%s tcontext=%s tclass=%s" % (
        stamp,
        result,
        permissions.replace(b",", b" "),
        untrusted(comm.decode("utf-8", "surrogateescape")),
        source,
        target,
        tclass,
    )


_FIELD = re.compile(
    r"(?m)^[ \t]*(Source Context|Target Context|Target Objects|Source|Source Path|Port|Hash)"
    r"(?:[ \t]{2,}|:[ \t]*)(\S.*?)[ \t]*$"
)
_OBJECT = re.compile(r"(.{1,4096}?) \[ ([a-z0-9_]{1,40}) \]\Z")
_CONTEXT = re.compile(r"[^\s:]{1,100}:[^\s:]{1,100}:[^\s:]{1,200}(?::\S{1,200})?\Z")
_HASH = re.compile(r"[^,]*,([^,\s]+),([^,\s]+),([a-z0-9_]+),([a-z0-9_]+)\Z")
_PERMISSION = re.compile(
    r"SELinux is preventing .{1,300}? (?:from (?:using the )?([a-z0-9_]{1,40})\b|\(\w+\) \"([a-z0-9_, ]{1,200})\" )"
)


def _of_sealert(text: bytes) -> Iterator[bytes]:
    """A record for each report of sealert's that gives contexts and has none of the raw records."""
    shown = text.decode("utf-8", "surrogateescape")
    begins = [match.start() for match in re.finditer("SELinux is preventing ", shown)] or [0]
    for begin, end in zip(begins, [*begins[1:], len(shown)]):
        part = shown[begin:end]
        fields: Dict[str, str] = {}
        for match in _FIELD.finditer(part):
            fields.setdefault(match[1], match[2])
        record = _sealert_record(fields, _PERMISSION.match(part))
        if record:
            yield record


def _sealert_record(fields: Dict[str, str], said: Optional[re.Match[str]]) -> bytes:
    source, target = fields.get("Source Context", ""), fields.get("Target Context", "")
    named = _OBJECT.match(fields.get("Target Objects", ""))
    hashed = _HASH.match(fields.get("Hash", ""))
    tclass = hashed[3] if hashed else named[2] if named else ""
    permission = hashed[4] if hashed else (said[1] or said[2]).replace(",", " ").strip() if said else ""
    if not (_CONTEXT.match(source) and _CONTEXT.match(target) and tclass and permission):
        return b""
    parts: List[bytes] = [b"type=AVC avc:  denied  { %s } for " % permission.encode("ascii")]
    if fields.get("Source"):
        parts.append(b"comm=" + untrusted(fields["Source"]))
    place = named[1] if named else ""
    if place and place not in {"None", "Unknown", "<Unknown>"}:
        inside = place.startswith("/")
        parts.append((b"path=" if inside else b"name=") + untrusted(place if inside else place.rsplit("/", 1)[-1]))
    port = fields.get("Port", "")
    if port.isdigit() and permission in {"name_bind", "name_connect"}:
        parts.append((b"src=" if permission == "name_bind" else b"dest=") + port.encode("ascii"))
    contexts = f"scontext={source} tcontext={target} tclass={tclass}"
    return b" ".join([*parts, contexts.encode("utf-8", "surrogateescape")])
