"""Compares a cold `avcdoctor explain` with `audit2why` on the same small log and the same policy, side by side."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

ROOT = Path(__file__).resolve().parents[1]
POLICY = max(Path("/etc/selinux").glob("*/policy/policy.[1-9]*"), default=Path("no-policy-installed"))
MOST_RATIO = 2.5
MOST_MEMORY = 150.0  # MiB


class Run(NamedTuple):
    """What one run took: seconds of wall clock and of processor, and the peak of resident memory in MiB."""

    wall: float
    cpu: float
    memory: float


def measure(argv: List[str]) -> Run:
    begun = time.perf_counter()
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"bench: exit code {process.returncode}: {' '.join(argv)}")
    return Run(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def commands(policy: Path, log: Path) -> Dict[str, List[str]]:
    peer = shutil.which("audit2why")
    if peer is None:
        raise SystemExit("bench: audit2why is not installed (apt install policycoreutils-python-utils)")
    ours = [sys.executable, "-m", "avcdoctor", "explain", "--exit-zero", "--policy", str(policy), str(log)]
    return {"audit2why": [peer, "-p", str(policy), "-i", str(log)], "avcdoctor": ours}


def main(argv: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, default=POLICY)
    parser.add_argument("--log", type=Path, default=ROOT / "samples" / "keepalived" / "audit.log")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(argv)
    runs: Dict[str, List[Run]] = {}
    programs = commands(options.policy, options.log)
    for number in range(options.rounds + 1):
        for name, command in programs.items():
            taken = measure(command)
            if number:  # the first round warms the caches
                runs.setdefault(name, []).append(taken)
    medians = {name: Run(*(statistics.median(column) for column in zip(*taken))) for name, taken in runs.items()}
    for name, taken in medians.items():
        print(f"{name:10}  {taken.wall:6.2f} s wall  {taken.cpu:6.2f} s CPU  {taken.memory:6.0f} MiB")
    ratio = statistics.median(ours.wall / peer.wall for ours, peer in zip(runs["avcdoctor"], runs["audit2why"]))
    print(f"ratio of wall clock, median of {options.rounds} rounds: {ratio:.2f} (at most {MOST_RATIO})")
    return 0 if ratio <= MOST_RATIO and medians["avcdoctor"].memory <= MOST_MEMORY else 1


if __name__ == "__main__":
    sys.exit(main())
