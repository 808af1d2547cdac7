"""Makes logs of different denials, as logs have them and as a policy really denies them, for the benchmarks."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

from avcdoctor.host.policy import Policy

FILES = ("getattr", "read", "open", "write", "append", "execute", "map", "unlink", "setattr")
DIRECTORIES = ("search", "read", "write", "add_name", "remove_name")
PLACES = (
    *("/var/www/html", "/srv/app", "/etc/app", "/home/jo", "/var/lib/app", "/opt/app/bin", "/root", "/mnt/share"),
    *("/usr/share/app", "/var/log/app", "/run/app", "/data/shop"),
)
CAPABILITIES = ("dac_override", "net_admin", "sys_ptrace", "sys_admin", "chown", "sys_resource", "setuid", "mknod")


class Kind(NamedTuple):
    """What the denials of one group have in common."""

    source: str
    target: str
    tclass: str
    permissions: Tuple[str, ...]


def mix(policy: Policy, number: int, dice: random.Random) -> List[Kind]:
    """Different groups as logs have them: files, directories, ports, capabilities, sockets, processes.

    Args:
        policy: every type comes from it, and every access is one that it denies.
        number: how many groups.
        dice: where the choice comes from.
    """
    sources = sorted(name for name in policy.types_with("daemon") if policy.has_type(name))
    files = sorted(name for name in policy.types_with("file_type") if not name.endswith("_exec_t"))
    generic = [
        name for name in ("user_home_t", "default_t", "var_t", "etc_t", "tmp_t", "nfs_t") if name in policy.types
    ]
    programs = sorted(name for name in policy.types_with("file_type") if name.endswith("_exec_t"))
    ports = sorted(policy.types_with("port_type"))
    found: Dict[Tuple[str, str, str], Kind] = {}
    while len(found) < number:
        source = dice.choice(sources)
        shape = dice.random()
        if shape < 0.45:
            kind = Kind(source, dice.choice(generic if dice.random() < 0.5 else files), "file", some(FILES, dice))
        elif shape < 0.6:
            kind = Kind(source, dice.choice(files), "dir", some(DIRECTORIES, dice))
        elif shape < 0.7:
            kind = Kind(source, dice.choice(programs), "file", ("execute",))
        elif shape < 0.85:
            kind = Kind(source, dice.choice(ports), "tcp_socket", (dice.choice(("name_bind", "name_connect")),))
        elif shape < 0.92:
            kind = Kind(source, source, "capability", (dice.choice(CAPABILITIES),))
        else:
            kind = Kind(source, dice.choice(sources), "unix_stream_socket", ("connectto",))
        if not set(kind.permissions) <= policy.allowed(kind.source, kind.target, kind.tclass):
            found.setdefault(kind[:3], kind)
    return list(found.values())


def some(names: Tuple[str, ...], dice: random.Random) -> Tuple[str, ...]:
    """One or two permissions."""
    return tuple(sorted(dice.sample(names, dice.choice((1, 1, 2)))))


def write_log(path: Path, kinds: List[Kind], denials: int, dice: random.Random) -> None:
    """Write so many denials, going round the groups."""
    with path.open("w", encoding="utf-8") as log:
        for serial in range(denials):
            log.write("".join(records(kinds[serial % len(kinds)], serial, dice)))


def records(kind: Kind, serial: int, dice: random.Random) -> Iterator[str]:
    """One event: AVC, SYSCALL and, for files, CWD and PATH."""
    stamp = f"msg=audit({1767225600 + serial // 100}.{serial % 100:03d}:{serial + 1}):"
    lies = kind.tclass in ("file", "dir")
    pid, comm = dice.randint(300, 30000), kind.source[:-2][:15]
    path = f"{dice.choice(PLACES)}/{dice.choice('abcdefgh')}{serial % 37}"
    more = {
        "tcp_socket": f"{'src' if kind.permissions == ('name_bind',) else 'dest'}={dice.randint(1024, 60000)} ",
        "capability": f"capability={dice.randint(1, 30)} ",
    }.get(kind.tclass, f'path="{path}" dev="dm-0" ino={1000 + serial % 4096} ' if lies else "")
    role = "object_r" if lies or kind.tclass == "tcp_socket" else "system_r"
    yield (
        f'type=AVC {stamp} avc:  denied  {{ {" ".join(kind.permissions)} }} for  pid={pid} comm="{comm}" {more}'
        f"scontext=system_u:system_r:{kind.source}:s0 tcontext=system_u:{role}:{kind.target}:s0 tclass={kind.tclass} "
        "permissive=0\n"
    )
    yield (
        f"type=SYSCALL {stamp} arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c a1=7ffd a2=0 a3=0 "
        f"items={int(lies)} ppid=1 pid={pid} auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 "
        f'tty=(none) ses=4294967295 comm="{comm}" exe="/usr/sbin/{comm}" subj=system_u:system_r:{kind.source}:s0 '
        "key=(null)\n"
    )
    if lies:
        yield f'type=CWD {stamp} cwd="/"\n'
        yield (
            f'type=PATH {stamp} item=0 name="{path}" inode={1000 + serial % 4096} dev=fd:00 mode=0100644 ouid=0 ogid=0 '
            f"rdev=00:00 obj=system_u:object_r:{kind.target}:s0 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0\n"
        )
