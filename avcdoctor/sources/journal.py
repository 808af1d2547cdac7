"""Reads audit records out of journald: live or saved `journalctl -o json`, made into auditd's raw lines."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence

from avcdoctor.errors import InputError

_TYPES = ("AVC", "USER_AVC", "SELINUX_ERR", "USER_SELINUX_ERR")
_FIELDS = (
    "MESSAGE,_AUDIT_TYPE_NAME,_AUDIT_TYPE,_AUDIT_ID,_SOURCE_REALTIME_TIMESTAMP,_TRANSPORT,_HOSTNAME,SYSLOG_IDENTIFIER"
)
_MOST_EVENTS = 400  # whose other records are asked for; what is the same again needs none
_AT_ONCE = 100  # matches in one call of journalctl
_NUMBERS = {
    b"1107": b"USER_AVC",
    b"1300": b"SYSCALL",
    b"1302": b"PATH",
    b"1307": b"CWD",
    b"1309": b"EXECVE",
    b"1327": b"PROCTITLE",
    b"1400": b"AVC",
    b"1401": b"SELINUX_ERR",
}
"""The records of a denial's event as the kernel prints their types where no daemon takes them (audit.h)."""

_NAME = re.compile(r"[A-Z][A-Z0-9_]*\Z")
_OF_INTEREST = re.compile(rb"avc:|type=14(?:00|01) audit\(|type=(?:USER_)?(?:AVC|SELINUX_ERR)\b|SELinux is preventing")


class Vouched(NamedTuple):
    """A line, and whether the journal says that it came from the kernel and from nobody else."""

    line: bytes
    vouched: bool


def raw_lines(lines: Iterable[bytes]) -> Iterator[Vouched]:
    """Turn journal entries into lines as auditd would have written them.

    Args:
        lines: one JSON object each (systemd.journal-fields(7)); others are left as they are.

    Yields:
        `type=AVC msg=audit(...): ...` for entries that came by the audit transport or that the kernel printed, the
        message of any other entry that holds a denial, and nothing for the rest. journald alone sets the fields that
        begin with an underscore; it does not look at what a message says.
    """
    for line in lines:
        if not line.startswith(b"{"):
            if line.strip():
                yield Vouched(line, False)
            continue
        try:
            entry = json.loads(line)
        except ValueError:
            yield Vouched(line, False)  # cut off; if it holds a denial the reader says so
            continue
        if isinstance(entry, dict):
            yield from raw_line(entry)


_PRINTED = re.compile(rb"(?:audit: )?type=(1[0-9]{3}) audit\(([0-9]{1,12}\.[0-9]{3}:[0-9]{1,20})\): ")


def raw_line(entry: Dict[str, Any]) -> Iterator[Vouched]:
    """One journal entry as auditd would have written it; its message if it came another way and may hold a denial.

    Args:
        entry: the fields; a value is text, or a list of bytes.
    """
    given = _bytes(entry.get("MESSAGE"))
    message = given.replace(b"\n", b" ")
    transport = entry.get("_TRANSPORT")
    name = str(entry.get("_AUDIT_TYPE_NAME") or "")
    number, clock = str(entry.get("_AUDIT_ID") or ""), str(entry.get("_SOURCE_REALTIME_TIMESTAMP") or "")
    if transport == "audit" and _NAME.match(name) and number.isdigit() and clock.isdigit():
        # The message begins with the type's name once more: "AVC avc:  denied ...".
        body = re.sub(rb"\A(?:%s|<audit-[0-9]+>) +" % name.encode(), b"", message)
        seconds, microseconds = divmod(int(clock), 1_000_000)
        stamp = b"%d.%03d:%s" % (seconds, microseconds // 1000, number.encode())
        yield Vouched(b"type=%s msg=audit(%s): %s" % (name.encode(), stamp, body), True)
        return
    printed = _PRINTED.match(message)
    # What a program writes to /dev/kmsg has its own identifier; other texts of the kernel's may hold anything.
    if transport == "kernel" and entry.get("SYSLOG_IDENTIFIER", "kernel") == "kernel" and printed:
        kind = _NUMBERS.get(printed[1], b"UNKNOWN[" + printed[1] + b"]")
        yield Vouched(b"type=%s msg=audit(%s): %s" % (kind, printed[2], message[printed.end() :]), True)
    elif _OF_INTEREST.search(given):
        yield Vouched(message if b"avc:" in message else given, False)


def _bytes(value: object) -> bytes:
    """A journal field: text, or a list of bytes where it is not UTF-8 (`-o json` in journalctl(1))."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        return bytes(value)
    return b""


def program() -> Optional[str]:
    """The path of journalctl, or None."""
    return shutil.which("journalctl")


def denials(since: Optional[int] = None, until: Optional[int] = None, root: Optional[str] = None) -> List[Vouched]:
    """Denials of the journal with the other records of their events, as raw lines.

    Only entries of the four types are looked up, which is an index search; the records around them are asked for by
    their events' numbers.

    Args:
        since: milliseconds since the epoch.
        until: likewise.
        root: an offline root whose journal is read.

    Raises:
        InputError: there is no journalctl, or it fails.
    """
    span = [] if root is None else [f"--root={root}"]
    span += [f"--since=@{since // 1000}"] if since is not None else []
    span += [f"--until=@{until // 1000 + 1}"] if until is not None else []
    entries = _ask([*span, *[f"_AUDIT_TYPE_NAME={name}" for name in _TYPES]])
    numbers = list(dict.fromkeys(str(entry["_AUDIT_ID"]) for entry in entries if "_AUDIT_ID" in entry))[:_MOST_EVENTS]
    around = []
    for begin in range(0, len(numbers), _AT_ONCE):
        wanted = [f"_AUDIT_ID={number}" for number in numbers[begin : begin + _AT_ONCE]]
        around += _ask([*span, "_TRANSPORT=audit", *wanted])
    found = [entry for entry in around if entry.get("_AUDIT_TYPE_NAME") not in _TYPES]
    # An event's number begins anew at each boot, so the time belongs to its name; the reader joins by both.
    return [line for entry in [*entries, *found] for line in raw_line(entry)]


def _ask(arguments: Sequence[str]) -> List[Dict[str, Any]]:
    command = program()
    if command is None:
        raise InputError("there is no journalctl on this machine", "name an audit log")
    argv = [command, "--quiet", "--no-pager", "--output=json", f"--output-fields={_FIELDS}", *arguments]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode not in {0, 1}:  # 1 is an empty journal
        reason = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"the journal can't be read: {reason[-1] if reason else done.returncode}", "use sudo")
    entries = []
    for line in done.stdout.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # journalctl was cut off in the middle of its last line
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def follow_command() -> List[str]:
    """The command that prints audit records as they come.

    Raises:
        InputError: there is no journalctl.
    """
    command = program()
    if command is None:
        raise InputError("there is no journalctl on this machine", "name an audit log to follow")
    return [
        command,
        "--quiet",
        "--follow",
        "--lines=0",
        "--output=json",
        f"--output-fields={_FIELDS}",
        "_TRANSPORT=audit",
    ]
