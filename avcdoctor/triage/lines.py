"""Takes log lines apart: syslog, journal (also as JSON), kernel ring buffer, ISO times and bare program names."""

from __future__ import annotations

import json
import re
from typing import Iterator, Optional, Tuple

from avcdoctor.model import safe_text
from avcdoctor.triage.model import LogLine

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2}(?:[.,]\d+)?)"
_SYSLOG = re.compile(
    r"^(?:<\d{1,3}>)?(?P<time>[^\W\d_]{2,6}\.?\s+\d{1,2}\s+(?:\d{4}\s+)?" + _CLOCK + r")\s+(?P<rest>.*)$"
)
_ASCTIME = re.compile(
    r"^(?P<time>(?:[^\W\d_]{2,4}\.?,?\s+)[^\W\d_]{3,5}\.?\s+\d{1,2}\s+" + _CLOCK + r"\s+\d{4}):?\s+(?P<rest>.*)$"
)
_ISO = re.compile(
    r"^\W?(?P<time>\d{4}[-/]\d{2}[-/]\d{2}[T _-]?" + _CLOCK + r"(?:Z|[+-]\d{2}:?\d{2})?)\W?\s*(?P<rest>.*)$"
)
_RING = re.compile(r"^\[\s*(?P<seconds>\d+\.\d+)\]\s*(?P<rest>.*)$")
_IDENT = re.compile(r"^(?P<process>\(?[A-Za-z_][\w.@/+-]*\)?)(?:\s{0,20}\[(?P<pid>\d+)\])?:\s+(?P<rest>.*)$")
_WORD = re.compile(r"^\S+\s+")
_AUDIT = re.compile(r"audit\((?P<epoch>\d{9,11})\.(?P<millis>\d{3}):\d+\)")
_EXCEPTION = re.compile(r"(?:Exception|Error|ERR|Denied)$")
_LONGEST = 8192  # bytes of a line that are looked at; no message that names a cause is longer
_LEVELS = {"error", "warning", "warn", "fatal", "info", "notice", "debug", "note", "err", "alert", "critical", "crit"}


def read_lines(data: bytes) -> Tuple[LogLine, ...]:
    """Split a log into lines and take each one apart.

    Args:
        data: the log as it stands; NUL bytes and undecodable ones are escaped, never dropped.

    Returns:
        The lines that are not blank, numbered as in the log.
    """
    return tuple(_lines(data))


def _lines(data: bytes) -> Iterator[LogLine]:
    for number, raw in enumerate(data.split(b"\n"), 1):
        cut = b" ... (cut)" if len(raw) > _LONGEST else b""
        entry = _journal_entry(number, raw) if raw.startswith(b"{") and b'"MESSAGE"' in raw else None
        text = safe_text((raw[:_LONGEST] + cut).strip(b"\r").replace(b"\t", b" ")).strip()
        if entry is not None:
            yield entry
        elif text:
            yield take_apart(number, text)


def _journal_entry(number: int, raw: bytes) -> Optional[LogLine]:
    """A line of `journalctl -o json`: journald itself tells program, number and user (systemd.journal-fields(7))."""
    try:
        entry = json.loads(raw)
    except ValueError:  # cut off, or something else that begins like it
        return None
    told = {name: value for name, value in entry.items() if isinstance(value, str)} if isinstance(entry, dict) else {}
    if not told.get("MESSAGE"):
        return None
    process = safe_text(told.get("SYSLOG_IDENTIFIER") or told.get("_COMM", ""))[:_LONGEST]
    pid, clock = told.get("_PID") or told.get("SYSLOG_PID", ""), told.get("__REALTIME_TIMESTAMP", "")
    message = safe_text(told["MESSAGE"][:_LONGEST].replace("\n", " ")).strip()
    seconds = int(clock[:-6]) % 86400 if re.fullmatch(r"[0-9]{10,20}", clock) else None
    stated = f"{process}[{pid}]: {message}" if pid.isdigit() else f"{process}: {message}" if process else message
    number_of = int(pid) if re.fullmatch(r"[0-9]{1,10}", pid) else None
    return LogLine(number, stated, message, process.strip("()"), number_of, "", seconds, told.get("_UID", ""))


def take_apart(number: int, text: str) -> LogLine:
    """Find time, program and message of one line; what is not there stays empty."""
    rest, time, seconds = text, "", None
    program_first = _ASCTIME.match(text)  # what programs write themselves names no host
    headed = program_first or _SYSLOG.match(text) or _ISO.match(text)
    if headed:
        rest, time, seconds = headed["rest"], headed["time"], _of_day(headed)
    process, pid, message = _program(rest, host_first=headed is not None and not program_first)
    ring = _RING.match(message)
    if ring:
        message = ring["rest"]
        if not process:
            process, pid, message = _program(message, host_first=False)
    stamp = _AUDIT.search(text)
    if stamp:
        seconds = int(stamp["epoch"]) % 86400 + int(stamp["millis"]) / 1000
    return LogLine(number, text, message, process.strip("()"), pid, time, seconds)


def _program(rest: str, host_first: bool) -> Tuple[str, Optional[int], str]:
    candidates = [_WORD.sub("", rest, count=1), rest] if host_first else [rest]
    for candidate in candidates:
        found = _IDENT.match(candidate)
        if found and found["process"].lower() not in _LEVELS and not _EXCEPTION.search(found["process"]):
            return found["process"], int(found["pid"]) if found["pid"] else None, found["rest"]
    return "", None, rest


def _of_day(clock: re.Match[str]) -> float:
    return int(clock["hour"]) * 3600 + int(clock["minute"]) * 60 + float(clock["second"].replace(",", "."))


def near(one: Optional[float], other: Optional[float], within: float = 2.0) -> Optional[bool]:
    """Whether two moments of the day are the same one, give or take.

    Audit records carry UTC and syslog lines local time; time zones differ by quarters of an hour, so only what is
    left after taking those away is compared.

    Returns:
        None when one of them is not known.
    """
    if one is None or other is None:
        return None
    apart = abs(one - other) % 900
    return min(apart, 900 - apart) <= within
