"""Descriptors that a program inherited and never asked for."""

from __future__ import annotations

from typing import Optional

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.model import Proposal, RuledOut

_INHERITED = frozenset({"read", "write", "append", "getattr", "ioctl", "use", "lock"})
_BY_CALL = ("execve", "execveat")


def diagnose(case: Case) -> Optional[Diagnosis]:
    """Recognise a descriptor that is checked again at execve, or nothing."""
    if not case.permissions <= _INHERITED or not case.permissions & {"read", "write", "append", "use"}:
        return None
    at_exec = any(one.syscall in _BY_CALL for one in case.denials)
    if not at_exec or case.permissions & {"open"}:
        return None
    if case.tclass not in (
        "file",
        "fifo_file",
        "chr_file",
        "fd",
        "unix_stream_socket",
        "tcp_socket",
        "udp_socket",
        "sock_file",
    ):
        return None
    return Diagnosis(
        cause="leaked-descriptor",
        title=f"{case.program} was started with {case.object} open and may not use it",
        why=f"The refusal came at execve, before {case.program} did anything: its parent left a descriptor open. "
        "SELinux closes it (puts /dev/null in its place); the program rarely misses it.",
        root=("leaked", case.source, case.target),
        evidence=("system call: execve",),
        ruled_out=(RuledOut("module", "the program did not ask for this object"),),
        proposals=(
            Proposal("dontaudit", {}),
            Proposal(
                "app-fix",
                {"steps": ("have the parent open it with O_CLOEXEC, or close it before it starts the program",)},
            ),
            Proposal("policy-update", {}),
        ),
    )
