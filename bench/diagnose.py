"""Compares what a diagnosis costs with `audit2why` on the same logs: 1, 100, 200 and 10,000 denials of 200 groups.

python -m bench.diagnose [--policy FILE] [--rounds N]

The policy is a whole distribution's. What is paid per denial shows as the ratio of 10,000 denials to 200; what is
paid per group as the time of 200 over that of 1. Times are processor time, medians of interleaved rounds.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from avcdoctor.host.policy import Policy
from bench.startup import POLICY, Run, commands, measure

SIZES = (1, 100, 200, 10_000)
GROUPS = 200
MOST_GROWTH = 1.5
"""10,000 denials may cost this many times what 200 do."""

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


def compare(policy: Path, folder: Path, rounds: int) -> Dict[int, Dict[str, Run]]:
    """Medians of every size and program."""
    kinds = mix(Policy(policy), GROUPS, random.Random(4))
    programs: Dict[int, Dict[str, List[str]]] = {}
    for size in SIZES:
        log = folder / f"{size}.log"
        write_log(log, kinds, size, random.Random(size))
        programs[size] = commands(policy, log)
    runs: Dict[Tuple[int, str], List[Run]] = {}
    for number in range(rounds + 1):
        for size, both in programs.items():
            for name, command in both.items():
                taken = measure(command)
                if number:  # the first round warms the caches
                    runs.setdefault((size, name), []).append(taken)
    medians = {key: Run(*(statistics.median(column) for column in zip(*taken))) for key, taken in runs.items()}
    return {size: {name: medians[size, name] for name in both} for size, both in programs.items()}


def main(argv: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, default=POLICY)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)
    if not options.policy.is_file():
        print(f"bench: {options.policy} is not there (apt install selinux-policy-default)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = compare(options.policy, Path(folder), options.rounds)
    print("denials   avcdoctor            audit2why           ratio of CPU")
    for size, both in found.items():
        ours, theirs = both["avcdoctor"], both["audit2why"]
        ratio = ours.cpu / theirs.cpu
        mine, peer = f"{ours.cpu:5.2f} s  {ours.memory:4.0f} MiB", f"{theirs.cpu:5.2f} s  {theirs.memory:4.0f} MiB"
        print(f"{size:7}   {mine}     {peer}     {ratio:.2f}")
    most = found[10_000]
    growth, share = most["avcdoctor"].cpu / found[200]["avcdoctor"].cpu, most["avcdoctor"].cpu / most["audit2why"].cpu
    print(f"10,000 denials cost {growth:.2f} times what 200 do (at most {MOST_GROWTH})")
    print(f"10,000 denials cost {share:.2f} times what audit2why takes for them (less than 1)")
    return int(growth > MOST_GROWTH or share >= 1)


if __name__ == "__main__":
    sys.exit(main())
