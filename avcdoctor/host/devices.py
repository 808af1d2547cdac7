"""Says what the kernel calls the file system of a device number, as records name it in dev=."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import FrozenSet, Iterator, Tuple

_MOUNTS = Path("/proc/self/mountinfo")
_BLOCKS = Path("/sys/dev/block")


def names_of(device: str, mounts: Path = _MOUNTS, blocks: Path = _BLOCKS) -> FrozenSet[str]:
    """The names under which a record may show a file system of this running machine.

    The kernel writes the superblock's name (s_id): a disk's, such as sda1 or dm-0, or the file system's, such as
    tmpfs. A btrfs has a device number of its own, so the mounted source is looked up as well.

    Args:
        device: "MAJOR:MINOR" in hexadecimal, as `FileFacts` has it.
        mounts: the table of mounts, as proc_pid_mountinfo(5) describes it.
        blocks: the directory of block devices by number.
    """
    try:
        major, minor = (int(part, 16) for part in device.split(":"))
    except ValueError:
        return frozenset()
    number = f"{major}:{minor}"
    found = {name for of, name in _mounted(mounts) if of == number}
    with suppress(OSError):  # no block device of its own
        found.add((blocks / number).resolve(strict=True).name)
    return frozenset(found)


def _mounted(mounts: Path) -> Iterator[Tuple[str, str]]:
    """(number, name) of every mount."""
    try:
        lines = mounts.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        mount, separator, rest = line.partition(" - ")
        fields, tail = mount.split(), rest.split()
        if not separator or len(fields) < 3 or len(tail) < 2:
            continue
        source = tail[1]
        yield fields[2], tail[0]
        if source.startswith("/dev/"):
            yield fields[2], Path(source).resolve().name
            yield fields[2], source.rsplit("/", 1)[-1]
