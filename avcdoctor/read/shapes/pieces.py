"""What a layer makes of a text that holds several: its parts, and who sent each of them where the text tells."""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Mapping, NamedTuple, Optional, Tuple

_SAYS = ("MESSAGE", "message", "msg", "log", "_raw", "textPayload", "original", "full_message", "short_message", "line")
_FAILS = ("error", "err", "exception", "cause", "reason", "stderr", "detail", "details")
_PLACES = ("path", "file", "filename")
_PROGRAMS = ("SYSLOG_IDENTIFIER", "_COMM", "program", "programname", "appname", "app-name", "APP_NAME", "ident")
_PIDS = ("_PID", "SYSLOG_PID", "pid", "procid")
_CLOCK = re.compile(r"[0-9]{10,20}\Z")
_PID = re.compile(r"[0-9]{1,10}\Z")
_MOST = 2000  # values of an event that are looked at


class Sender(NamedTuple):
    """Who sent a message: the journal's own word, or the fields that stand beside the message.

    Args:
        process: the program's name as it calls itself.
        pid: its number, or nothing.
        uid: its user's number, where journald tells it.
        seconds: since the epoch, where journald tells it.
    """

    process: str = ""
    pid: Optional[int] = None
    uid: str = ""
    seconds: Optional[int] = None


class Piece(NamedTuple):
    """A part of a text, whether the journal itself vouches for it, and who sent it."""

    text: bytes
    vouched: bool = False
    sender: Optional[Sender] = None


def sender_of(event: Mapping[str, Any]) -> Optional[Sender]:
    """Who sent an event's message; None where its fields don't tell.

    Args:
        event: a journal entry (systemd.journal-fields(7)) or another object of a log shipper.
    """
    told = {key: str(value) for key, value in event.items() if isinstance(value, (str, int))}
    process = next((told[key] for key in _PROGRAMS if told.get(key)), "")
    if not process:
        return None
    pid, clock = next((told[key] for key in _PIDS if told.get(key)), ""), told.get("__REALTIME_TIMESTAMP", "")
    number = int(pid) if _PID.match(pid) else None
    return Sender(process, number, told.get("_UID", ""), int(clock[:-6]) if _CLOCK.match(clock) else None)


def message_of(event: Mapping[str, Any]) -> str:
    """What an event says to people: its message, then the path and the error that stand beside it; empty for none."""
    named = list(_named(event))
    parts: List[str] = [text for key, text in named if key in _SAYS]
    if not parts:
        return ""
    parts += [str(event[key]) for key in _PLACES if isinstance(event.get(key), str)]
    parts += [text for key, text in named if key in _FAILS]
    said: List[str] = []
    for part in parts:
        if not any(part.strip() in one for one in said):
            said.append(part.strip("\n"))
    return ": ".join(said)


def _named(event: Mapping[str, Any]) -> Iterator[Tuple[str, str]]:
    """The strings of an event by the names of their members, whatever their depth."""
    waiting: List[Tuple[str, Any]] = [("", event)]
    for _ in range(_MOST):
        if not waiting:
            return
        name, value = waiting.pop()
        if isinstance(value, str) and value.strip():
            yield name, value
        elif (
            name == "MESSAGE"
            and isinstance(value, list)
            and all(type(byte) is int and 0 <= byte < 256 for byte in value)
        ):
            yield name, bytes(value).decode("utf-8", "surrogateescape")  # journald's form of what is not UTF-8
        elif isinstance(value, dict):
            waiting += reversed([(str(key).rpartition(".")[2], part) for key, part in value.items()])
        elif isinstance(value, list):
            waiting += [(name, part) for part in reversed(value)]
