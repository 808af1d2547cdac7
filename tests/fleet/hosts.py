"""Logs of many hosts, made for tests: the same kinds of denials, other counts and times on each."""

from __future__ import annotations

import random
from pathlib import Path
from typing import List

KINDS = (
    ("httpd_t", "default_t", "file", "read"),
    ("httpd_t", "mysqld_port_t", "tcp_socket", "name_connect"),
    ("named_t", "etc_t", "file", "write"),
    ("postfix_smtpd_t", "var_t", "dir", "write"),
)


def log_of(number: int, denials: int, node: str = "") -> str:
    """One host's log: denials with their system calls, and records that are none."""
    draw = random.Random(number)
    prefix = f"node={node} " if node else ""
    lines: List[str] = []
    for serial in range(1, denials + 1):
        source, target, tclass, permission = KINDS[draw.randrange(1 + number % len(KINDS))]
        stamp = f"msg=audit({1700000000 + draw.randrange(90000)}.{draw.randrange(1000):03d}:{serial})"
        lines.append(
            f'{prefix}type=AVC {stamp}: avc:  denied  {{ {permission} }} for  pid={serial} comm="p{serial % 4}" '
            f'name="n{serial % 6}" dev="dm-0" ino={serial % 9} scontext=system_u:system_r:{source}:s0 '
            f"tcontext=system_u:object_r:{target}:s0 tclass={tclass} permissive=0"
        )
        lines.append(f"{prefix}type=SYSCALL {stamp}: arch=c000003e syscall=2 success=no exit=-13 pid={serial} uid=48")
        lines.append(f"{prefix}type=CRED_ACQ {stamp}: pid=1 uid=0 auid=0 ses=1 msg='op=x'")
    return "\n".join(lines) + "\n"


def folder_of(top: Path, hosts: int, denials: int = 40) -> Path:
    """A folder with one folder for each host."""
    for number in range(hosts):
        place = top / f"web{number}"
        place.mkdir(parents=True)
        (place / "audit.log").write_text(log_of(number, denials))
    return top
