"""Reads which file systems a machine has mounted where and how: live, or as an offline root remembers it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional, Tuple

SEEN = (  # what an image or a sosreport may hold, the most telling first
    ("proc/self/mountinfo", "mountinfo"),
    ("proc/1/mountinfo", "mountinfo"),
    ("proc/mounts", "mounts"),
    ("proc/self/mounts", "mounts"),
    ("sos_commands/filesys/mount_-l", "mount"),
    ("sos_commands/filesys/findmnt", "findmnt"),
    ("etc/mtab", "mounts"),
    ("etc/fstab", "mounts"),
)
_OCTAL = re.compile(r"\\([0-7]{3})")
_SAID = re.compile(r"^(?P<source>.+?) on (?P<point>/.*?) type (?P<type>\S+) \((?P<options>[^)]*)\)")
_TREE = re.compile(r"^[^/]*(?P<point>/\S*)\s+(?P<source>\S+)\s+(?P<type>\S+)\s+(?P<options>\S+)\s*$")


@dataclass(frozen=True)
class Mount:
    """One mounted file system.

    Args:
        point: where it is mounted, as the machine calls it (raw).
        options: of the mount and of the file system together, such as ("rw", "noexec", "context=...").
        told_by: the file this was read from.
    """

    point: str
    type: str
    source: str
    options: Tuple[str, ...] = ()
    identifier: int = 0
    told_by: str = ""

    def has(self, option: str) -> bool:
        """Whether an option is set; both the mount and its file system can be read-only."""
        return option in self.options

    def value(self, name: str) -> str:
        """The value of an option such as context=, without quotes; empty where it isn't given."""
        return next((one.partition("=")[2].strip('"') for one in self.options if one.startswith(name + "=")), "")

    @property
    def read_only(self) -> bool:
        """Nothing may be written there."""
        return "ro" in self.options

    @property
    def id_mapped(self) -> bool:
        """Owners are shown shifted (mount_setattr(2), MOUNT_ATTR_IDMAP)."""
        return "idmapped" in self.options or any(one.startswith("X-mount.idmap=") for one in self.options)


def parse_mountinfo(text: str, told_by: str = "") -> Tuple[Mount, ...]:
    """The lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)); lines of another form are left out."""
    found = []
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        fields, rest = left.split(" "), right.split(" ")
        if not dash or len(fields) < 6 or len(rest) < 2 or not fields[0].isdigit():
            continue
        options = tuple(dict.fromkeys(_options(fields[5]) + _options(rest[2] if len(rest) > 2 else "")))
        found.append(Mount(_plain(fields[4]), rest[0], _plain(rest[1]), options, int(fields[0]), told_by))
    return tuple(found)


def parse_mounts(text: str, told_by: str = "") -> Tuple[Mount, ...]:
    """The lines of /proc/mounts, /etc/mtab or /etc/fstab (fstab(5)); comments, swap and noauto are left out."""
    found = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) < 4 or fields[0].startswith("#") or not fields[1].startswith("/"):
            continue
        options = tuple(_options(fields[3]))
        if "noauto" not in options:
            found.append(Mount(_plain(fields[1]), fields[2], _plain(fields[0]), options, told_by=told_by))
    return tuple(found)


def _parse_printed(text: str, told_by: str, form: re.Pattern[str]) -> Tuple[Mount, ...]:
    """What `mount` or `findmnt` printed."""
    matches = (form.match(line) for line in text.splitlines())
    return tuple(
        Mount(found["point"], found["type"], found["source"], tuple(_options(found["options"])), told_by=told_by)
        for found in matches
        if found
    )


def _options(text: str) -> List[str]:
    """Split options at commas outside quotes: context="u:object_r:t:s0:c1,c2" is one."""
    return [one for one in re.findall(r'[^,"]*(?:"[^"]*"[^,"]*)*', text) if one]


def _plain(field: str) -> str:
    """Undo the octal escapes of blank, tab, newline and backslash."""
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), field)


class Mounts:
    """The mounts of a machine.

    Args:
        mounts: in the order they were made; the last one at a place covers the others.
        told_by: the file they were read from, or empty when nothing tells.
    """

    def __init__(self, mounts: Tuple[Mount, ...], told_by: str = "") -> None:
        self.mounts = mounts
        self.told_by = told_by

    def by_identifier(self, identifier: int) -> Optional[Mount]:
        """The mount with the kernel's number, as /proc/self/fdinfo gives it for an open file."""
        return next((one for one in self.mounts if one.identifier == identifier), None)

    def at(self, path: str) -> Optional[Mount]:
        """The mount that a path without links lies on."""
        best: Optional[Mount] = None
        for one in self.mounts:
            inside = one.point in ("/", path) or path.startswith(one.point.rstrip("/") + "/")
            if inside and (best is None or len(one.point) >= len(best.point)):
                best = one
        return best


def live_mounts() -> Mounts:
    """The mounts this process sees; none where /proc is not there."""
    path = Path("/proc/self/mountinfo")
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return Mounts(())
    return Mounts(parse_mountinfo(text, str(path)), str(path))


def mounts_of_root(read_text: Callable[[str], Optional[str]]) -> Mounts:
    """The mounts an offline root remembers: a sosreport's /proc, or the image's /etc/fstab.

    Args:
        read_text: reads a file of that root and never leaves it, such as `Files.read_text`.
    """
    for name, form in SEEN:
        text = read_text("/" + name)
        if not text:
            continue
        if form == "mountinfo":
            mounts = parse_mountinfo(text, "/" + name)
        elif form == "mounts":
            mounts = parse_mounts(text, "/" + name)
        else:
            mounts = _parse_printed(text, "/" + name, _SAID if form == "mount" else _TREE)
        if mounts:
            return Mounts(mounts, "/" + name)
    return Mounts(())
