"""Reads what a file carries beside owner and mode: ACL, capabilities, attributes such as immutable, and its label."""

from __future__ import annotations

import fcntl
import os
import stat
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from avcdoctor.model import Context

CAPABILITIES = (
    *("chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap"),
    *("linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner"),
    *("sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice"),
    *("sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap"),
    *("mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf"),
    "checkpoint_restore",
)
"""Capabilities by number, as <linux/capability.h> has them, in the spelling of SELinux's permissions."""

_GET_FLAGS = 0x80086601 if struct.calcsize("l") == 8 else 0x80046601  # FS_IOC_GETFLAGS of <linux/fs.h>
_FLAGS = {0x10: "immutable", 0x20: "append-only"}
_ACL_TAGS = {0x01: "user_obj", 0x02: "user", 0x04: "group_obj", 0x08: "group", 0x10: "mask", 0x20: "other"}


@dataclass(frozen=True)
class AclEntry:
    """One entry of a POSIX ACL (acl(5)).

    Args:
        tag: user_obj, user, group_obj, group, mask or other.
        bits: 4 read, 2 write, 1 execute.
        number: uid or gid for the tags user and group, else -1.
    """

    tag: str
    bits: int
    number: int = -1


@dataclass(frozen=True)
class Carried:
    """What an inode carries; what could not be read is None or empty."""

    label: Optional[Context] = None
    acl: Tuple[AclEntry, ...] = ()
    capabilities: Tuple[str, ...] = ()
    flags: Tuple[str, ...] = ()
    mount: int = 0  # the kernel's number of the mount


def carried(descriptor: int, mode: int) -> Carried:
    """Read all of it from a file that was opened with O_PATH, so that nothing is followed and nothing is raced.

    Args:
        descriptor: an open file.
        mode: its st_mode.
    """
    place = f"/proc/self/fd/{descriptor}"
    return Carried(
        label=_label(_attribute(place, "security.selinux")),
        acl=parse_acl(_attribute(place, "system.posix_acl_access")),
        capabilities=parse_capabilities(_attribute(place, "security.capability")),
        flags=_flags(place, mode),
        mount=_mount(descriptor),
    )


def _attribute(place: str, name: str) -> bytes:
    try:
        return os.getxattr(place, name)
    except OSError:  # not there, not readable, or not known to the file system
        return b""


def _label(value: bytes) -> Optional[Context]:
    try:
        return Context.parse(value.rstrip(b"\0").decode("utf-8", "surrogateescape"))
    except ValueError:
        return None


def parse_acl(value: bytes) -> Tuple[AclEntry, ...]:
    """The entries of system.posix_acl_access (<linux/posix_acl_xattr.h>, version 2); nothing when it is damaged."""
    if len(value) < 4 or struct.unpack_from("<I", value)[0] != 2 or (len(value) - 4) % 8:
        return ()
    entries: List[AclEntry] = []
    for tag, bits, number in struct.iter_unpack("<HHI", value[4:]):
        name = _ACL_TAGS.get(tag)
        if name is None:
            return ()
        entries.append(AclEntry(name, bits & 7, number if name in ("user", "group") else -1))
    return tuple(entries)


def parse_capabilities(value: bytes) -> Tuple[str, ...]:
    """The permitted capabilities of security.capability (<linux/capability.h>, revisions 1 to 3)."""
    if len(value) < 12:
        return ()
    revision = struct.unpack_from("<I", value)[0] >> 24
    permitted = int(struct.unpack_from("<I", value, 4)[0])
    if revision >= 2 and len(value) >= 20:
        permitted |= int(struct.unpack_from("<I", value, 12)[0]) << 32
    return names_of(permitted)


def names_of(bits: int) -> Tuple[str, ...]:
    """The capabilities of a set, such as CapEff of /proc/PID/status."""
    return tuple(name for number, name in enumerate(CAPABILITIES) if bits >> number & 1)


def _flags(place: str, mode: int) -> Tuple[str, ...]:
    """Immutable and append-only. Devices are never opened to ask: opening one can have side effects."""
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        return ()
    found: Dict[int, str] = {}
    with suppress(OSError):  # no right to open it, or a file system without attributes
        descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            buffer = bytearray(struct.calcsize("l"))
            fcntl.ioctl(descriptor, _GET_FLAGS, buffer)
            bits = struct.unpack_from("I", buffer)[0]
            found = {bit: name for bit, name in _FLAGS.items() if bits & bit}
        finally:
            os.close(descriptor)
    return tuple(found.values())


def _mount(descriptor: int) -> int:
    try:
        with Path(f"/proc/self/fdinfo/{descriptor}").open(encoding="ascii") as stream:
            return next((int(line.split()[1]) for line in stream if line.startswith("mnt_id:")), 0)
    except (OSError, ValueError):
        return 0
