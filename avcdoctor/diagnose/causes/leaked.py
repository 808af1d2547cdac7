"""Descriptors that a program inherited and never asked for."""

from __future__ import annotations

from typing import Optional, Tuple

from avcdoctor.access import names
from avcdoctor.access.operations import INHERITED, WRITES
from avcdoctor.diagnose import kinds
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge.domains import in_family
from avcdoctor.model import Proposal, RuledOut

_ON_SOCKETS = INHERITED | {"getopt", "setopt", "shutdown"}
_BY_CALL = ("execve", "execveat")
_PASSES = ("recvmsg", "recvmmsg", "pidfd_getfd")


PAGES = (
    Page(
        "leaked-descriptor",
        "an inherited open file",
        "The program never opened the file: its caller left it open, and the kernel closed it at exec.",
        "read or write without open, on a file of the caller, next to an execve that succeeded",
        "nothing is broken; the caller should open its files close-on-exec",
    ),
)


@cause(140, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Recognise a descriptor that is checked again at execve, or nothing."""
    inherited = _ON_SOCKETS if case.tclass.endswith("_socket") else INHERITED
    if not case.permissions <= inherited or not case.permissions & {"read", "write", "append", "use"}:
        return None
    at_exec = any(one.syscall in _BY_CALL for one in case.denials)
    if not at_exec and _redirected(case):
        return _from_a_shell(case)
    if not at_exec and (in_family(case.source, "broker") or any(one.syscall in _PASSES for one in case.denials)):
        return _of_a_person(case)
    if not at_exec:
        handed = _handed_over(case) or _of_another_domain(case) or _a_device(case)
        return _from_a_parent(case) if handed else None
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


def _redirected(case: Case) -> bool:
    """Whether a person's shell opened the object: a tool it started holds a file or pipe of that session.

    The kernel logs path= for a descriptor that is open already, and name= for a file that is being opened.
    """
    by_person = case.source_context.user not in ("system_u", "") and kinds.launcher_or_service(case.source)
    theirs = case.target_is("home") or case.target.startswith(("user_tmp", "user_home"))
    pipe = case.tclass in ("fifo_file", "unix_stream_socket") and in_family(case.target, "shell")
    return by_person and bool(case.denial.path) and (theirs or pipe) and "use" not in case.permissions


def _handed_over(case: Case) -> bool:
    """Whether a file of another service's is written to that this program never opened.

    The kernel logs name= for a file that is being opened and path= for a descriptor; a record that was cut is told by
    its system call. What lies in a place of the whole system may be the program's own and only be mislabelled.
    """
    never_opened = case.tclass == "file" and bool(case.permissions & WRITES)
    by_descriptor = all(one.path and not one.name and not one.syscall.startswith("open") for one in case.denials)
    if not never_opened or not by_descriptor or kinds.is_container_domain(case.source) or case.is_own(case.target):
        return False
    place = any(case.target_is(name) for name in ("generic", "filesystem", "log_area", "kernel"))
    return _held_by_another(case) or not (place or case.target_is("executable"))


def _of_another_domain(case: Case) -> bool:
    """Whether a socket, a pipe or a descriptor was made by another service, which this one did not call.

    A socket or pipe has the label of the domain that made it; who connects has a socket of its own and is asked
    `connectto` or `sendto` about the other one. systemd hands every service its output, and parts of one service hand
    each other their connections: those are meant.
    """
    if not (case.tclass.endswith("_socket") or case.tclass in ("fifo_file", "fd")) or not _is_domain(case):
        return False
    if case.tclass == "fd":
        return case.target == names.KERNEL  # opened before the policy was loaded; others pass descriptors on purpose
    kin = case.source.split("_", 1)[0] == case.target.split("_", 1)[0]
    return not (kin or kinds.is_launcher(case.target) or kinds.is_launcher(case.source) or _is_guest(case))


def _is_domain(case: Case) -> bool:
    policy = case.policy
    return policy is not None and policy.is_domain(case.target)


def _is_guest(case: Case) -> bool:
    """Whether descriptors are handed to this domain on purpose: to containers and virtual machines."""
    return kinds.is_container_domain(case.source) or in_family(case.source, "machine")


def _a_device(case: Case) -> bool:
    """Whether a device is used that this program never opened."""
    by_descriptor = all(one.path and not one.name and not one.syscall.startswith("open") for one in case.denials)
    own = case.is_own(case.target) or not kinds.launcher_or_service(case.source) or kinds.is_launcher(case.source)
    return case.tclass == "chr_file" and by_descriptor and not own and not _is_guest(case)


def _held_by_another(case: Case) -> bool:
    """Whether the log shows the very same file in another domain's hands."""
    mine = {(one.device, one.inode) for one in case.denials if one.inode is not None}
    others = (one for group in case.others if group.source != case.source for one in group.examples)
    return any((one.device, one.inode) in mine for one in others)


def _from_a_parent(case: Case) -> Diagnosis:
    steps: Tuple[str, ...] = ("have the parent open it with O_CLOEXEC, or redirect the program's output elsewhere",)
    if case.tclass == "fd":
        steps += (
            f"or see what runs in {case.target}: `ps -eZ`; a program that systemd did not move into a domain hands on "
            f"what it opened there (a machine whose init never left {names.KERNEL} has to be relabelled)",
        )
    return Diagnosis(
        cause="leaked-descriptor",
        title=f"{case.program} got {case.object} from its parent and may not use it",
        why=f"{case.shown_path or 'The object'} is {case.target}, not {case.program}'s own, and it never opened it: "
        "the one that started it left the descriptor open or handed its output over. The program rarely misses it.",
        root=("leaked", case.source, case.target),
        evidence=("neither opened nor connected to: a descriptor that was there already",),
        ruled_out=(RuledOut("module", "the program did not ask for this object"),),
        proposals=(
            Proposal("app-fix", {"steps": steps}),
            Proposal("dontaudit", {}),
            Proposal("policy-update", {}),
        ),
    )


def _of_a_person(case: Case) -> Optional[Diagnosis]:
    """A session's open file in a message to systemd or the bus: handed over on purpose, and refused on arrival."""
    theirs = case.target_is("person_temporary") or case.target_is("home")
    opened = any((one.name and not one.path) or one.syscall.startswith("open") for one in case.denials)
    if case.tclass != "file" or not theirs or opened or not all(one.path for one in case.denials):
        return None
    return Diagnosis(
        cause="leaked-descriptor",
        title=f"{case.program} was handed {case.object} by a program of a session and may not use it",
        why=f"{case.program} never opened {case.shown_path}: a program that a person ran opened it (a redirection, as "
        f"in `systemd-run --pipe COMMAND > FILE`) and passed it along in a message. {case.source} is asked on arrival, "
        "and the whole message may be lost with it.",
        root=("leaked", case.source, case.target),
        evidence=("no open: the descriptor came in a message",),
        ruled_out=(RuledOut("module", "the program did not ask for this object"),),
        proposals=(
            Proposal(
                "app-fix",
                {
                    "steps": (
                        "pass a pipe instead of the file: let another program of the session read or write it "
                        "(`COMMAND | cat > FILE`, `cat FILE | COMMAND`)",
                    )
                },
            ),
            Proposal("policy-update", {}),
        ),
    )


def _from_a_shell(case: Case) -> Diagnosis:
    return Diagnosis(
        cause="leaked-descriptor",
        title=f"{case.program} may not use {case.object}, which the shell opened for it",
        why=f"The shell that started {case.program} opened {case.shown_path or 'the object'} (a redirection or a pipe) "
        f"and handed it over. {case.source} may not touch files of a login session; the tool does its work, only that "
        "output or input is lost.",
        root=("leaked", case.source, case.target),
        evidence=(f"started from a session of {case.source_context.user}", "no open: the descriptor was there already"),
        ruled_out=(RuledOut("module", "the program did not ask for this object"),),
        proposals=(
            Proposal("dontaudit", {}),
            Proposal(
                "app-fix",
                {"steps": ("let another program do the reading or writing: `TOOL | cat > FILE`, `cat FILE | TOOL`",)},
            ),
            Proposal("policy-update", {}),
        ),
    )
