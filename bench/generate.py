"""Makes audit logs from a seed, with the truth about their denials: for benchmarks and for tests of exactness.

python -m bench.generate audit.log --bytes 100000000 --share 0.01 --seed 1 --format enriched
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

FORMATS = ("raw", "enriched", "node", "interpreted", "journal", "kernel")
START = 1_700_000_000_000  # milliseconds

DOMAINS = [
    "httpd_t",
    "sshd_t",
    "named_t",
    "mysqld_t",
    "dovecot_t",
    "squid_t",
    "haproxy_t",
    "keepalived_t",
    "container_t",
    "rsync_t",
]
TYPES = [
    "user_home_t",
    "var_lib_t",
    "etc_t",
    "tmp_t",
    "default_t",
    "admin_home_t",
    "usr_t",
    "container_file_t",
    "nfs_t",
    "bin_t",
]
FILE_PERMISSIONS = ("read", "read open", "getattr", "write", "execute", "map", "append", "unlink", "ioctl")
NOISE_TYPES = ("USER_ACCT", "CRED_ACQ", "USER_START", "SERVICE_START", "CRYPTO_KEY_USER", "USER_END")
_USER_END = '\x1dUID="root" AUID="admin"'
ENRICHED = {
    "SYSCALL": '\x1dARCH=x86_64 SYSCALL=openat AUID="unset" UID="root" GID="root" EUID="root" SUID="root" FSUID="root" '
    'EGID="root" SGID="root" FSGID="root"',
    "PATH": '\x1dOUID="root" OGID="root"',
    "USER_AVC": '\x1dUID="dbus" AUID="unset" SAUID="dbus"',
    **dict.fromkeys(NOISE_TYPES, _USER_END),
}
"""What auditd adds to records with `log_format = ENRICHED`."""

Key = Tuple[str, str, str]
NUMBERS = {
    "AVC": 1400,
    "SYSCALL": 1300,
    "PATH": 1302,
    "CWD": 1307,
    "PROCTITLE": 1327,
    "USER_AVC": 1107,
    "SELINUX_ERR": 1401,
}


class Event(NamedTuple):
    """An event's records as (type, body) and, for each denial, its group and permissions."""

    milliseconds: int
    serial: int
    pid: int
    records: List[Tuple[str, str]]
    denials: List[Tuple[Key, str]]


class Truth(NamedTuple):
    """What a log holds: denials by group, by group and permissions, and how many records and events."""

    groups: Counter[Tuple[str, str, str]]
    permissions: Counter[Tuple[str, str, str, str]]
    counts: Counter[str]


def hexadecimal(text: str) -> str:
    """As the kernel prints untrusted text with blanks in it."""
    return text.encode().hex().upper()


