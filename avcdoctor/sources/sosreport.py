"""Finds the denials of a sosreport without an audit trail: in its syslog, journal, dmesg and ausearch texts, once each.

Which texts there are follows sos's plugins auditd, selinux, logs and kernel. They repeat each other: ausearch shows
today, the journal this boot, dmesg what its buffer kept. Nothing is lost only where all of them are read, and nothing
counts twice only where what one of them repeats of another is left out.
"""

from __future__ import annotations

import lzma
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import BinaryIO, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from avcdoctor.errors import InputError
from avcdoctor.private import lasting_workdir

Opener = Callable[[str], BinaryIO]
"""Opens a log, with its compression undone."""

_PLACES = (
    "sos_commands/*/ausearch*",
    "sos_commands/kernel/dmesg*",
    "var/log/dmesg*",
    "var/log/kern.log*",
    "var/log/messages*",
    "var/log/syslog*",
    "sos_commands/*/journalctl*",
)
_ROTATED = ("var/log/kern.log*", "var/log/messages*", "var/log/syslog*")
_STAMP = re.compile(rb"audit\([^()]{0,40}?\.(\d{3}):(\d+)\)")
_DENIED = re.compile(rb"avc: +denied +\{ ?([^{}]*?) ?\}([^\n]*)")
_ERROR = re.compile(rb"(?:SELINUX_ERR|type=1401)\b")
_OPERATION = re.compile(rb"\bop=[^\n]*")
_FIELD = re.compile(rb"\b(pid|ino|scontext|tcontext|tclass)=\"?([^\s\"']+)")
_NAMES = (b"pid", b"ino", b"scontext", b"tcontext", b"tclass")
_RETELLER = re.compile(rb"(?:setroubleshoot|sedispatch|sealert)\b")
_CHUNK = 1 << 20
_LONGEST = 1 << 20  # bytes of a line; a longer one is read in pieces
_DAMAGED = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, InputError)


class _Told(NamedTuple):
    """A line that tells a denial.

    Args:
        stamp: milliseconds and serial of its event; seconds stand in local time where ausearch interpreted them.
        content: what every way of writing it has in common.
    """

    file: str
    line: int
    stamp: Optional[Tuple[bytes, bytes]]
    content: Tuple[bytes, ...]


def is_one(top: Path) -> bool:
    """Whether a root is a sosreport, which holds a few files of a system: what is missing there proves nothing."""
    return any((top / name).is_dir() for name in ("sos_commands", "sos_reports"))


def tells_denials(path: str, open_log: Opener) -> bool:
    """Whether a file holds a denial; one that can't be read holds none that could be read."""
    return next(_denials(path, open_log), None) is not None


def elsewhere(top: Path, open_log: Opener, inside: Callable[[Sequence[str]], List[str]]) -> List[str]:
    """The files with denials beside the audit trail; what one repeats of another is left out of a copy.

    Args:
        top: the report's directory.
        open_log: opens a log.
        inside: files with links resolved below the report; what leads out of it is left out.
    """
    places: List[List[_Told]] = []
    for pattern in _PLACES:
        files = inside(sorted(str(path) for path in top.glob(pattern)))
        found = [list(_denials(file, open_log)) for file in dict.fromkeys(files)]
        places += [[one for told in found for one in told]] if pattern in _ROTATED else found
    repeated = _repeated(places)
    files = list(dict.fromkeys(one.file for place in places for one in place))
    counts = Counter(one.file for place in places for one in place)
    kept = [file for file in files if len(repeated.get(file, ())) < counts[file]]
    return [_without(file, repeated.get(file, set()), top, open_log) for file in kept]


def _denials(file: str, open_log: Opener) -> Iterator[_Told]:
    try:
        if not Path(file).is_file():
            return
        with open_log(file) as log:
            for number, line in enumerate(_lines(log)):
                content = _content(line)
                if content:
                    stamp = _STAMP.search(line)
                    yield _Told(file, number, (stamp[1], stamp[2]) if stamp else None, content)
    except _DAMAGED:
        return  # another place may have them


def is_denial(line: bytes) -> bool:
    """Whether a line tells a denial of SELinux."""
    return bool(_content(line))


def _content(line: bytes) -> Tuple[bytes, ...]:
    """What every way of writing a denial has in common, names aside: ausearch undoes their encoding; or nothing."""
    if b"avc:" in line:
        match = _DENIED.search(line)
        if match is not None:
            fields = dict(_FIELD.findall(match[2]))
            return (match[1], *(fields.get(name, b"") for name in _NAMES))
    error = _ERROR.search(line) if b"SELINUX_ERR" in line or b"type=1401" in line else None
    operation = _OPERATION.search(line, error.end()) if error else None
    return (operation[0].strip().replace(b'"', b""),) if operation else ()


def _is_retold(line: bytes) -> bool:
    """Whether setroubleshoot made the line of a record."""
    teller = _RETELLER.search(line)
    return teller is not None and line.find(b"SELinux is preventing ", teller.end()) >= 0


def _lines(log: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while True:
        piece = log.read(_CHUNK)
        if not piece:
            break
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line + b"\n"
        if len(rest) > _LONGEST:
            yield rest
            rest = b""
    if rest:
        yield rest


def _repeated(places: Sequence[Sequence[_Told]]) -> Dict[str, Set[int]]:
    """The lines of each file that tell again what another place, or the same one in another way, has told."""
    found: Dict[str, Set[int]] = {}
    told: Counter[Tuple[bytes, ...]] = Counter()
    for stamped in (True, False):  # a record without its event's number may be any of those that have one
        seen: Counter[Tuple[object, ...]] = Counter()
        before = Counter(told)
        for place in places:
            here: Counter[Tuple[object, ...]] = Counter()
            for one in place:
                if (one.stamp is not None) is not stamped:
                    continue
                key = (one.stamp, *one.content)
                here[key] += 1
                if here[key] <= max(seen[key], 0 if stamped else before[one.content]):
                    found.setdefault(one.file, set()).add(one.line)
                else:
                    told[one.content] += 1
            seen |= here
    return found


def _without(file: str, lines: Set[int], top: Path, open_log: Opener) -> str:
    """The file itself, or a copy without these lines and without what setroubleshoot made of the same records."""
    copy = lasting_workdir() / top.name / Path(file).relative_to(top)
    copy.parent.mkdir(parents=True)
    with open_log(file) as log, copy.open("wb") as out:
        for number, line in enumerate(_lines(log)):
            if number not in lines and not _is_retold(line):
                out.write(line)
    return str(copy)
