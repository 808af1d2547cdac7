"""Undoes reports about denials: makes records of what sealert, audit2allow and aureport tell about them."""

from __future__ import annotations

import re
from typing import Optional

from avcdoctor.read.shapes.signs import untrusted

_AUREPORT = re.compile(
    rb"[ \t]*[0-9]+\. ([0-9]{2}/[0-9]{2}/[0-9]{2,4}|[0-9.-]{8,10}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) (\S+) (\S+:\S+:\S+) "
    rb"(?:\S+) (\S+) (\S+(?:,\S+)*) (\S+:\S+:\S+) (denied|granted) ([0-9]+)[ \t]*\Z"
)


def as_records(text: bytes) -> Optional[bytes]:
    """A layer: `aureport -a` lines as records."""
    if b" denied " not in text and b" granted " not in text:
        return None
    lines = [_of_aureport(line) for line in text.split(b"\n")]
    told = b"\n".join(lines)
    return told if told != text else None


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