class Maker:
    """Makes events.

    Args:
        seed: the same seed gives the same events.
        share: how many of the events are denials, 0 to 1.
        rate: events in a second of the log's clock.
        groups: at most how many groups.
    """

    def __init__(self, seed: int, share: float, rate: float = 300.0, groups: int = 60) -> None:
        self.random = random.Random(seed)
        self.share = share
        self.rate = rate
        self.clock = float(START + seed % 1000)
        self.serial = self.random.randrange(100, 100_000)
        pick = self.random
        self.kinds = [self._kind(pick) for _ in range(groups)]

    def _kind(self, pick: random.Random) -> Dict[str, object]:
        tclass = pick.choice(["file", "file", "dir", "lnk_file", "tcp_socket", "capability", "dbus"])
        source = pick.choice(DOMAINS)
        target = source if tclass == "capability" else pick.choice(TYPES)
        choices = {"tcp_socket": ["name_connect", "name_bind"], "capability": ["dac_override"], "dbus": ["send_msg"]}
        permissions = choices.get(tclass) or pick.sample(list(FILE_PERMISSIONS), pick.randint(1, 3))
        if tclass == "dir":
            permissions = ["search", "write", "add_name"][: pick.randint(1, 3)]
        return {
            "source": source,
            "target": target,
            "tclass": tclass,
            "permissions": permissions,
            "permissive": int(pick.random() < 0.1),
            "names": [pick.choice(["f{}.dat", "a b{}", "x{}"]).format(pick.randrange(999)) for _ in range(4)],
            "categories": pick.random() < 0.05,
            "program": pick.choice(["app", source[:-2], "rs:main Q:Reg"]),
        }

    def events(self) -> Iterator[Event]:
        """Events without end."""
        pick = self.random
        while True:
            self.clock += pick.expovariate(self.rate) * 1000
            self.serial += 1
            chance = pick.random()
            if chance < self.share:
                yield self._denied()
            elif chance < self.share * 1.01:
                yield self._error()
            else:
                yield self._noise()

    def _event(self, records: List[Tuple[str, str]], pid: int, denials: List[Tuple[Key, str]]) -> Event:
        return Event(int(self.clock), self.serial, pid, records, denials)

    def _contexts(self, kind: Dict[str, object]) -> str:
        level = "s0"
        if kind["categories"]:
            low = self.random.randrange(500)
            level = f"s0:c{low},c{low + 1 + self.random.randrange(400)}"
        role = "system_r" if kind["target"] in DOMAINS else "object_r"
        return (
            f"scontext=system_u:system_r:{kind['source']}:{level} tcontext=system_u:{role}:{kind['target']}:s0 "
            f"tclass={kind['tclass']}"
        )

    def _denied(self) -> Event:
        pick = self.random
        kind = self.kinds[min(int(pick.expovariate(0.15)), len(self.kinds) - 1)]
        pid = pick.randrange(300, 60_000)
        program = str(kind["program"])
        comm = hexadecimal(program) if " " in program else f'"{program}"'
        name = pick.choice(list(kind["names"]))  # type: ignore[call-overload]
        shown = hexadecimal(name) if " " in name else f'"{name}"'
        records, denials = [], []
        bus = kind["tclass"] == "dbus"
        for _ in range(2 if pick.random() < 0.1 and not bus else 1):
            permissions = pick.choice(list(kind["permissions"]))  # type: ignore[call-overload]
            denials.append(((str(kind["source"]), str(kind["target"]), str(kind["tclass"])), permissions))
            make = self._message if bus else self._vector
            records.append(make(kind, permissions, pid, f"comm={comm}", f"name={shown}"))
        if not bus and pick.random() < 0.9:
            records += self._call(pid, comm, str(kind["source"]), shown)
        return self._event(records, 701 if bus else pid, denials)

    def _message(self, kind: Dict[str, object], permissions: str, pid: int, *_: str) -> Tuple[str, str]:
        return "USER_AVC", (
            "pid=701 uid=81 auid=4294967295 ses=4294967295 subj=system_u:system_r:system_dbusd_t:s0 "
            f"msg='avc:  denied  {{ {permissions} }} for msgtype=method_call interface=org.example.Thing "
            f"member=Get dest=:1.{self.random.randrange(900)} spid={pid} tpid=4 {self._contexts(kind)} "
            f'permissive={kind["permissive"]} exe="/bin/dbus-daemon" sauid=81 hostname=? addr=? terminal=?\''
        )

    def _vector(self, kind: Dict[str, object], permissions: str, pid: int, comm: str, name: str) -> Tuple[str, str]:
        port = self.random.choice([8080, 5432, 9999, 7000 + self.random.randrange(400)])
        middle = {
            "tcp_socket": f"{'src' if permissions == 'name_bind' else 'dest'}={port}",
            "capability": "capability=1 ",
        }.get(str(kind["tclass"]), f'{name} dev="dm-0" ino={self.random.randrange(10**6)}')
        return "AVC", (
            f"avc:  denied  {{ {permissions} }} for  pid={pid} {comm} {middle} {self._contexts(kind)} "
            f"permissive={kind['permissive']}"
        )

    def _call(self, pid: int, comm: str, source: str, name: str, syscall: int = 257) -> List[Tuple[str, str]]:
        pick = self.random
        records = [
            (
                "SYSCALL",
                f"arch=c000003e syscall={syscall} success=no exit=-13 a0=ffffff9c a1={pick.randrange(1 << 40):x} a2=0 "
                f"a3=0 items=1 ppid=1 pid={pid} auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 "
                f'fsgid=0 tty=(none) ses=4294967295 comm={comm} exe="/usr/sbin/{source[:-2]}" '
                f"subj=system_u:system_r:{source}:s0 key=(null)",
            )
        ]
        if pick.random() < 0.6:
            records.append(("CWD", 'cwd="/srv"'))
            records.append(
                (
                    "PATH",
                    f"item=0 name={name} inode=7 dev=fd:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 "
                    "obj=system_u:object_r:etc_t:s0 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 "
                    "cap_frootid=0",
                )
            )
        if pick.random() < 0.97:
            records.append(("PROCTITLE", f"proctitle={hexadecimal(source + chr(0) + '-D')}"))
        return records

    def _error(self) -> Event:
        body = (
            "op=security_bounded_transition seresult=denied oldcontext=system_u:system_r:init_t:s0 "
            "newcontext=system_u:system_r:unconfined_service_t:s0"
        )
        denials = [(("init_t", "unconfined_service_t", "process"), "transition")]
        call = self._call(1, '"systemd"', "init_t", '"/usr/sbin/app"', 59) if self.random.random() < 0.8 else []
        return self._event([("SELINUX_ERR", body), *call], 1, denials)

    def _noise(self) -> Event:
        pick = self.random
        pid = pick.randrange(300, 60_000)
        if pick.random() < 0.5:
            records = self._call(pid, '"bash"', "unconfined_t", '"/usr/bin/ls"')
            # What a program was called with may look like a denial; it is none.
            title = "grep avc:  denied  { read } x" if pick.random() < 0.01 else "ls"
            return self._event([*records[:-1], ("PROCTITLE", f"proctitle={hexadecimal(title)}")], pid, [])
        body = (
            f"pid={pid} uid=0 auid=1000 ses={pick.randrange(99)} subj=system_u:system_r:crond_t:s0-s0:c0.c1023 "
            'msg=\'op=PAM:session_open acct="root" exe="/usr/sbin/crond" hostname=? addr=? terminal=cron res=success\''
        )
        return self._event([(pick.choice(NOISE_TYPES), body)], pid, [])


