"""Measures cold starts: `explain` of one and of a hundred denials beside `audit2why`, `--help` beside Python alone."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

from avcdoctor.host.policy import Policy
from bench.denials import mix, write_log

POLICY = max(Path("/etc/selinux").glob("*/policy/policy.[1-9]*"), default=Path("no-policy-installed"))
MOST_MEMORY = 150.0  # MiB
MOST_HELP = 0.1  # seconds
# Bytecode is kept as an installed package keeps it, whatever this shell says.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Run(NamedTuple):
    """What one run took: seconds of wall clock and of processor, and the peak of resident memory in MiB."""

    wall: float
    cpu: float
    memory: float


class Duel(NamedTuple):
    """Two commands that are timed in turns, and how many times as long as the other ours may take."""

    name: str
    ours: List[str]
    peer: List[str]
    most: float


def measure(argv: List[str]) -> Run:
    begun = time.perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet, env=ENVIRONMENT)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"bench: exit code {process.returncode}: {' '.join(argv)}")
    return Run(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def commands(policy: Path, log: Path) -> Dict[str, List[str]]:
    """How to explain a log with each of the two, by name."""
    peer = shutil.which("audit2why")
    if peer is None:
        raise SystemExit("bench: audit2why is not installed (apt install policycoreutils-python-utils)")
    ours = [sys.executable, "-m", "avcdoctor", "explain", "--exit-zero", "--policy", str(policy), str(log)]
    return {"audit2why": [peer, "-p", str(policy), "-i", str(log)], "avcdoctor": ours}


def duels(policy: Path, folder: Path) -> List[Duel]:
    found = []
    kinds = mix(Policy(policy), 100, random.Random(4))
    for count, most in ((1, 1.0), (100, 1.2)):
        log = folder / f"{count}.log"
        write_log(log, kinds, count, random.Random(count))
        both = commands(policy, log)
        found.append(Duel(f"explain {count}", both["avcdoctor"], both["audit2why"], most))
    avcdoctor = [sys.executable, "-m", "avcdoctor"]
    alone = [sys.executable, "-c", "pass"]
    found.append(Duel("--help", [*avcdoctor, "--help"], alone, 10.0))
    found.append(Duel("explain --help", [*avcdoctor, "explain", "--help"], alone, 10.0))
    return found


def median(runs: List[Run]) -> Run:
    return Run(*(statistics.median(column) for column in zip(*runs)))


def fought(duel: Duel, rounds: int) -> bool:
    """Time both in turns and print the medians; tells whether ours keeps its limits."""
    runs: Dict[str, List[Run]] = {"avcdoctor": [], Path(duel.peer[0]).name: []}
    for number in range(rounds + 1):
        for kept, command in zip(runs.values(), (duel.ours, duel.peer)):
            taken = measure(command)
            if number:  # the first round warms the caches
                kept.append(taken)
    for name, taken_all in runs.items():
        taken = median(taken_all)
        print(f"{duel.name:15} {name:10} {taken.wall:6.3f} s wall  {taken.cpu:6.3f} s CPU  {taken.memory:6.0f} MiB")
    ours, theirs = runs.values()
    wall = statistics.median(one.wall / other.wall for one, other in zip(ours, theirs))
    cpu = statistics.median(one.cpu / other.cpu for one, other in zip(ours, theirs))
    print(f"{duel.name:15} ratio {wall:.2f} of wall clock, {cpu:.2f} of CPU (at most {duel.most})")
    slow_help = "--help" in duel.name and median(ours).cpu > MOST_HELP
    return min(wall, cpu) <= duel.most and median(ours).memory <= MOST_MEMORY and not slow_help


def main(argv: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, default=POLICY)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        ENVIRONMENT["XDG_CACHE_HOME"] = folder  # nobody else's runs shall change what is kept in it
        kept = [fought(duel, options.rounds) for duel in duels(options.policy, Path(folder))]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
