"""Cuts the guest's power at random moments during `avcdoctor fix` and looks what the next start finds."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence

from lab.case import load_all
from lab.guest import Answer, Guest, Snapshot, guard
from lab.loop import PART, explain, incident_of, provoke
from lab.paths import LabError, LabSkipped, cache, commit
from lab.pool import run_all
from lab.ready import ready

CASES = ("web-content-srv", "sshd-new-port", "web-database")
NOTHING_TO_UNDO = 3
AFTER_BOOT = """
semodule -l >/dev/null && [ "$(getenforce)" = Enforcing ] || exit 9
"""


@dataclass(frozen=True)
class Cut:
    """One power cut: when it came, what the machine said afterwards, and whether `undo` brought it back."""

    case: str
    after_seconds: float
    finished: bool  # fix had ended before the cut
    store_loads: bool
    history: str
    undo: str
    clean: bool  # local customizations are what they were before
    error: str = ""
    commit: str = ""  # of the project that was run

    @property
    def passed(self) -> bool:
        """Whether nothing was lost."""
        return self.store_loads and self.clean and not self.error


class Scene(NamedTuple):
    """A guest just before the fix: the frozen machine, the command, its customizations, how long the fix takes."""

    name: str
    snapshot: Snapshot
    command: str
    before: str
    seconds: float


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Make the cuts that the command line asks for.

    Returns:
        0 when every machine came back whole (or the lab cannot run here), 1 otherwise, 3 when the lab failed.
    """
    parser = argparse.ArgumentParser(prog="lab.crash", description=__doc__)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30, help="start no further cut after so many minutes")
    parser.add_argument("--output", help="where the outcome goes (JSON; default: in the cache)")
    chosen = parser.parse_args(arguments)
    guard()
    commit()
    try:
        cuts = run_cuts(chosen.cuts, random.Random(chosen.seed), chosen.minutes)
    except LabSkipped as reason:
        print(f"lab: skipped: {reason}")
        return 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 3
    target = Path(chosen.output) if chosen.output else cache() / "cuts.json"
    target.write_text(json.dumps([asdict(cut) for cut in cuts], indent=1), encoding="utf-8")
    print(f"lab: {sum(cut.passed for cut in cuts)} of {len(cuts)} power cuts without loss")
    return 0 if all(cut.passed for cut in cuts) else 1


class Job(NamedTuple):
    """A cut to make: where, and when after the fix began, as a share of the time it takes."""

    number: int
    name: str
    share: float


def run_cuts(count: int, dice: random.Random, minutes: float) -> List[Cut]:
    """Spread the cuts over the time a fix takes, measured once for each case; two guests run beside each other."""
    deadline = time.monotonic() + 60 * minutes
    ready("small")
    names = CASES[: max(1, min(count, len(CASES)))]
    scenes = {scene.name: scene for scene in run_all(names, prepare, deadline + 600, lambda name, scene: None) if scene}
    jobs = [Job(number, CASES[number % len(CASES)], dice.uniform(0.3, 1.1)) for number in range(count)]

    def told(job: Job, cut: Optional[Cut]) -> None:
        if cut is None:
            print(f"lab: {minutes:.0f} minutes are over, left out: cut {job.number + 1}", flush=True)
            return
        said = f"history: {cut.history}; undo: {cut.undo} {cut.error}".strip()
        sign = "ok    " if cut.passed else "FAILED"
        print(f"{sign} {job.name} cut after {cut.after_seconds:.2f} s; {said}", flush=True)

    cuts = run_all(jobs, lambda job: cut_once(scenes[job.name], job.share * scenes[job.name].seconds), deadline, told)
    return [cut for cut in cuts if cut is not None]


def prepare(name: str) -> Scene:
    """Freeze a guest in which the denial of a case has just happened, and measure how long its fix takes."""
    case = next(case for case in load_all() if case.id == name)
    directory = cache() / "snapshots" / f"cut-{name}"
    working = directory.with_suffix(".part")
    shutil.rmtree(working, ignore_errors=True)
    base = ready("small")
    with Guest(base.machine, working) as guest:
        guest.wake(base, keep=True)
        guest.run(case.setup)
        provoke(guest, case.provoke)
        incident = incident_of(explain(guest), case)
        if incident is None:
            raise LabError(f"{name}: explain found no incident to fix")
        before = customizations(guest)
        snapshot = guest.freeze(directory)
    command = f"avcdoctor fix {PART} --incident {incident['id']} --yes --allow-review"
    with Guest(base.machine) as guest:
        guest.wake(snapshot)
        begun = time.monotonic()
        done = guest.run(command, 300)
        if done.code:
            raise LabError(f"{name}: the fix itself failed: {done.output[-300:]}")
        return Scene(name, snapshot, command, before, time.monotonic() - begun)


def cut_once(scene: Scene, after: float) -> Cut:
    """Start a fix, cut the power after so many seconds, start the machine again and look."""
    with Guest(scene.snapshot.machine, durable=True) as guest:
        try:
            guest.wake(scene.snapshot)
            guest.start(scene.command + " >/root/fix.out 2>&1; echo $? >/root/fix.code; sync")
            time.sleep(after)
            guest.kill()
            guest.boot()
            return look(guest, scene, after)
        except LabError as error:
            return Cut(scene.name, after, False, False, "", "", False, str(error), commit())


def look(guest: Guest, scene: Scene, after: float) -> Cut:
    """What the machine says of itself after the cut, and after an undo."""
    finished = guest.run("test -s /root/fix.code").code == 0
    loads = guest.run(AFTER_BOOT, 120).code == 0
    history = guest.run("avcdoctor history", 120)
    states = " / ".join(history.output.split("\n")[:3]).strip() if history.code == 0 else f"exit {history.code}"
    undone = guest.run("avcdoctor undo --yes", 300)
    now = customizations(guest)
    error = "" if now == scene.before else f"before: {scene.before!r}, now: {now!r}"
    wrong = error or history_wrong(guest, undone)
    return Cut(scene.name, after, finished, loads, states, f"exit {undone.code}", not error, wrong, commit())


def history_wrong(guest: Guest, undone: Answer) -> str:
    """What the history says after the undo that is not so: nothing may be left in place, or unfinished."""
    if undone.code not in (0, NOTHING_TO_UNDO):
        return f"undo: exit {undone.code}: {undone.output[-200:]}"
    found = guest.run("avcdoctor history --format json", 120)
    try:
        transactions = json.loads(found.output)["transactions"]
    except ValueError:
        return f"history: exit {found.code}: {found.output[-200:]}"
    ended = ("undone by", "failed and taken back", "interrupted: nothing")
    left = [one["standing"] for one in transactions if one["reverts"] is None and not one["standing"].startswith(ended)]
    if left or (undone.code == 0) != any(one["reverts"] is not None for one in transactions):
        return f"history after undo (exit {undone.code}): {'; '.join(one['state'] for one in transactions)}"
    return ""


def customizations(guest: Guest) -> str:
    """The machine's local changes to its policy, as the store keeps them, and the modules beside the policy's own."""
    store = "/var/lib/selinux/reference/active"
    lists = f"cd {store} && grep -hv '^#' file_contexts.local ports.local booleans.local 2>/dev/null | grep . | sort"
    return guest.run(
        f"{lists}; ls {store}/modules/400 2>/dev/null; matchpathcon /srv/site; ls -Zd /srv/site", 120
    ).output


if __name__ == "__main__":
    sys.exit(main())