def lines(event: Event, shape: str) -> List[str]:
    """An event's records as a log of a shape prints them."""
    stamp = f"{event.milliseconds // 1000}.{event.milliseconds % 1000:03d}:{event.serial}"
    if shape in {"raw", "enriched", "node"}:
        node = "node=web1 " if shape == "node" else ""
        ends = ENRICHED if shape == "enriched" else {}
        return [f"{node}type={kind} msg=audit({stamp}): {body}{ends.get(kind, '')}" for kind, body in event.records]
    if shape == "kernel":
        return [
            f"[  {event.serial}.25] audit: type={NUMBERS.get(kind, 1100)} audit({stamp}): {body}"
            for kind, body in event.records
        ]
    if shape == "journal":
        return [f"Nov 14 22:13:20 host audit[{event.pid}]: {kind} {body}" for kind, body in event.records]
    clock = time.strftime("%m/%d/%Y %H:%M:%S", time.localtime(event.milliseconds // 1000))
    stamp = f"{clock}.{event.milliseconds % 1000:03d}:{event.serial}"
    printed = [f"type={kind} msg=audit({stamp}) : {body}" for kind, body in reversed(event.records)]
    return ["----", *printed]


def generate(
    seed: int, size: int, share: float, shape: str = "raw", *, rate: float = 300.0, groups: int = 60, mix: float = 0.15
) -> Iterator[Tuple[str, Truth]]:
    """Lines of a log and the truth so far.

    Args:
        seed: what it is made from.
        size: about how many bytes.
        share: how many of its events are denials, 0 to 1.
        shape: one of `FORMATS`.
        rate: events in a second of its clock.
        groups: at most how many groups.
        mix: how often two events' records stand interleaved; only where stamps tell them apart.

    Yields:
        Each line without its end, with the truth about all lines given so far and the rest of their events.
    """
    maker = Maker(seed, share, rate, groups)
    truth = Truth(Counter(), Counter(), Counter())
    events = maker.events()
    written = 0
    while written < size:
        pending = [next(events)]
        if shape in {"raw", "enriched", "node", "kernel"} and maker.random.random() < mix:
            pending.append(next(events))
        for event in pending:
            for key, permissions in event.denials:
                truth.groups[key] += 1
                truth.permissions[(*key, permissions)] += 1
                truth.counts["denials"] += 1
            truth.counts["events"] += 1
            truth.counts["records"] += len(event.records)
        for line in interleave([lines(event, shape) for event in pending], maker.random):
            written += len(line) + 1
            yield line, truth


def interleave(parts: List[List[str]], pick: random.Random) -> Iterator[str]:
    """Lines of several events, each in its own order."""
    parts = [list(part) for part in parts]
    while parts:
        part = pick.choice(parts)
        yield part.pop(0)
        parts = [part for part in parts if part]


def write(path: Path, seed: int, size: int, share: float, shape: str = "raw", **more: float) -> Truth:
    """Write a log; gives back the truth about it."""
    truth = Truth(Counter(), Counter(), Counter())
    with path.open("w", encoding="utf-8", newline="\n") as log:
        for line, truth in generate(seed, size, share, shape, **more):  # type: ignore[arg-type]  # noqa: B007
            log.write(line + "\n")
    return truth


def main() -> None:
    """Write a log and, beside it, its truth."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("--bytes", type=int, default=100_000_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=FORMATS, default="enriched")
    parser.add_argument("--rate", type=float, default=300.0)
    asked = parser.parse_args()
    truth = write(asked.log, asked.seed, asked.bytes, asked.share, asked.format, rate=asked.rate)
    known = {"|".join(key): count for key, count in truth.groups.most_common()}
    Path(f"{asked.log}.truth.json").write_text(json.dumps({"groups": known, **truth.counts}, indent=1), "utf-8")


if __name__ == "__main__":
    main()
