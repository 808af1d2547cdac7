"""Finds the audit records in a line of text, whatever printed it: auditd, ausearch, the kernel, journald or syslog."""

from __future__ import annotations

import quopri
import re
from typing import List, NamedTuple, Optional, Tuple

from avcdoctor.model import TEXT
from avcdoctor.parse.clocks import clock_of
from avcdoctor.parse.provenance import provenance
from avcdoctor.parse.tables import RECORD_TYPES


class Record(NamedTuple):
    """One record: its type (empty where nothing names it), what identifies its event, and its body."""

    type: str
    stamp: Optional[bytes]  # what stood in audit(...); None where there was no such header
    node: bytes
    body: bytes
    raw: bytes
    origin: bytes = b""  # the process journald names (`audit[123]:`); ties together records without a stamp
    provenance: str = TEXT
    clock: Optional[int] = None  # the time before a record without a stamp, milliseconds since the epoch


_STARTS = (
    # type=AVC msg=audit(1.2:3):   type=1400 audit(1.2:3):   audit(1.2:3):
    rb"(?:type=(?P<type1>[A-Za-z0-9_]{1,64}(?:\[[0-9]+\])?)[ ,]+)?(?:msg=)?audit\((?P<stamp>[^)\n]{0,64})\) ?: ?",
    # audit[123]: AVC avc:         audit[123]: <audit-1400> avc:
    rb"audit\[(?P<origin>[0-9]+)\]:? +(?:<audit-(?P<number>[0-9]{4})>|(?P<type2>[A-Z][A-Z0-9_]+)) +",
    # type=AVC avc:  (no msg=)
    rb"type=(?P<type3>[A-Z][A-Z0-9_]+) +(?!msg=audit)",
    # AVC avc:    SELINUX_ERR op=
    rb"(?P<type4>AVC|USER_AVC|SELINUX_ERR|SYSCALL|PROCTITLE|PATH|CWD|EXECVE) +"
    rb"(?=avc:|op=|arch=|proctitle=|item=|cwd=|argc=|pid=)",
)
_START = re.compile(
    rb"(?:^|(?<=[\s:'\x1d]))(?:(?:node|host)=(?P<node>[^ \n]{1,255}) +)?(?:" + rb"|".join(_STARTS) + rb")"
)
_AVC = re.compile(rb"avc: +(?:denied|granted) +")
_FOREIGN_KEY = re.compile(rb"(?:^|\s)(?:pid|comm|path|name|dev|ino|scontext|tcontext|tclass|permissive)=")
_MAIL = re.compile(rb"(?:type|msg|scontext)=3D")


def starts_record(line: bytes) -> bool:
    """Whether the line begins with a record's header, perhaps after what syslog or grep put before it."""
    match = _START.search(line, 0, 240)
    return match is not None and not _FOREIGN_KEY.search(line, 0, match.start())


def split_records(line: bytes, trail: bool = False) -> List[Record]:
    """All records of a logical line, in order; none for other text.

    Args:
        line: without its end; folded records joined already.
        trail: it stands in an audit trail, so that a record at its beginning is what auditd wrote.
    """
    tidy = _TIDY.match(line)
    if tidy and _alone(line, tidy.end()):
        word, body = tidy[2].decode("ascii"), line[tidy.end() :].strip()
        return [Record(word, tidy[3], tidy[1] or b"", body, line, b"", provenance(word, body, trail))]
    if _MAIL.search(line) and not tidy:
        line = quopri.decodestring(line)
    found: List[Record] = []
    match = _next_start(line, 0)
    if match is None:
        return _timed(line, _bare(line))
    if match.start() and _AVC.search(line, 0, match.start()):
        found += _bare(line[: match.start()])
    while match:
        following = _next_start(line, match.end())
        end = following.start() if following else len(line)
        found += _with_header(match, line[match.start() : end], line[match.end() : end])
        match = following
    if tidy and trail:
        found[0] = found[0]._replace(provenance=provenance(found[0].type, found[0].body, trail))
    return found if tidy else _timed(line, found)


