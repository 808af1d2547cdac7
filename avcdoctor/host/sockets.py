"""Who serves a local socket: the process behind its path, as the running kernel tells it (/proc/net/unix)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional, Set

from avcdoctor.model import Context

_LISTENS = 0x10000  # __SO_ACCEPTCON of <linux/net.h>, in the column Flags


@dataclass(frozen=True)
class Server:
    """A process that listens on a socket.

    Args:
        pid: its number.
        exe: the program's path (raw); empty where it can't be told or was replaced since.
        context: the context it runs in.
    """

    pid: int
    exe: str
    context: Optional[Context]


def server_of(path: str, proc: Path = Path("/proc")) -> Optional[Server]:
    """The process that listens on a socket; None where there is none, or it may not be looked at.

    Args:
        path: the socket's path (raw), as the server named it.
        proc: the process table.
    """
    inodes = set(_listening(path, proc))
    if not inodes:
        return None
    numbers = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit())
    pid = next((number for number in numbers if _holds(proc / str(number), inodes)), None)
    return None if pid is None else Server(pid, _program(proc / str(pid)), _context(proc / str(pid)))


def _listening(path: str, proc: Path) -> Iterator[str]:
    """The inodes of the sockets with this path that accept connections."""
    try:
        text = (proc / "net" / "unix").read_text("utf-8", "surrogateescape")
    except OSError:
        return
    for line in text.splitlines()[1:]:
        fields = line.split(" ", 1)[-1].split(None, 6)  # "ADDRESS: references protocol flags type state inode path"
        if len(fields) == 7 and int(fields[2], 16) & _LISTENS and _same(fields[6], path):
            yield fields[5]


def _same(bound: str, path: str) -> bool:
    """Whether the name a server used, such as /var/run/x, leads to the path in the log, /run/x."""
    if bound == path:
        return True
    one, other = Path(bound), Path(path)
    return bound.startswith("/") and one.name == other.name and one.parent.resolve() == other.parent.resolve()


def _holds(process: Path, inodes: Set[str]) -> bool:
    wanted = {f"socket:[{inode}]" for inode in inodes}
    try:
        return any(str(descriptor.readlink()) in wanted for descriptor in (process / "fd").iterdir())
    except OSError:  # it ended, or is somebody else's
        return False


def _program(process: Path) -> str:
    try:
        found = str((process / "exe").readlink())
    except OSError:
        return ""
    return "" if found.endswith(" (deleted)") else found


def _context(process: Path) -> Optional[Context]:
    try:
        return Context.parse((process / "attr" / "current").read_text("utf-8", "replace").strip("\0\n"))
    except (OSError, ValueError):
        return None
