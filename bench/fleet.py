"""Times `avcdoctor fleet` over generated hosts: one process, one worker, two, beside grep -c and ausearch.

python -m bench.fleet                                    1,000 hosts of 10 MB: 10 GB of disk, ten minutes
python -m bench.fleet --hosts 150 --mib 7                a quick look
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

from avcdoctor import api
from avcdoctor.fleet import engine
from avcdoctor.fleet.reports import Merged
from avcdoctor.fleet.sources import find
from avcdoctor.fleet.work import Part, batches, merge, work
from avcdoctor.resources import policies_dir
from bench.generate import write

KINDS = 50
BODIES = 3  # as many as policies: the hosts of a policy have the same programs
REPORTS = 1000
PAPER_HOSTS = 100_000
CLIENT_LIMIT = 300  # MiB
WORKER_LIMIT = 1.5  # times one process
SPEED_UP = 1.7  # of two workers over one
EVENT = (
    'type=AVC msg=audit(1700000{0:03d}.000:{1}): avc:  denied  {{ {2} }} for  pid=7 comm="{3}" name="n{4}" '
    'dev="dm-0" ino={4} scontext=system_u:system_r:{5}:s0 tcontext=system_u:object_r:{6}:s0 tclass={7} permissive=0\n'
    "type=SYSCALL msg=audit(1700000{0:03d}.000:{1}): arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c items=1 "
    'ppid=1 pid=7 auid=4294967295 uid=48 gid=48 euid=48 comm="{3}" exe="/usr/sbin/{3}" '
    "subj=system_u:system_r:{5}:s0 key=(null)\n"
)
SOURCES = ("httpd_t", "named_t", "sshd_t", "mysqld_t", "postfix_smtpd_t", "keepalived_t", "crond_t", "chronyd_t")
TARGETS = (
    ("default_t", "file", "read"), ("etc_t", "file", "write"), ("var_t", "dir", "write"), ("usr_t", "file", "append"),
    ("mysqld_port_t", "tcp_socket", "name_connect"), ("tmp_t", "file", "create"), ("user_home_t", "file", "getattr"),
)  # fmt: skip
PAIRS = [(source, target) for target in TARGETS for source in SOURCES][:KINDS]


class Cost(NamedTuple):
    """What a measured process needed: wall seconds, its own peak in MiB, and what it printed as JSON."""

    seconds: float
    mib: int
    told: Dict[str, Any]


def body(number: int, size: int, folder: Path) -> bytes:
    """A log of about this many bytes without host names: KINDS kinds of denials within what else auditd writes."""
    path = folder / f"body{number}"
    write(path, number, size, 0.0)
    lines = path.read_bytes().splitlines(keepends=True)
    path.unlink()
    step = len(lines) // KINDS
    for kind, (source, (target, tclass, permission)) in enumerate(PAIRS):
        program = f"p{kind % 9}"
        event = EVENT.format(kind, 900_000 + kind, permission, program, number * 100 + kind, source, target, tclass)
        lines.insert(kind * (step + 1), event.encode())
    return b"".join(lines)


def make(top: Path, hosts: int, size: int) -> None:
    """Write a log for each host: one of a few bodies, with the host's name and other times in each record."""
    bodies = [body(number, size * 19 // 20, top) for number in range(BODIES)]
    for host in range(hosts):
        name = f"{('web', 'db', 'mail')[host % BODIES]}{host:04d}"
        log = bodies[host % BODIES].replace(b"audit(170000", b"audit(17%04d" % (host % 1000))
        log = b"node=%s " % name.encode() + log[:-1].replace(b"\n", b"\nnode=%s " % name.encode()) + b"\n"
        (top / name).mkdir()
        (top / name / "audit.log").write_bytes(log)


def measured(*words: object) -> Cost:
    """Run this module's function in a process of its own, so that nothing else is in its memory."""
    start = time.perf_counter()
    argv = [sys.executable, "-m", "bench.fleet", "--measure", *map(str, words)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)}: {done.stderr}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Cost(told.get("seconds", seconds), told["mib"], told)


def peak() -> int:
    """The most memory that this process had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def read_all(folder: str, workers: str) -> Dict[str, Any]:
    """Read everything below a folder: 0 workers is this process alone, without an engine."""
    start = time.perf_counter()
    memory: List[int] = []
    clients: List[Any] = []

    def progress(done: int, total: int) -> None:
        if clients and done == total:
            memory.extend(clients[0].run(peak).values())

    cut = batches(find([folder])[0])
    count = int(workers)
    if count == 0:
        part = engine.run(cut, workers=1)
    else:
        part = engine.on_workers(cut, workers=count, progress=progress, started=clients.append)
    denials = part.gathered.reading().summary.denials
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "denials": denials, "failed": part.failed, "workers": memory, "parts": len(cut)}


def merging(folder: str, hosts: str) -> Dict[str, Any]:
    """The cost of merging, for parts of some hosts each."""
    inputs = find([folder])[0][: int(hosts)]
    parts = [work([one]) for one in inputs]
    start = time.perf_counter()
    whole = merge(parts)
    seconds = (time.perf_counter() - start) / len(parts)
    start = time.perf_counter()
    merge([whole, whole])
    return {"a_host": seconds, "two_large": time.perf_counter() - start}


def many(hosts: str, groups: str) -> Dict[str, Any]:
    """Merge parts as workers send them until they hold this many hosts and groups, and render what comes out."""
    from avcdoctor.fleet.classes import classes_of, judged  # noqa: PLC0415 - only what is measured
    from avcdoctor.render import FORMATS  # noqa: PLC0415 - likewise

    each, total = 1000, Part()
    kinds = [(f"s{number % 20}_t", f"t{number}_t", "file", "read") for number in range(int(groups))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "central.log"
        with path.open("w") as log:
            for host in range(each):
                for number, (source, target, tclass, permission) in enumerate(kinds):
                    text = EVENT.format(number, number, permission, "p", number, source, target, tclass)
                    log.write(f"node=HOST{host:04d} " + text.splitlines()[0] + "\n")
        first = work(find([str(path)])[0])
    numbers = first.gathered.grouper._numbers  # other hosts by giving them other names: what merges is as large
    names = list(numbers.names)
    start = time.perf_counter()
    for place in range(int(hosts) // each):
        numbers.names[:] = [f"r{place:03d}{name}" for name in names]
        total.merge(first)
    merged = time.perf_counter() - start
    after_merging = peak()
    every = total.gathered.grouper.hosts()
    report = judged(total, classes_of(every, (), "reference", ""), api.knowledge())
    assert len(report.input.hosts) == int(hosts) // each * each
    assert sum(len(one.finding.groups) for one in report.incidents) == int(groups)
    sizes = {}
    for form in ("text", "html"):
        sizes[form] = len(FORMATS[form](report))
    return {"merging": merged, "after_merging": after_merging, "sizes": sizes}


def of_reports(folder: str) -> Dict[str, Any]:
    """Merge the reports that hosts made of themselves."""
    start = time.perf_counter()
    part = engine.run(batches(find([folder])[0]), workers=1)
    seen: Merged = part.merged
    return {"seconds": time.perf_counter() - start, "hosts": len(seen.hosts), "incidents": len(seen.seen)}


MEASURES: Dict[str, Callable[..., Dict[str, Any]]] = {
    "read": read_all,
    "merging": merging,
    "many": many,
    "reports": of_reports,
}


def policies(folder: Path) -> List[Tuple[str, str]]:
    """Three policies and the hosts each judges: Debian's where it is installed, the reference policy, another one."""
    debian = max(Path("/etc/selinux/default/policy").glob("policy.*"), default=None)
    changed = folder / "cil"
    changed.mkdir()
    for source in sorted((policies_dir() / "reference").glob("*.cil")):
        text = re.sub(
            r"\(boolean (httpd_can_network_connect_db|httpd_enable_homedirs) false\)",
            r"(boolean \1 true)",
            source.read_text(),
        )
        (changed / source.name).write_text(text)
    target = folder / "changed.policy"
    sources = [str(one) for one in sorted(changed.glob("*.cil"))]
    subprocess.run(["secilc", "-M", "true", "-c", "33", "-o", str(target), "-f", os.devnull, *sources], check=True)
    return [("web*", str(debian or target)), ("db*", "reference"), ("*", str(target))]


def judge_all(folder: Path, extra: Path) -> Tuple[float, int]:
    """The whole command with three policies: seconds, and the client's peak in MiB."""
    lines = [f"  - {{match: '{match}', policy: {policy}}}\n" for match, policy in policies(extra)]
    (extra / "inventory.yaml").write_text("hosts:\n" + "".join(lines))
    argv = [sys.executable, "-m", "avcdoctor", "fleet", str(folder), "--inventory", str(extra / "inventory.yaml")]
    start = time.perf_counter()
    child = subprocess.Popen([*argv, "-q", "-f", "json", "-o", str(extra / "report.json")], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 1, status
    report = json.loads((extra / "report.json").read_text())
    seconds = time.perf_counter() - start
    print(f"    {len(report['incidents'])} incidents on {report['input']['hosts']:,} hosts")
    print("".join(f"    {note}\n" for note in report["warnings"]), end="")
    return seconds, usage.ru_maxrss >> 10


def timed(argv: Sequence[str]) -> float:
    """Seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run(argv, capture_output=True, check=False)  # grep stops at once where nobody reads
    return time.perf_counter() - start


def grep(files: Sequence[str]) -> float:
    """Seconds of `grep -c denied` over files, as many at once as a command line takes."""
    return sum(timed(["grep", "-c", "denied", *files[at : at + 1000]]) for at in range(0, len(files), 1000))


def report_copies(folder: Path, log: Path) -> None:
    """The report of one host under as many names as there are hosts."""
    packed = folder / "one.json.gz"
    argv = [sys.executable, "-m", "avcdoctor", "collect", str(log), "--policy", "reference", "-q", "-o", str(packed)]
    subprocess.run(argv, check=True)
    reports = folder / "reports"
    reports.mkdir()
    for number in range(REPORTS):
        shutil.copy(packed, reports / f"host{number:04d}.json.gz")
    print(f"    a report takes {packed.stat().st_size:,} bytes for {KINDS} kinds of denials")


def main() -> int:
    """Print the table; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--mib", type=float, default=10, help="size of one host's log")
    parser.add_argument("--folder", default=None, help="where to write the logs, instead of the temporary folder")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        told = MEASURES[options.measure[0]](*options.measure[1:])
        print(json.dumps({**told, "mib": peak()}))
        return 0
    needed = int(options.hosts * options.mib * 1.1) << 20
    with tempfile.TemporaryDirectory(prefix="bench-fleet-", dir=options.folder) as folder:
        if shutil.disk_usage(folder).free < needed:
            raise SystemExit(f"{needed >> 30} GiB are needed in {folder}; see --folder")
        logs, extra = Path(folder) / "logs", Path(folder) / "extra"
        logs.mkdir()
        extra.mkdir()
        start = time.perf_counter()
        make(logs, options.hosts, int(options.mib * (1 << 20)))
        total = sum(one.stat().st_size for one in logs.rglob("audit.log"))
        print(f"{options.hosts:,} hosts, {total / 1e9:.1f} GB, made in {time.perf_counter() - start:.0f} s")
        return compare(logs, extra, options.hosts)


def compare(logs: Path, extra: Path, hosts: int) -> int:
    """Measure everything; 1 where a limit is passed."""
    files = sorted(str(one) for one in logs.rglob("audit.log"))
    grep(files)  # so that all find the logs in memory, as far as there is room
    base = grep(files)
    one = measured("read", logs, 0)
    single, double = measured("read", logs, 1), measured("read", logs, 2)
    print(f"{'':<28}{'seconds':>8}  times grep  client MiB  workers MiB")
    print(f"{'grep -c':<28}{base:8.2f}")
    for name, cost in (("one process, one core", one), ("1 worker", single), ("2 workers", double)):
        assert cost.told["denials"] == KINDS * hosts, cost.told
        workers = ", ".join(map(str, cost.told["workers"]))
        print(f"{name:<28}{cost.seconds:8.2f}  {cost.seconds / base:10.1f}  {cost.mib:10}  {workers}")
    if shutil.which("ausearch"):
        few = files[: max(1, hosts // 100)]
        searched = sum(timed(["ausearch", "-m", "AVC", "--raw", "-if", name]) for name in few) * hosts / len(few)
        print(f"{'ausearch, by a hundredth':<28}{searched:8.2f}  {searched / base:10.1f}")
    else:
        print("ausearch is not installed (package auditd)")
    judging, client = judge_all(logs, extra)
    print(f"{'three policies, the command':<28}{judging:8.2f}  {judging / base:10.1f}  {client:10}")
    merge_cost = measured("merging", logs, min(hosts, 64)).told
    merging_one, two = merge_cost["a_host"], merge_cost["two_large"]
    hours = PAPER_HOSTS * (merging_one + one.seconds / hosts) / 3600
    print(f"merging takes {merging_one * 1000:.2f} ms a host, and {two * 1000:.1f} ms for two parts of many")
    print(f"on paper, {PAPER_HOSTS:,} such hosts: {hours:.2f} hours of one core, of which merging")
    print(f"    {PAPER_HOSTS * merging_one:.0f} s; with 64 cores {hours * 3600 / 64:.0f} s")
    report_copies(extra, Path(files[0]))
    sent = measured("reports", extra / "reports")
    print(f"{sent.told['hosts']:,} reports of hosts merged: {sent.seconds:.2f} s, {sent.mib} MiB")
    large = measured("many", PAPER_HOSTS, 300)
    merged = f"merged in {large.told['merging']:.1f} s, {large.told['after_merging']} MiB"
    print(f"{PAPER_HOSTS:,} hosts x 300 groups: {merged}; with the report as text and HTML {large.mib} MiB")
    bounds = {
        f"1 worker is within {WORKER_LIMIT} times one process": single.seconds <= WORKER_LIMIT * one.seconds,
        f"2 workers are {SPEED_UP} times as fast as 1": single.seconds >= SPEED_UP * double.seconds,
        f"the client stays below {CLIENT_LIMIT} MiB": max(one.mib, single.mib, double.mib, client, large.mib)
        < CLIENT_LIMIT,
    }
    for words, holds in bounds.items():
        print(f"{'ok' if holds else 'NO':<4}{words}")
    print(f"(2 workers were {single.seconds / double.seconds:.2f} times as fast as 1)")
    return 0 if all(bounds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
