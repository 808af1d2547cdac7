"""What a machine's sosreport adds to a log's word as evidence: its list of processes, and its mounts."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.diagnose.case import is_usable
from avcdoctor.host import Host
from avcdoctor.model import Group, safe_text

_KERNELS = 15  # bytes that the kernel keeps of a program's name (TASK_COMM_LEN)


_TELLING = ("context", "fscontext", "defcontext", "rootcontext", "ro", "noexec", "nosuid")
"""Mount options that change what a label is, or what it is good for."""


def reported(host: Host, group: Group) -> Tuple[str, ...]:
    """Lines of evidence from the sosreport; nothing where the facts come from elsewhere."""
    return () if host.report is None else (*still_running(host, group), *mounted(host, group))


def mounted(host: Host, group: Group) -> Tuple[str, ...]:
    """The mounts below the root that the objects lie on, with the options that matter to a label."""
    mounts = host.report.mounts if host.report is not None else None
    found = []
    for denial in group.examples if mounts is not None else ():
        mount = mounts.at(denial.raw_path) if mounts is not None and is_usable(denial.raw_path) else None
        if mount is None or mount.point == "/":
            continue
        options = [one for one in mount.options if one.partition("=")[0] in _TELLING]
        shown = f" with {', '.join(options)}" if options else ""
        found.append(
            safe_text(f"{mount.point} is a mount of its own, {mount.type}{shown} ({mount.told_by.lstrip('/')})")
        )
    return tuple(dict.fromkeys(found))


def still_running(host: Host, group: Group) -> Tuple[str, ...]:
    """In which domain a process that was denied something ran when the report was made; nothing where it had ended.

    A number is given to another process some day: only one of the same program is believed to be the same.
    """
    found = []
    for denial in group.examples if host.report is not None else ():
        told = host.report.process(denial.pid) if host.report is not None and denial.pid is not None else None
        if told is None:
            continue
        process, path = told
        program = process.command.split(" ", 1)[0].rsplit("/", 1)[-1].strip("[]:")
        if not denial.comm or program[:_KERNELS] != denial.comm:
            continue
        here = process.context.type
        still = "still ran" if here == group.source else "ran"
        words = (
            f"process {process.pid} ({safe_text(denial.comm)}) {still} in {safe_text(here)} when the report was made"
        )
        found.append(f"{words} ({safe_text(path.lstrip('/'))})")
    return tuple(dict.fromkeys(found))
