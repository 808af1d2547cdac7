"""Checks whether the rest of a path is allowed once `search` on a directory has been granted."""

from __future__ import annotations

from typing import FrozenSet, Iterator, Mapping, Tuple

from avcdoctor.host import Host, Question
from avcdoctor.model import Denial, Group
from avcdoctor.remedies.site import Site

_DIRECTORY, _REGULAR = 0o040000, 0o100000
_CLASSES = {"f": "file", "d": "dir", "l": "lnk_file", "s": "sock_file", "p": "fifo_file"}
_OPENS = frozenset({"open", "openat", "openat2"})

Step = Tuple[str, str, FrozenSet[str]]
"""Type, class and permissions of what comes next."""


def goes_on(site: Site, group: Group, booleans: Mapping[str, bool]) -> bool:
    """Whether the policy allows the rest of the way too, as far as the log and the labels tell it.

    Args:
        site: the finding and its host.
        group: the denials; only those of passing a directory have a rest.
        booleans: how booleans are to be set.
    """
    for denial in group.examples:
        for type_, tclass, permissions in steps(site.host, denial, site.own_log):
            asked = Question(group.source, type_, tclass, permissions, booleans=booleans)
            if site.host.ask(asked).by_types is False:
                return False
    return True


def steps(host: Host, denial: Denial, own_log: bool) -> Iterator[Step]:
    """What a program asks for after a directory that it may not pass, down to the file that the event names.

    The labels are those of this machine's files where it wrote the log, else those the policy means them to have.
    """
    top = denial.raw_path.rstrip("/")
    if denial.tclass != "dir" or set(denial.permissions) != {"search"} or not top.startswith("/"):
        return
    goal = next((one.raw.rstrip("/") for one in denial.paths if one.raw.startswith(f"{top}/")), "")
    names = goal[len(top) + 1 :].split("/") if goal else []
    if any(name in ("", ".", "..") for name in names):
        return
    for number, name in enumerate(names):
        top = f"{top}/{name}"
        last = number == len(names) - 1
        facts = host.files.lstat(top) if own_log else None
        mode = facts.st_mode if facts is not None else _REGULAR if last else _DIRECTORY
        label = host.files.label(top) if facts is not None else None
        label = label or host.label_for(top, mode)
        tclass = _CLASSES.get(facts.type, "") if facts is not None else "file" if last else "dir"
        if label is None or tclass not in ("file", "dir"):
            return
        end = frozenset({"open", "read"}) if denial.syscall in _OPENS else frozenset({"getattr"})
        yield label.type, tclass, end if last else frozenset({"search"})
