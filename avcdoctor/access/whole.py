"""The whole access that a denied permission belongs to: what the same operation asks for next."""

from __future__ import annotations

from typing import FrozenSet, Iterable

from avcdoctor.model import Group

_READ = frozenset({"getattr", "open", "read"})
_RUN = frozenset({"getattr", "open", "read", "execute", "map"})

_IPC_READ = frozenset({"associate", "getattr", "read", "unix_read"})

RUN_INSIDE = _RUN | {"execute_no_trans"}
"""What it takes to run a program and stay in one's own domain."""

INTERPRETERS = frozenset({"shell_exec_t", "bin_t"})
"""Types of the programs that run scripts: who may run a script has to run its interpreter too."""


def whole(tclass: str, permissions: FrozenSet[str], target: str = "") -> FrozenSet[str]:
    """The permissions an operation needs in all, given those that were seen to be denied.

    Reading a file is getattr, open and read; running it needs map and execute too (mmap of the image since
    kernel 4.13); creating needs the directory's add_name. Only what the operation surely needs is added.

    Args:
        tclass: the class.
        permissions: what was seen to be denied.
        target: the target type, where what comes next is wanted as well: who looks at an executable type is about to
            run it (a shell's search of PATH). A module leaves it out: looking and reading never become executing.
    """
    wanted = set(permissions)
    if tclass == "file":
        runs = target.endswith("_exec_t") and permissions & {"getattr", "open", "read"}
        if permissions & {"execute", "execute_no_trans"} or (runs and not permissions & {"write", "append"}):
            wanted |= _RUN
        if permissions & {"read", "open"} and not permissions & {"write", "append", "create"}:
            wanted |= _READ
        if permissions & {"append"} and "write" not in permissions:
            wanted |= {"getattr", "open"}
        if "write" in permissions:
            wanted |= {"getattr", "open"}
        if "create" in permissions:
            wanted |= {"getattr", "open"}  # then comes write, or append where it is a log
    elif tclass == "dir":
        wanted |= _directory(permissions)
    elif tclass in ("sem", "shm", "msgq"):
        wanted |= _shared_memory(permissions)
    elif tclass == "lnk_file":
        wanted |= {"getattr", "read"} if "read" in permissions else set()
    return frozenset(wanted)


def _directory(permissions: FrozenSet[str]) -> FrozenSet[str]:
    """What listing, filling and emptying a directory ask for."""
    wanted = set()
    if permissions & {"read"}:
        wanted |= {"getattr", "open", "read", "search"}
    if permissions & {"write", "add_name"} and "remove_name" not in permissions:
        wanted |= {"search", "write", "add_name"}
    if "remove_name" in permissions:
        wanted |= {"search", "write", "remove_name"}
    if "create" in permissions:
        wanted |= {"getattr", "create"}
    return frozenset(wanted)


def _shared_memory(permissions: FrozenSet[str]) -> FrozenSet[str]:
    """What using an IPC object of somebody else's asks for: finding it by its key comes first, then the use itself."""
    if not permissions & {"unix_read", "unix_write", "associate"}:
        return frozenset()
    changes = permissions & {"unix_write", "write"}
    return _IPC_READ | ({"unix_write", "write"} if changes else frozenset())


def is_start(group: Group) -> bool:
    """Whether the denial is about starting the program itself, not about what it does later."""
    starts = bool({"execute", "execute_no_trans", "entrypoint"} & set(group.permissions))
    return group.tclass in ("file", "lnk_file") and starts and not group.target.endswith("_exec_t")


def covers(
    groups: Iterable[Group], source: str, target: str, tclass: str, permissions: FrozenSet[str], *, wide: bool = False
) -> bool:
    """Whether a rule stays within what some denials asked for and the same operations need.

    To the running of a program inside the source belong staying there (execute_no_trans), and the interpreter where it
    is a script.

    Args:
        groups: the denials.
        source: the rule's source type.
        target: its target type; the source for `self`.
        tclass: its class.
        permissions: its permissions.
        wide: a rule pack asked for it, which may let a program that was looked at be run.
    """
    mine = [one for one in groups if one.source == source]
    scripts = [one for one in mine if is_start(one)]
    if scripts and tclass == "file" and target in INTERPRETERS and permissions <= RUN_INSIDE:
        return True
    wanted: FrozenSet[str] = frozenset()
    for one in mine:
        if (one.target, one.tclass) == (target, tclass):
            wanted |= whole(tclass, frozenset(one.permissions), target if wide else "")
    if "execute" in wanted and tclass == "file":
        wanted |= {"execute_no_trans"}
    return permissions <= wanted
