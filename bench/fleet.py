"""Times `avcdoctor fleet` over generated hosts, in one process and with two workers, beside `grep -c`."""

from __future__ import annotations

import argparse
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable, List, Tuple

from avcdoctor.fleet import engine
from avcdoctor.fleet.sources import find
from avcdoctor.fleet.work import batches, merge

NOISE = "type=CRED_ACQ msg=audit({}.000:{}): pid=1 uid=0 auid=0 ses=1 msg='op=PAM:setcred acct=\"root\"'\n"
DENIAL = (
    'type=AVC msg=audit({0}.000:{1}): avc:  denied  {{ read }} for  pid=7 comm="p{2}" name="n{3}" dev="dm-0" ino={3} '
    "scontext=system_u:system_r:d{4}_t:s0 tcontext=system_u:object_r:var_t:s0 tclass=file permissive=0\n"
)


def make(top: Path, hosts: int, size: int) -> None:
    """Write one log a host of about this many bytes, with 50 kinds of denials."""
    filler = "".join(NOISE.format(1700000000 + number, number) for number in range(2000))
    for host in range(hosts):
        place = top / f"host{host}"
        place.mkdir()
        with (place / "audit.log").open("w") as log:
            for kind in range(50):
                log.write(DENIAL.format(1700000000 + kind, 5000 + kind, host % 7, kind % 9, kind))
                log.write(filler[: size // 50])
                log.write("\n")


def timed(job: Callable[[], object]) -> Tuple[float, object]:
    """Seconds a job takes, and what it gives."""
    start = time.perf_counter()
    found = job()
    return time.perf_counter() - start, found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=200)
    parser.add_argument("--mib", type=float, default=10, help="size of one host's log")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-fleet-") as folder:
        make(Path(folder), options.hosts, int(options.mib * (1 << 20)))
        files: List[str] = [str(one) for one in Path(folder).rglob("audit.log")]
        inputs = find([folder])[0]
        cut = batches(inputs)
        rows = [
            (
                "grep -c",
                timed(lambda: subprocess.run(["grep", "-c", "denied", *files], capture_output=True, check=False))[0],
            )
        ]
        for name, workers in (("one process", 1), ("2 workers", 2)):
            seconds, part = timed(lambda workers=workers: engine.run(cut, workers=workers))  # type: ignore[misc]
            assert part.gathered.reading().summary.denials == 50 * options.hosts  # type: ignore[attr-defined]
            rows.append((name, seconds))
        parts = [engine.run([one], workers=1) for one in cut[:8]]
        merging, _ = timed(lambda: merge(parts))
        for name, seconds in rows:
            print(f"{name:<12} {seconds:8.2f} s  {seconds / rows[0][1]:6.1f} times grep")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"merging 8 parts: {merging * 1000:.0f} ms; this process: {memory} MiB")


if __name__ == "__main__":
    main()
