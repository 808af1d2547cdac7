"""Measures reading whole logs against grep and ausearch: same files, interleaved rounds, medians.

    python -m bench.scan [--bytes N] [--rounds N] [--folder DIR]

Prints a table of ratios. Absolute times drift with the machine; ratios of one round do not.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Optional

from bench.generate import write

MESSAGE_TYPES = "AVC,USER_AVC,SELINUX_ERR"
OURS = """
import re, resource, sys, time
from pathlib import Path
from avcdoctor.read import read
start = time.process_time()
before = time.perf_counter()
reading = read([sys.argv[1]])
took = time.perf_counter() - before
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
processor = sum(one.ru_utime + one.ru_stime for one in used) - start
peak = re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())
print(took, processor, int(peak[1]) // 1024, reading.summary.denials, len(reading.groups))
"""


class Log(NamedTuple):
    """A log to measure with: what to call it, how it is made, and what is asked of us."""

    name: str
    share: float
    rate: float
    part: float  # of the size asked for; ausearch is quadratic in the rate
    to_grep: float  # at most
    faster: float  # than ausearch, at least


LOGS = (
    Log("0.1 % denials", 0.001, 300.0, 1.0, 1.0, 25),
    Log("20 % denials", 0.2, 300.0, 1.0, 2.5, 12),
    Log("10,000 events a second", 0.9, 10_000.0, 0.1, 99, 50),
)
MOST_MEMORY = 64  # MiB


class Cost(NamedTuple):
    """Seconds by the clock, and of the processors, which other work on the machine disturbs less."""

    clock: float
    processor: float


def children() -> float:
    """Processor seconds of all commands that have ended so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(argv: List[str]) -> Cost:
    """What a command costs; its output goes to a pipe, since grep stops at the first match when it goes nowhere."""
    used = children()
    before = time.perf_counter()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C"}) as process:
        assert process.stdout is not None
        while process.stdout.read(1 << 16):
            pass
    return Cost(time.perf_counter() - before, children() - used)


def ours(log: Path) -> Dict[str, float]:
    """Seconds and mebibytes that reading takes, start-up of Python and imports not counted."""
    done = subprocess.run([sys.executable, "-c", OURS, str(log)], capture_output=True, check=True, text=True)
    names = ("seconds", "processor", "peak", "denials", "groups")
    return dict(zip(names, map(float, done.stdout.split())))


def measure(log: Path, rounds: int, slow: bool) -> Dict[str, float]:
    """Medians of interleaved rounds.

    Args:
        log: the file.
        rounds: how many.
        slow: whether to measure ausearch too; once is enough, as it takes so long.

    Returns:
        Seconds of each tool, and the medians of the ratios within a round.
    """
    grep: List[Cost] = []
    mine: List[Cost] = []
    peak = 0.0
    for _ in range(rounds):
        grep.append(timed(["grep", "-c", "type=AVC", str(log)]))
        outcome = ours(log)
        mine.append(Cost(outcome["seconds"], outcome["processor"]))
        peak = max(peak, outcome["peak"])
    found = {
        "grep": statistics.median(cost.clock for cost in grep),
        "ours": statistics.median(cost.clock for cost in mine),
        "to grep": statistics.median(own.clock / other.clock for own, other in zip(mine, grep)),
        "processor": statistics.median(own.processor / other.processor for own, other in zip(mine, grep)),
        "peak": peak,
    }
    if slow and shutil.which("ausearch"):
        found["to ausearch"] = timed(["ausearch", "-m", MESSAGE_TYPES, "--raw", "-if", str(log)]).clock / found["ours"]
    return found


def report(size: int, rounds: int, folder: Path, say: Callable[[str], None]) -> List[str]:
    """Make the logs, measure, and print the table; gives back what is beyond its limit."""
    beyond: List[str] = []
    if not shutil.which("ausearch"):
        say("ausearch is not here and is left out: install auditd (Debian) or audit (Fedora)")
    say("| log | size MB | grep -c s | avcdoctor s | to grep | the same, processor | faster than ausearch | peak MiB |")
    say("|---|---|---|---|---|---|---|---|")
    for log in LOGS:
        file = folder / f"{log.share}-{log.rate}.log"
        write(file, 1, int(size * log.part), log.share, "enriched", rate=log.rate, mix=0.15)
        found = measure(file, rounds, slow=True)
        faster: Optional[float] = found.get("to ausearch")
        say(
            f"| {log.name} | {file.stat().st_size / 1e6:.0f} | {found['grep']:.3f} | {found['ours']:.3f} "
            f"| {found['to grep']:.2f} | {found['processor']:.2f} "
            f"| {'-' if faster is None else f'{faster:.0f} times'} | {found['peak']:.0f} |"
        )
        file.unlink()
        beyond += [f"{log.name}: {found['to grep']:.2f} times grep"] if found["to grep"] > log.to_grep else []
        beyond += [f"{log.name}: {faster:.0f} times ausearch"] if faster is not None and faster < log.faster else []
        beyond += [f"{log.name}: {found['peak']:.0f} MiB"] if found["peak"] > MOST_MEMORY else []
    return beyond


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the logs are made; they are removed afterwards")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        beyond = report(asked.bytes, asked.rounds, Path(folder), print)
    if beyond:
        raise SystemExit("beyond the limit: " + "; ".join(beyond))


if __name__ == "__main__":
    main()
