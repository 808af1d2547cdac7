"""Who asks for a path: user, groups, capabilities and SELinux domain of the process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import FrozenSet, Iterator, List, Optional, Tuple

from avcdoctor.errors import UsageError
from avcdoctor.host import Host
from avcdoctor.host.inode import CAPABILITIES, names_of
from avcdoctor.model import Context, safe_text
from avcdoctor.triage.machine import domain_of
from avcdoctor.triage.unit import UnitFacts

_ALL = frozenset(CAPABILITIES)


@dataclass(frozen=True)
class Subject:
    """The process on whose behalf a path is looked at.

    Args:
        name: the user's name, or the number as text.
        groups: gid and supplementary groups.
        capabilities: the effective ones, as the kernel's capability check would grant them without SELinux.
        told_by: how all this is known, in words.
        context: the whole context, where it is known; without it categories and levels are not asked.
    """

    name: str
    uid: int
    groups: FrozenSet[int]
    capabilities: FrozenSet[str]
    domain: str = ""
    told_by: str = ""
    context: Optional[Context] = None


def subject(
    host: Host, domain: Optional[str] = None, user: Optional[str] = None, proc: Path = Path("/proc")
) -> Subject:
    """Find out who asks.

    Args:
        host: whose users count.
        domain: an SELinux domain, or a whole context such as system_u:system_r:container_t:s0:c1,c2. On the running
            host a process in that domain is looked for, when no user is given.
        user: a name or a number; root when neither is given.
        proc: the running host's process table.

    Raises:
        UsageError: there is no such user, or the context is none.
    """
    context = _context(domain) if domain and ":" in domain else None
    type_ = context.type if context else domain or ""
    if user is None and type_ and host.live:
        running = next(_processes(proc, type_), None)
        if running is not None:
            found = _of_process(host, running[0], running[1])
            return replace(found, context=context) if context else found
    if user is None:
        assumed = "root is assumed, with all capabilities; --user tells otherwise"
        return Subject("root", 0, frozenset({0}), _ALL, type_, assumed, context)
    name, uid, gid = _account(host, user)
    capabilities = _ALL if uid == 0 else frozenset()
    groups = frozenset({gid, *_groups_of(host, name)})
    return Subject(name, uid, groups, capabilities, type_, f"user {name}", context)


def subject_of_service(host: Host, unit: UnitFacts, user: Optional[str] = None) -> Subject:
    """A service's process: the unit's user, unless another one is given, in the domain that systemd starts it in.

    Raises:
        UsageError: the user does not exist.
    """
    domain = domain_of(host, unit)
    found = subject(host, domain or None, user or unit.user or "root")
    told = f"as {unit.told_by} has it" + ("" if domain else "; no domain: its program's label is not known here")
    return replace(found, told_by=f"{unit.name}, {told}")


def _context(text: str) -> Context:
    try:
        return Context.parse(text)
    except ValueError as error:
        raise UsageError(str(error), "--as takes a domain such as httpd_t, or user:role:type:level") from error


def in_user_namespace(table: Path = Path("/proc/self/uid_map")) -> bool:
    """Whether this process sees other user ids than the kernel (user_namespaces(7)); the first one maps all of them."""
    try:
        words = table.read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError):
        return False
    return bool(words) and words != ["0", "0", "4294967295"]


def _processes(proc: Path, domain: str) -> Iterator[Tuple[Path, Context]]:
    try:
        places = sorted(place for place in proc.iterdir() if place.name.isdigit())
    except OSError:  # no process table here
        return
    for place in places:
        try:
            text = (place / "attr" / "current").read_bytes().rstrip(b"\0\n").decode("utf-8", "replace")
            context = Context.parse(text)
        except (OSError, ValueError):  # it has ended, is not ours to look at, or there is no SELinux
            continue
        if context.type == domain:
            yield place, context


def _of_process(host: Host, place: Path, context: Context) -> Subject:
    status = {}
    for line in (place / "status").read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        status[name] = value.split()
    uid, gid = int(status["Uid"][1]), int(status["Gid"][1])
    groups = frozenset({gid, *map(int, status.get("Groups", []))})
    capabilities = frozenset(names_of(int(status["CapEff"][0], 16)))
    told_by = f"process {place.name} ({safe_text(' '.join(status.get('Name', ['?'])))})"
    return Subject(host.files.user_name(uid), uid, groups, capabilities, context.type, told_by, context)


def _account(host: Host, user: str) -> Tuple[str, int, int]:
    for fields in _lines(host, "/etc/passwd", 4):
        if (user in {fields[0], fields[2]}) and fields[2].isdigit() and fields[3].isdigit():
            return fields[0], int(fields[2]), int(fields[3])
    if user.isdigit():
        return user, int(user), int(user)
    raise UsageError(
        f"there is no user {safe_text(user)!r} in /etc/passwd", "give a number for one that lies elsewhere"
    )


def _groups_of(host: Host, name: str) -> List[int]:
    return [
        int(fields[2])
        for fields in _lines(host, "/etc/group", 4)
        if fields[2].isdigit() and name in fields[3].split(",")
    ]


def _lines(host: Host, path: str, fields: int) -> Iterator[List[str]]:
    for line in (host.files.read_text(path, 1 << 22) or "").splitlines():
        parts = line.split(":")
        if len(parts) >= fields:
            yield parts
