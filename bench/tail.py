"""Measures `avcdoctor tail`: processor time for each event under load, memory, what it costs to wait, and losses.

python -m bench.tail [--seconds N]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import List, NamedTuple

RATES = (1_000, 5_000, 10_000)
_TICK = os.sysconf("SC_CLK_TCK")


class Outcome(NamedTuple):
    """What one run cost."""

    written: int
    counted: int
    seconds: float
    processor: float
    peak: int


def event(number: int) -> bytes:
    """Three records, as the kernel writes them."""
    stamp = f"{1_700_000_000 + number // 1000}.{number % 1000:03d}:{number}"
    context = "system_u:system_r:httpd_t:s0"
    return (
        f'type=AVC msg=audit({stamp}): avc:  denied  {{ read }} for  pid={300 + number % 900} comm="httpd" '
        f'name="f{number % 20}.html" dev="dm-0" ino={number % 999} scontext={context} '
        "tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0\n"
        f"type=SYSCALL msg=audit({stamp}): arch=c000003e syscall=257 success=no exit=-13 items=0 ppid=1 "
        f'pid={300 + number % 900} uid=48 comm="httpd" exe="/usr/sbin/httpd" subj={context} key=(null)\n'
        f"type=PROCTITLE msg=audit({stamp}): proctitle=6874747064\n"
    ).encode()


def run(log: Path, rate: int, seconds: float) -> Outcome:
    """Follow a log that grows at a rate, and count what comes out."""
    log.touch()
    argv = [sys.executable, "-m", "avcdoctor", "tail", str(log), "--format", "json", "--policy", "reference"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        warm_up(log, process.pid)
        before = processor(process.pid)
        written = write(log, rate, seconds)
        time.sleep(1.5)
        used = processor(process.pid) - before
        peak = memory(process.pid)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        lines: List[bytes] = process.stdout.read().splitlines()
    return Outcome(written, json.loads(lines[-1])["denials"] - 1, seconds, used, peak)


def warm_up(log: Path, pid: int) -> None:
    """Wait until the log is followed and the first incident was told, so that loading the policy is not measured."""
    links = Path(f"/proc/{pid}/fd")
    while not any(os.path.realpath(link) == str(log) for link in links.iterdir()):
        time.sleep(0.05)
    with log.open("ab", buffering=0) as file:
        file.write(event(0))
    time.sleep(4)


def write(log: Path, rate: int, seconds: float) -> int:
    """Write events record by record, as auditd does, at a rate; gives back how many."""
    start = time.monotonic()
    written = 0
    with log.open("ab", buffering=0) as file:
        while time.monotonic() < start + seconds:
            due = int((time.monotonic() - start) * rate)
            while written < due:
                written += 1
                for record in event(written).splitlines(keepends=True):
                    file.write(record)
            time.sleep(0.001)
    return written


def processor(pid: int) -> float:
    """Seconds of processor time a process has used (proc_pid_stat(5))."""
    words = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / _TICK


def memory(pid: int) -> int:
    """Mebibytes a process took at most."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def idle(log: Path, seconds: float) -> float:
    """Processor seconds of a follower that waits."""
    log.touch()
    argv = [sys.executable, "-m", "avcdoctor", "tail", str(log), "--policy", "reference"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        time.sleep(3)
        before = processor(process.pid)
        time.sleep(seconds)
        used = processor(process.pid) - before
        process.terminate()
    return used


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        print("| events a second | written | lost | processor microseconds an event | peak MiB |")
        print("|---|---|---|---|---|")
        for rate in RATES:
            outcome = run(Path(folder) / f"{rate}.log", rate, asked.seconds)
            each = outcome.processor / max(1, outcome.written) * 1e6
            missing = outcome.written - outcome.counted
            lost += missing
            reached = outcome.written / outcome.seconds
            print(
                f"| {rate:,} ({reached:,.0f} reached) | {outcome.written:,} | {missing} | {each:.0f} | {outcome.peak} |"
            )
        waited = idle(Path(folder) / "idle.log", asked.seconds)
        print(f"waiting for {asked.seconds:.0f} s took {waited:.2f} s of processor time")
    raise SystemExit(1 if lost else 0)


if __name__ == "__main__":
    main()
