"""The table of what operations need: permissions by class and operation, and what a permission does to an object."""

from __future__ import annotations

from typing import FrozenSet, Mapping, NamedTuple, Tuple


class Operation(NamedTuple):
    """What a program does to an object in one go.

    Args:
        name: what to call it.
        permissions: all that the kernel asks for.
        told_by: one of these in a denial shows that the operation was under way.
        unless: with one of these it was another operation.
    """

    name: str
    permissions: FrozenSet[str]
    told_by: FrozenSet[str] = frozenset()
    unless: FrozenSet[str] = frozenset()


def _operation(name: str, permissions: str, told_by: str = "", unless: str = "") -> Operation:
    return Operation(name, frozenset(permissions.split()), frozenset(told_by.split()), frozenset(unless.split()))


FILES = frozenset({"file", "dir", "lnk_file", "sock_file", "fifo_file", "chr_file", "blk_file"})
"""The kernel's classes of what stands in a file system."""

_IPC = (
    # an object of somebody else's is found by its key first
    _operation("read", "associate getattr read unix_read", "unix_read unix_write associate"),
    _operation("write", "associate getattr read unix_read unix_write write", "unix_write"),
)

OPERATIONS: Mapping[str, Tuple[Operation, ...]] = {
    "file": (
        _operation("look", "getattr"),
        _operation("start", "execute getattr open read"),
        # the image is mapped since kernel 4.13
        _operation("run", "execute getattr open read map", "execute execute_no_trans"),
        _operation("run inside", "execute getattr open read map execute_no_trans"),
        _operation("read", "getattr open read", "read open", "write append create"),
        _operation("append", "getattr open append", "append", "write"),
        _operation("write", "getattr open write", "write"),
        _operation("create", "getattr open create", "create"),  # then comes write, or append where it is a log
    ),
    "dir": (
        _operation("pass", "search"),
        _operation("list", "getattr open read search", "read"),
        _operation("add", "search write add_name", "write add_name", "remove_name"),
        _operation("remove", "search write remove_name", "remove_name"),
        _operation("create", "getattr create", "create"),
    ),
    "lnk_file": (_operation("read", "getattr read", "read"),),
    "sem": _IPC,
    "shm": _IPC,
    "msgq": _IPC,
}
"""What is asked for by class. `run inside` stays in the domain of the one who runs a program; `add` and `remove` are
about an entry of a directory. Only what an operation surely needs stands here."""


LOOKS = frozenset({"getattr"})
READS = frozenset({"read", "open", "map", "ioctl", "lock", "watch", "watch_reads"})
CHANGES = frozenset(
    {"write", "append", "create", "unlink", "rename", "link", "setattr", "relabelfrom", "relabelto", "add_name"}
    | {"remove_name", "rmdir", "reparent", "mounton", "swapon", "quotaon"}
)
RUNS = frozenset({"execute", "execute_no_trans", "entrypoint", "execmod", "transition"})
"""What a permission on something in a file system comes to: looking, reading, changing, running."""

WRITES = frozenset({"write", "append"})
"""Changes what a file holds."""

ADDS = frozenset({"create", "add_name"})
"""Puts something new into a directory."""

PLANTS = WRITES | ADDS | {"rename", "link"}
"""Leaves something of one's own where others will find it."""

INHERITED = frozenset({"read", "write", "append", "getattr", "ioctl", "use", "lock"})
"""What can be asked of a descriptor that was open already."""


def needs(tclass: str, name: str) -> FrozenSet[str]:
    """What an operation on an object of a class asks for in all.

    Args:
        tclass: a class of `OPERATIONS`.
        name: one of its operations.
    """
    return next(one.permissions for one in OPERATIONS[tclass] if one.name == name)


def under_way(tclass: str, permissions: FrozenSet[str]) -> Tuple[Operation, ...]:
    """The operations that some denied permissions belong to."""
    return tuple(
        one for one in OPERATIONS.get(tclass, ()) if one.told_by & permissions and not one.unless & permissions
    )
