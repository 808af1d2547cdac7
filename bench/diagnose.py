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
from typing import Dict, List, Optional, Tuple

from avcdoctor.host.policy import Policy
from bench.denials import mix, write_log
from bench.startup import POLICY, Run, commands, measure

SIZES = (1, 100, 200, 10_000)
GROUPS = 200
MOST_GROWTH = 1.5
"""10,000 denials may cost this many times what 200 do."""


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
