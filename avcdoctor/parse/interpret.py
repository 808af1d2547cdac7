"""Gives numbers of a record their names: by auparse where it is installed, else by our own small tables."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import Any, Optional

from avcdoctor.parse import tables


@functools.lru_cache(maxsize=1)
def _auparse() -> Optional[Any]:
    try:
        import auparse  # noqa: PLC0415 - optional, and it takes time to load
    except ImportError:
        return None
    return auparse


@functools.lru_cache(maxsize=1024)
def _ask(record: str, field: str) -> str:
    """What auparse makes of one field of a record that holds nothing from outside but checked numbers."""
    auparse = _auparse()
    if auparse is None:
        return ""
    try:
        parser = auparse.AuParser(auparse.AUSOURCE_BUFFER, record + "\n")
        if parser.parse_next_event() and parser.find_field(field):
            return str(parser.interpret_field())
    except (OSError, RuntimeError, SystemError, ValueError):
        return ""  # what auparse can't read keeps its number
    return ""


_HEX_NUMBER = re.compile(r"[0-9a-fA-F]{1,16}\Z")
_DIGITS = re.compile(r"[0-9]{1,9}\Z")
_ERROR = re.compile(r"(E[A-Z0-9]+)(?:\(.*\))?\Z")


def syscall_name(arch: str, number: str) -> str:
    """The system call's name.

    Args:
        arch: as in the record: `c000003e`, or `x86_64` where the log is interpreted.
        number: as in the record; a name is given back as it is.

    Returns:
        The name, or the number where no table has it.
    """
    if not _DIGITS.match(number):
        return number
    arch_number = tables.ARCHES.get(arch) if arch in tables.ARCHES else None
    if arch_number is None and _HEX_NUMBER.match(arch):
        arch_number = int(arch, 16)
    if arch_number is None:
        return number
    asked = _ask(f"type=SYSCALL msg=audit(1.000:1): arch={arch_number:x} syscall={int(number)}", "syscall")
    if asked and not asked.startswith("unknown"):
        return asked
    return tables.SYSCALLS.get(arch_number, {}).get(int(number), number)


def exit_name(value: str) -> str:
    """`-13` and `EACCES(Permission denied)` become `EACCES`; a result that is no error stays as it stood."""
    named = _ERROR.match(value)
    if named:
        return named.group(1)
    if value.startswith("-") and _DIGITS.match(value[1:]):
        return tables.errno_name(int(value[1:]))
    return value


def socket_address(value: str) -> str:
    """A SOCKADDR record's `saddr` in words: `inet 10.0.0.1 port 80`, `unix /run/x.sock`; empty where unknown.

    The layouts are those of struct sockaddr_in, sockaddr_in6 and sockaddr_un in little-endian order (ip(7), unix(7)).
    """
    if not re.match(r"(?:[0-9A-Fa-f]{2}){2,}\Z", value):
        return value if value.startswith("{") else ""
    data = bytes.fromhex(value)
    family = int.from_bytes(data[:2], "little")
    port = int.from_bytes(data[2:4], "big")
    if family == 2 and len(data) >= 8:
        return f"inet {ipaddress.IPv4Address(data[4:8])} port {port}"
    if family == 10 and len(data) >= 24:
        return f"inet6 {ipaddress.IPv6Address(data[8:24])} port {port}"
    if family == 1:
        name = data[2:]
        shown = b"@" + name[1:].split(b"\0")[0] if name[:1] == b"\0" else name.split(b"\0")[0]
        return "unix " + shown.decode("utf-8", "surrogateescape")
    if family == 16:
        return "netlink"
    return ""
