"""Holds what the log says of a process against a list of processes that the machine's report has."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.host import Host
from avcdoctor.model import Group, safe_text

_KERNELS = 15  # bytes that the kernel keeps of a program's name (TASK_COMM_LEN)


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
