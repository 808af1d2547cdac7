"""The whole access that a denied permission belongs to: what the same operation asks for next."""

from __future__ import annotations

from typing import FrozenSet, Iterable

from avcdoctor.access.names import is_program
from avcdoctor.access.operations import WRITES, needs, under_way
from avcdoctor.model import Group

RUN_INSIDE = needs("file", "run inside")
"""What it takes to run a program and stay in one's own domain."""

SHELL = "shell_exec_t"
INTERPRETERS = frozenset({SHELL, "bin_t"})
"""Types of the programs that run scripts: who may run a script has to run its interpreter too."""


def whole(tclass: str, permissions: FrozenSet[str], target: str = "") -> FrozenSet[str]:
    """The permissions an operation needs in all, given those that were seen to be denied.

    Args:
        tclass: the class.
        permissions: what was seen to be denied.
        target: the target type, where what comes next is wanted as well: who looks at an executable type is about to
            run it (a shell's search of PATH). A module leaves it out: looking and reading never become executing.
    """
    wanted = set(permissions)
    for operation in under_way(tclass, permissions):
        wanted |= operation.permissions
    looks = permissions & needs("file", "read") and not permissions & WRITES
    if tclass == "file" and is_program(target) and looks:
        wanted |= needs("file", "run")
    return frozenset(wanted)


def is_start(group: Group) -> bool:
    """Whether the denial is about starting the program itself, not about what it does later."""
    starts = bool({"execute", "execute_no_trans", "entrypoint"} & set(group.permissions))
    return group.tclass in ("file", "lnk_file") and starts and not is_program(group.target)


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
