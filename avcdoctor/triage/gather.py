"""Brings the evidence together: log files, the journal or a syslog file, and the audit trail."""

from __future__ import annotations

import lzma
import re
import subprocess
import zlib
from collections import deque
from dataclasses import dataclass
from typing import BinaryIO, Deque, List, Optional, Sequence, Set, Tuple

from avcdoctor.errors import InputError
from avcdoctor.host import Host
from avcdoctor.model import safe_text
from avcdoctor.read.shapes.unwrap import as_utf8
from avcdoctor.sources.files import find_logs, open_log
from avcdoctor.sources.sosreport import is_denial
from avcdoctor.triage.unit import UnitFacts

MOST_BYTES = 64 << 20  # of one log; of a longer one the end counts
_FURTHEST = 8 << 30  # a stream without an end comes to one
_CHUNK = 1 << 20
_SYSLOGS = (
    *("/var/log/messages", "/var/log/syslog", "/var/log/daemon.log"),
    *("/sos_commands/logs/journalctl_--no-pager_--boot", "/sos_commands/logs/journalctl_--no-pager", "/var/log/secure"),
)
_TRAIL = (b"type=", b"node=")  # how auditd's lines begin
_STAMP = re.compile(rb"audit\((\d{9,11})\.(\d{3}):(\d+)\)")
_SECURITY = re.compile(
    rb"apparmor=|avc:|type=(?:1326|1400|SECCOMP|AVC|USER_AVC|SELINUX_ERR|FANOTIFY)|\bdec=deny|ANOM_", re.I
)


@dataclass(frozen=True)
class Evidence:
    """What there is to look at.

    Args:
        data: lines, one source after the other.
        sources: what they came from, in words.
        notes: what could not be had, and why.
        audited: an audit trail was read, so a denial would be among the lines.
    """

    data: bytes
    sources: Tuple[str, ...] = ()
    notes: Tuple[str, ...] = ()
    audited: bool = False


def read_logs(names: Sequence[str]) -> bytes:
    """The text of some logs, one after the other; compressed ones are undone.

    Args:
        names: files; "-" is standard input.

    Raises:
        InputError: a file can't be read.
    """
    return b"\n".join(_read(name) for name in names)


def _read(name: str) -> bytes:
    try:
        stream = open_log(name)
        try:
            return b"".join(as_utf8([_end(stream)]))
        finally:
            if name != "-":
                stream.close()
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
        raise InputError(f"{safe_text(name)} can't be read: {error}", "is it a text file, and complete?") from error


def _end(stream: BinaryIO) -> bytes:
    """A stream's last bytes; it may give fewer at once than it is asked for."""
    kept: Deque[bytes] = deque()
    held = passed = 0
    while passed < _FURTHEST:
        part = stream.read(_CHUNK)
        if not part:
            break
        kept.append(part)
        held += len(part)
        passed += len(part)
        while held - len(kept[0]) >= MOST_BYTES:
            held -= len(kept.popleft())
    return b"".join(kept)[-MOST_BYTES:]


def of_service(host: Host, service: str, unit: Optional[UnitFacts], since: Optional[int] = None) -> Evidence:
    """What the machine itself has about a service.

    Args:
        host: the running host, or an offline root.
        service: the service's name.
        unit: its settings, for the names of its programs.
        since: milliseconds since the epoch; for the journal and the audit trail.
    """
    words = _words(service, unit)
    notes: List[str] = []
    journal = _journal(service, since) if host.live else None
    sources = ["the journal"] if journal else []
    if journal is None:
        journal, sources = _syslog(host, words)
        if not sources:
            notes.append("no journal and no syslog file could be read: give the service's messages with --log")
    audit = _audit(host, notes)
    if audit:
        sources.append("the audit trail")
    lines = _related(audit, words, since)
    return Evidence(b"\n".join((journal, *lines)), tuple(sources), tuple(notes), bool(_STAMP.search(audit)))


def of_root(host: Host) -> Evidence:
    """What an offline root has of every service: its syslog, or a sosreport's journal, and its audit trail."""
    notes: List[str] = []
    syslog, sources = _syslog(host, None)
    audit = _audit(host, notes)
    if audit:
        sources.append("the audit trail" if host.report is None else "the report's audit records")
    return Evidence(b"\n".join((syslog, audit)), tuple(sources), tuple(notes), bool(_STAMP.search(audit)))


def _words(service: str, unit: Optional[UnitFacts]) -> Tuple[bytes, ...]:
    """The names by which lines about a service are known: its own, and those of its programs."""
    name = service.rpartition(".service")[0] or service
    found = [name.partition("@")[0]]
    if unit is not None:
        started = unit.settings.get("ExecStart", "")
        found += [path.rpartition("/")[2][:15] for path in re.findall(r"/[\w./+-]+", started)[:1]]
    return tuple(word.encode() for word in dict.fromkeys(found) if word)


def _journal(service: str, since: Optional[int]) -> Optional[bytes]:
    argv = ["journalctl", "--no-pager", "--quiet", "--output=json", "--lines=5000", f"--unit={service}"]
    argv.append(f"--since=@{since // 1000}" if since is not None else "--boot")
    try:
        done = subprocess.run(argv, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout[-MOST_BYTES:] if done.returncode == 0 and done.stdout.strip() else None


def _syslog(host: Host, words: Optional[Tuple[bytes, ...]]) -> Tuple[bytes, List[str]]:
    """Lines about the service, and records of the security modules, from the first syslog file there is.

    Args:
        host: of a sosreport the denials are left out, which `_audit` has once each.
        words: the names of the service; None for every line.
    """
    for path in _SYSLOGS:
        text = host.files.read_text(path, MOST_BYTES)
        if text is not None:
            lines = text.encode("utf-8", "surrogateescape").split(b"\n")
            kept = [line for line in lines if words is None or _is_about(line, words)]
            if host.report is not None:
                kept = [line for line in kept if not is_denial(line)]
            return b"\n".join(kept), [path]
    return b"", []


def _is_about(line: bytes, words: Tuple[bytes, ...]) -> bool:
    return any(word in line for word in words) or bool(_SECURITY.search(line))


def _audit(host: Host, notes: List[str]) -> bytes:
    try:
        names = find_logs([], None if host.live else str(host.root))
        if host.report is None:
            return b"\n".join(_read(name) for name in names[-2:])
        lines = b"\n".join(map(_read, names)).split(b"\n")
        return b"\n".join(line for line in lines if line.startswith(_TRAIL) or is_denial(line))
    except InputError as error:
        notes.append(f"no audit trail: {error.message}")
        return b""


def _related(audit: bytes, words: Tuple[bytes, ...], since: Optional[int]) -> List[bytes]:
    """The events of an audit trail in which the service's programs are named."""
    lines = audit.split(b"\n")
    wanted: Set[bytes] = set()
    for line in lines:
        stamp = _STAMP.search(line)
        if stamp and (since is None or int(stamp[1]) * 1000 >= since) and any(word in line for word in words):
            wanted.add(stamp[0])
    return [line for line in lines if _is_wanted(line, wanted, words)]


def _is_wanted(line: bytes, wanted: Set[bytes], words: Tuple[bytes, ...]) -> bool:
    """Whether a line belongs to one of these events; without an event's number, whether it names the program itself."""
    stamp = _STAMP.search(line)
    return stamp[0] in wanted if stamp else is_denial(line) and any(word in line for word in words)
