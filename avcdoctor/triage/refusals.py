"""Tells who can have said EACCES, by operation, user and place: owner and mode, or only a security module."""

from __future__ import annotations

import re
from functools import cache
from typing import Optional, Tuple

from avcdoctor.knowledge.tables import groups
from avcdoctor.triage.errnos import Errno, find_path
from avcdoctor.triage.model import LogLine

PROVE = "ausearch -i -m AVC,USER_AVC,SELINUX_ERR -ts recent"
"""The one command that decides: SELinux and AppArmor both write AVC records."""

PASSES = "passes them"
"""What root does with owner and mode: the end of the clause that `beyond_modes` gives for root."""

_RUN = re.compile(
    r"\b(?:fork/exec|exec(?:v\w*|l\w*|ut\w+)?|posix_spawn\w*|spawn(?:ed|ing)?|launch\w*"
    r"|(?:start|run)\w* (?:program|script|process|command))\b",
    re.IGNORECASE,
)
_SHELL_RUN = re.compile(
    r"(?:(?:\bline \d+: |^|: )(?:\./\S+|\S+\.(?:sh|bash|py|pl|rb|bin|run|AppImage|exe))"
    r"|\bsh: \d+: /\S+|^-\w*sh: /\S+):\s*$"
)
_LISTENS = re.compile(r"\b(?:bind|listen|listening|binding)\b", re.IGNORECASE)
_CONNECTS = re.compile(r"\bconnect(?:ing|ion|\(\))?\b", re.IGNORECASE)
_REMOTE = re.compile(
    r"(?:\d{1,3}\.){3}\d{1,3}:\d+|\[[0-9a-f:]+\]:\d+|localhost:\d+|\b(?:tcp|host|port)\b"
    r"|(?<![\w/.-])(?:[\w-]+\.)+(?!(?:c|cc|cpp|h|go|py|rs|js|ts|rb|php|pl|lua|java):)[a-z][\w-]+:\d{1,5}\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\w.:\]])\d{1,2}:\d{2}:\d{2}\b(?!:)")
_LOCAL_SOCKET = re.compile(r"unix:|\.sock\b|database|mysql")
_PORT = re.compile(r"(?:(?<=[\]\d.*]):|[Pp]ort:?\s*#?|\bto\s+:|\s:|\*:|\[::\]:)(\d{1,5})\b")
_STEP = re.compile(r"\bat step [A-Z_]+\b|\bFailed to (?:execute|locate executable)\b")


@cache
def _expressions(name: str) -> Tuple[re.Pattern[str], ...]:
    return tuple(re.compile(one, re.IGNORECASE) for one in groups("refusals.yaml")[name])


def _says(name: str, text: str) -> bool:
    return any(one.search(text) for one in _expressions(name))


def listening_port(message: str) -> Optional[int]:
    """The port that a message about listening names."""
    if not _LISTENS.search(message) and not re.search(r"\b(?:expose|socket)\b", message, re.IGNORECASE):
        return None
    return next((int(port) for port in _PORT.findall(_CLOCK.sub(" ", message)) if 0 < int(port) < 65536), None)


def below(path: str, group: str) -> bool:
    """Whether a path lies in one of the places of a group of policies/facts/refusals.yaml."""
    return any(path == place or path.startswith(place + "/") for place in groups("refusals.yaml")[group])


def directly_below(path: str, group: str) -> bool:
    """Whether a path is an entry of one of the places of a group itself."""
    return bool(path) and path.rstrip("/").rpartition("/")[0] in groups("refusals.yaml")[group]


def wants_to_run(line: LogLine, errno: Optional[Errno]) -> bool:
    """Whether the message is about running a program, rather than about opening a file."""
    if _RUN.search(line.message):
        return True
    before = len(line.text) - len(line.message)  # a shell's own name tells as well
    return errno is not None and bool(_SHELL_RUN.search(line.text[: before + errno.start]))


def runs_as_root(line: LogLine) -> bool:
    """Whether root asked, by the message's words or by the program that wrote it."""
    if line.uid:
        return line.uid == "0"
    if _says("said user", line.message):
        return False
    if _says("said root", line.message):
        return True
    if line.process == "systemd" and line.pid in (1, None):  # a user's manager is never without its number
        return not _STEP.search(line.message)  # those steps are done by the service's process, often as its user
    return any(one.fullmatch(line.process) for one in _expressions("root"))


def beyond_modes(line: LogLine, errno: Optional[Errno]) -> str:
    """Why owner and mode can't have given this EACCES; empty where they can.

    Args:
        line: the message.
        errno: its error number.

    Returns:
        A clause that goes on after "owner and mode have no say: ".
    """
    if errno is None or errno.name != "EACCES":
        return ""
    port = listening_port(line.message) if _LISTENS.search(line.message) else None
    if port is not None and (port >= 1024 or runs_as_root(line)):
        whom = "anybody" if port >= 1024 else "root"
        return f"they know no ports, and {whom} may listen on port {port}"
    if _CONNECTS.search(line.message) and _REMOTE.search(line.message) and not _LOCAL_SOCKET.search(line.message):
        return "they know no ports, and anybody may connect over TCP"
    if _says("beyond modes", line.message):
        return "for this operation the kernel's own answer would be EPERM (Operation not permitted)"
    path = find_path(line.message, errno)
    if runs_as_root(line) and not below(path, "shared") and not wants_to_run(line, errno):
        who = "systemd itself (process 1)" if line.pid == 1 else f"{line.process or 'the program'}, which runs as root,"
        return f"{who} {PASSES}"
    return ""
