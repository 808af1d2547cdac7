"""Writes audit logs as the kernel does, and has them explained: what the tests of causes and remedies are made of."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Iterable, List, NamedTuple, Optional, Sequence, Union

from avcdoctor import api
from avcdoctor.host import Host
from avcdoctor.knowledge import Knowledge
from avcdoctor.model import Incident, Reading, Remedy, Report
from avcdoctor.read import read as read_logs

CALLS = {
    "open": 2,
    "connect": 42,
    "recvmsg": 47,
    "bind": 49,
    "execve": 59,
    "openat": 257,
    "newfstatat": 262,
    "mprotect": 10,
}
"""System calls of x86_64 by name, as in the kernel's syscall_64.tbl."""

SERVICE = "system_u:system_r:{}:s0"
FILE = "system_u:object_r:{}:s0"


class Touched(NamedTuple):
    """A PATH record: the file, its mode and owner."""

    name: str
    mode: int = 0o100644
    uid: int = 0
    gid: int = 0
    type: str = "etc_t"


def quoted(value: Union[str, bytes]) -> str:
    """A string as audit_log_untrustedstring writes it: in quotes, or in hexadecimal where it holds odd bytes."""
    data = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    plain = all(0x21 <= byte <= 0x7E and byte != 0x22 for byte in data)
    return '"' + data.decode("ascii") + '"' if plain else data.hex().upper()


def context(text: str, whose: str) -> str:
    """A whole context; a type alone gets the user, role and level that services and files have."""
    return text if ":" in text else whose.format(text)


def denied(
    source: str,
    target: str,
    tclass: str,
    permissions: str,
    *,
    comm: str = "app",
    serial: int = 1,
    node: str = "",
    permissive: int = 0,
    call: str = "",
    exe: str = "",
    uid: int = 0,
    cwd: str = "",
    touched: Sequence[Touched] = (),
    execve: Sequence[str] = (),
    tail: str = "",
    **fields: object,
) -> str:
    """One event with a denial.

    Args:
        source: the source's type, or its whole context.
        target: likewise; a class such as process or a socket makes it a process's context.
        permissions: separated by blanks.
        call: the system call; with it come SYSCALL and the other records.
        fields: further fields of the AVC record, such as path, name, dev, ino, dest, src, capability.
    """
    stamp = f"msg=audit({1767225600 + serial}.000:{serial}):"
    head = f"node={node} " if node else ""
    whose = FILE if tclass in _LYING or target.endswith("_port_t") else SERVICE
    named = " ".join(f"{key}={_value(key, value)}" for key, value in fields.items())
    lines = [
        f"{head}type=AVC {stamp} avc:  denied  {{ {permissions} }} for  pid={1000 + serial} comm={quoted(comm)} "
        f"{named} scontext={context(source, SERVICE)} tcontext={context(target, whose)} tclass={tclass} "
        f"permissive={permissive}{tail}"
    ]
    if call:
        lines.append(
            f"{head}type=SYSCALL {stamp} arch=c000003e syscall={CALLS[call]} success=no exit=-13 a0=0 a1=0 a2=0 a3=0 "
            f"items={len(touched)} ppid=1 pid={1000 + serial} auid=4294967295 uid={uid} gid={uid} euid={uid} "
            f"suid={uid} fsuid={uid} egid={uid} sgid={uid} fsgid={uid} tty=(none) ses=4294967295 comm={quoted(comm)} "
            f"exe={quoted(exe or '/usr/bin/' + comm)} subj={context(source, SERVICE)} key=(null)"
        )
    if execve:
        arguments = " ".join(f"a{number}={quoted(word)}" for number, word in enumerate(execve))
        lines.append(f"{head}type=EXECVE {stamp} argc={len(execve)} {arguments}")
    if cwd:
        lines.append(f"{head}type=CWD {stamp} cwd={quoted(cwd)}")
    for number, one in enumerate(touched):
        lines.append(
            f"{head}type=PATH {stamp} item={number} name={quoted(one.name)} inode={500 + number} dev=fd:00 "
            f"mode={one.mode:07o} ouid={one.uid} ogid={one.gid} rdev=00:00 obj={context(one.type, FILE)} "
            "nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0"
        )
    return "\n".join(lines) + "\n"


_LYING = frozenset(
    [
        "file",
        "dir",
        "lnk_file",
        "sock_file",
        "fifo_file",
        "chr_file",
        "blk_file",
        "filesystem",
        "anon_inode",
        "security",
        "service",
    ]
)


def _value(key: str, value: object) -> str:
    return quoted(value) if key in ("name", "path", "dev", "kmod") and isinstance(value, (str, bytes)) else str(value)


def reading_of(log: Union[str, bytes]) -> Reading:
    """Read a log that is given as text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.log"
        path.write_bytes(log.encode("utf-8", "surrogateescape") if isinstance(log, str) else log)
        return read_logs([str(path)])


@lru_cache(maxsize=1)
def shipped() -> Knowledge:
    """The rule packs that come with avcdoctor, and none of the machine's own."""
    return api.knowledge()


NOTHING_KNOWN = Knowledge()
"""No rule pack at all, where a test is about a cause alone."""


def explained(
    log: Union[str, bytes], host: Host, known: Optional[Knowledge] = None, *, own_log: bool = False
) -> Report:
    """Explain a log with the shipped rule packs, or with others; the host wrote it if it is `own_log`."""
    return api.report(reading_of(log), host, shipped() if known is None else known, own_log=own_log)


def only(report: Report) -> Incident:
    """The one incident of a report."""
    assert len(report.incidents) == 1, [one.finding.title for one in report.incidents]
    return report.incidents[0]


def incident_of(
    log: Union[str, bytes], host: Host, known: Optional[Knowledge] = None, *, own_log: bool = False
) -> Incident:
    """The one incident of a log."""
    return only(explained(log, host, known, own_log=own_log))


def diagnosed(log: Union[str, bytes], host: Host, *, own_log: bool = False) -> Incident:
    """The one incident of a log without any rule pack: what the causes find by themselves."""
    return incident_of(log, host, NOTHING_KNOWN, own_log=own_log)


def kinds(incident: Incident) -> List[str]:
    """The kinds of an incident's remedies, the first to try first."""
    return [one.kind for one in incident.remedies]


def remedy_of(incident: Incident, kind: str) -> Remedy:
    """The first remedy of a kind."""
    found = [one for one in incident.remedies if one.kind == kind]
    assert found, f"no {kind} among {kinds(incident)}"
    return found[0]


def words_of(incident: Incident) -> str:
    """All that a reader is told about an incident but what is under `never`."""
    finding = incident.finding
    texts: List[str] = [finding.title, finding.why, finding.next, *finding.evidence, *finding.warnings]
    texts += [one.why for one in finding.ruled_out]
    for one in incident.remedies:
        texts += [one.title, one.simulation.why, *one.grants, *one.notes]
        texts += [str(value) for action in (*one.actions, *one.undo) for value in action.parameters.values()]
    return "\n".join(texts)


def commands(remedies: Iterable[Remedy]) -> List[List[str]]:
    """Every command line that remedies hold, their way back included."""
    return [list(action.argv) for one in remedies for action in (*one.actions, *one.undo) if action.argv]