def _timed(line: bytes, records: List[Record]) -> List[Record]:
    """The records of a line; those without a stamp have the time that the line begins with."""
    if all(record.stamp is not None for record in records):
        return records
    clock = clock_of(line)
    return [record if record.stamp is not None else record._replace(clock=clock) for record in records]


_TIDY = re.compile(
    rb"(?:node=([^ \n]{1,255}) )?type=([A-Z][A-Z0-9_]{0,63}) msg=audit\(([0-9]{1,12}\.[0-9]{3}:[0-9]{1,20})\): "
)


def header_of(line: bytes) -> Tuple[bytes, bytes]:
    """What stands before `type=`, and the stamp with its brackets, of a line that begins as auditd writes it."""
    match = _TIDY.match(line)
    if match is None:
        raise ValueError("the line has another beginning")
    return (b"node=" + match[1] + b" " if match[1] is not None else b""), b"(" + match[3] + b")"


def is_tidy(line: bytes) -> bool:
    """Whether a line begins as auditd writes it."""
    return _TIDY.match(line) is not None


def _alone(line: bytes, start: int) -> bool:
    """Whether nothing behind a raw header looks like a further record."""
    if line.find(b"audit(", start) >= 0 or line.find(b"audit[", start) >= 0 or line.find(b" type=", start) >= 0:
        return False
    vector = line.find(b"avc:", start)
    return vector < 0 or line.find(b"avc:", vector + 4) < 0


def _next_start(line: bytes, position: int) -> Optional[re.Match[bytes]]:
    """The next header that does not stand inside a user message, whose text is not the kernel's.

    A message may hold quotes of its own, so it reaches to the line's last one: no line of auditd's holds two messages.
    """
    match = _START.search(line, position)
    if match and position:
        last = line.rfind(b"'")
        if last > match.start() and line.find(b" msg='", position, match.start()) >= 0:
            match = _START.search(line, last + 1)
    return match


def _with_header(match: re.Match[bytes], raw: bytes, body: bytes) -> List[Record]:
    name = match["type1"] or match["type2"] or match["type3"] or match["type4"] or match["number"] or b""
    word = name.decode("ascii")
    word = RECORD_TYPES.get(word, word)
    if word.startswith("UNKNOWN["):
        word = RECORD_TYPES.get(word[8:-1], word)
    node, origin, stamp = match["node"] or b"", match["origin"] or b"", match["stamp"]
    pieces = _vectors(body) if word in {"", "AVC"} else []
    if not word and pieces:
        word = "USER_AVC" if b"msg='" in body[: pieces[0]] else "AVC"
    elif not word and body.lstrip().startswith(b"avc:"):
        word = "AVC"
    # Copies sometimes run a second vector on behind the first without a header of its own.
    cuts = pieces[1:] if word == "AVC" else []
    bounds = [0, *cuts, len(body)]
    shift = len(raw) - len(body)
    return [
        Record(word, stamp, node, body[start:end].strip(), raw[(start + shift if start else 0) : end + shift], origin)
        for start, end in zip(bounds, bounds[1:])
    ]


def _vectors(text: bytes) -> List[int]:
    """Where vectors begin in a text that has no further headers; one in the quotes of another is that one's text."""
    found: List[int] = []
    quotes = last = 0
    for piece in _AVC.finditer(text):
        quotes += text.count(b'"', last, piece.start())
        last = piece.start()
        if not found or quotes % 2 == 0:
            found.append(last)
            quotes = 0
    return found


def _bare(line: bytes) -> List[Record]:
    """Records that stand without any header: `avc:  denied ...`."""
    bounds = [*_vectors(line), len(line)]
    records = []
    for start, end in zip(bounds, bounds[1:]):
        user = b"msg='" in line[max(0, start - 8) : start]
        begin = 0 if user and start == bounds[0] else start
        records.append(Record("USER_AVC" if user else "AVC", None, b"", line[begin:end].strip(), line[begin:end]))
    return records
