"""Takes log lines apart: syslog, journal, kernel ring buffer, ISO times and bare program names."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Optional, Tuple

from avcdoctor.model import safe_text
from avcdoctor.read.shapes import Text
from avcdoctor.read.shapes.pieces import Sender
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


def read_lines(texts: Iterable[Text]) -> Tuple[LogLine, ...]:
    """Take each line of the evidence apart.

    Args:
        texts: its parts, from `avcdoctor.triage.unwrapped.unwrapped`; bytes that are no text are escaped, never
            dropped.

    Returns:
        The lines that are not blank.
    """
    return tuple(_lines(texts))


def _lines(texts: Iterable[Text]) -> Iterator[LogLine]:
    for part in texts:
        for number, raw in enumerate(part.text.split(b"\n")[:-1], part.first_line):
            cut = b" ... (cut)" if len(raw) > _LONGEST else b""
            text = safe_text((raw[:_LONGEST] + cut).strip(b"\r").replace(b"\t", b" ")).strip()
            if text:
                line = take_apart(number, text)
                headed = bool(line.time and line.process)
                yield line if part.sender is None or headed else _sent(line, part.sender)


def _sent(line: LogLine, sender: Sender) -> LogLine:
    """A message with what the journal or a shipper tells of who sent it."""
    process = safe_text(sender.process)[:_LONGEST]
    before = f"{process}[{sender.pid}]" if sender.pid is not None else process
    message = line.message if line.time else line.text
    seconds = line.seconds if sender.seconds is None else sender.seconds % 86400
    text = f"{before}: {message}"
    return LogLine(line.number, text, message, process.strip("()"), sender.pid, line.time, seconds, sender.uid)


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
