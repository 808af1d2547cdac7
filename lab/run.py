"""Runs the lab: `python -m lab.run --quick` or `--full`, or the cases whose ids are given."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from lab.case import Case, load_all
from lab.guest import Guest, guard
from lab.kinds import KINDS, guests_of, handed
from lab.loop import Outcome, run_loop
from lab.paths import LabError, LabSkipped, cache, commit
from lab.pool import run_all
from lab.ready import ready


@dataclass(frozen=True)
class Job:
    """One loop to go through; `alternative` is the index of a remedy to apply instead of the first."""

    case: Case
    guest: str
    audit_rule: bool
    alternative: Optional[int] = None

    def __str__(self) -> str:
        what = "" if self.alternative is None else f", remedy {self.alternative + 1}"
        return f"{self.case.id} ({self.guest}, {'with rule' if self.audit_rule else 'no rule'}{what})"


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run what the command line asks for.

    Returns:
        0 when every loop closed or the lab cannot run here, 1 when one did not, 3 when the lab itself failed.
    """
    guard()
    commit()
    chosen = parse(arguments)
    minutes = chosen.minutes or (8 if chosen.quick else 60)
    try:
        cases = select(load_all(), chosen)
        name = "outcomes.json" if handed() is None else "outcomes-store.json"
        target = Path(chosen.output) if chosen.output else cache() / name
        jobs = jobs_of(cases, rules_of(chosen), chosen.guest)
        outcomes = run_jobs(jobs, minutes, target, every=chosen.every_remedy)
    except LabSkipped as reason:
        print(f"lab: skipped: {reason}")
        return 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 3
    there = [outcome for outcome in outcomes if not outcome.absent]
    good = sum(outcome.passed for outcome in there)
    absent = len(outcomes) - len(there)
    print(f"lab: {good} of {len(there)} loops closed" + (f"; {absent} are not there in this policy" if absent else ""))
    return 0 if good == len(there) else 1


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="lab.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the quick cases, without an audit rule")
    parser.add_argument("--full", action="store_true", help="every case, with and without an audit rule")
    parser.add_argument("--guest", choices=tuple(KINDS), help="only this guest")
    parser.add_argument("--rule", choices=("without", "with", "both"), help="an audit rule in the guest, or none")
    parser.add_argument("--every-remedy", action="store_true", help="also try the remedies that are not ranked first")
    parser.add_argument("--minutes", type=float, help="start no further loop after so many minutes (quick: 8, else 60)")
    parser.add_argument("--output", help="where the outcomes go (JSON; default: in the cache)")
    parser.add_argument("case", nargs="*", help="ids of cases")
    return parser.parse_args(arguments)


def select(cases: List[Case], chosen: argparse.Namespace) -> List[Case]:
    """The cases to run; those that are named, in that order.

    Raises:
        LabError: an id that does not exist.
    """
    unknown = set(chosen.case) - {case.id for case in cases}
    if unknown:
        raise LabError(f"no such case: {', '.join(sorted(unknown))}")
    if chosen.case:
        return sorted((case for case in cases if case.id in chosen.case), key=lambda case: chosen.case.index(case.id))
    return [case for case in cases if case.quick or not chosen.quick]


def rules_of(chosen: argparse.Namespace) -> Sequence[bool]:
    """Whether the guests get an audit rule: both ways by default, without one in the quick run."""
    wanted = chosen.rule or ("without" if chosen.quick else "both")
    return {"without": (False,), "with": (True,), "both": (False, True)}[wanted]


def jobs_of(cases: Sequence[Case], rules: Sequence[bool], only: Optional[str] = None) -> List[Job]:
    """The loops to go through, guest by guest.

    Args:
        cases: what to run.
        rules: with an audit rule, without one, or first one way and then the other.
        only: the name of a kind of guest; None: all.
    """
    guests = dict.fromkeys(guest for case in cases for guest in guests_of(case.guest) if only in {None, guest})
    return [
        Job(case, guest, audit_rule)
        for guest in guests for case in cases if guest in guests_of(case.guest)
        for audit_rule in rules if audit_rule in case.rules
    ]  # fmt: skip


def run_jobs(jobs: Sequence[Job], minutes: float, target: Path, *, every: bool = False) -> List[Outcome]:
    """Each loop in a guest woken for it alone, two guests beside each other; one that hangs is one failed loop.

    Args:
        jobs: what to do.
        minutes: when to start no further loop; what is left out is said.
        target: where the outcomes are written, anew after each loop.
        every: also apply each further remedy that is offered, in a guest of its own: once for each case.

    Returns:
        The outcomes in the order of the jobs; the further remedies stand behind them.
    """
    deadline = time.monotonic() + 60 * minutes
    there = available(dict.fromkeys(job.guest for job in jobs))
    outcomes = Outcomes(target)
    outcomes.run([job for job in jobs if job.guest in there], deadline)
    if every:
        outcomes.run(further(outcomes.found), deadline)
    return outcomes.found


def available(guests: Iterable[str]) -> List[str]:
    """Those of the guests that can be made here; the reason for each other one is said.

    Raises:
        LabSkipped: there is none.
    """
    found, reasons = [], []
    for guest in guests:
        try:
            ready(guest)
            found.append(guest)
        except LabSkipped as reason:
            reasons.append(f"{guest}: {reason}")
    if reasons and not found:
        raise LabSkipped("; ".join(reasons))
    for told in reasons:
        print(f"lab: skipped {told}", flush=True)
    return found


class Outcomes:
    """What has been found so far, kept in a file."""

    def __init__(self, target: Path) -> None:
        self.found: List[Outcome] = []
        self._target = target

    def run(self, jobs: Sequence[Job], deadline: float) -> None:
        """Do these jobs, say how each ended, and keep the outcomes in the order of the jobs."""
        before, here = list(self.found), dict[Job, Outcome]()

        def told(job: Job, outcome: Optional[Outcome]) -> None:
            if outcome is None:
                print(f"lab: the time is over, left out: {job}", flush=True)
                return
            print(line(outcome), flush=True)
            here[job] = outcome
            self.found = before + [here[one] for one in jobs if one in here]
            write(self.found, self._target)

        run_all(jobs, run_one, deadline, told)


def further(outcomes: Sequence[Outcome]) -> List[Job]:
    """The remedies not ranked first: once for each case and guest, where the most were offered."""
    found: Dict[Tuple[str, str], List[Job]] = {}
    for outcome in outcomes:
        jobs = [Job(outcome.case, outcome.guest, outcome.audit_rule, index) for index in others(outcome)]
        if len(jobs) > len(found.get((outcome.guest, outcome.case.id), ())):
            found[(outcome.guest, outcome.case.id)] = jobs
    return [job for jobs in found.values() for job in jobs]


def others(outcome: Outcome) -> List[int]:
    """The remedies besides the one that was applied which a program can carry out.

    A case that chooses its remedy has a fellow for the one ranked first; there the others are tried.
    """
    if outcome.case.choose:
        return []
    taken = outcome.first
    kinds = [kind for kind, _ in outcome.offered]
    skip = kinds.index(taken) if taken in kinds else -1
    able = [index for index, (_, applicability) in enumerate(outcome.offered) if applicability != "manual"]
    return [index for index in able if index != skip] if outcome.case.apply else []


def run_one(job: Job) -> Outcome:
    """One loop in a fresh guest."""
    snapshot = ready(job.guest)
    begun = time.monotonic()
    outcome = Outcome(job.case, job.guest, job.audit_rule, job.alternative, commit=commit())
    with Guest(snapshot.machine) as guest:
        try:
            guest.wake(snapshot)
            run_loop(guest, outcome)
        except LabError as error:
            outcome.faults.append(str(error))
    outcome.seconds = time.monotonic() - begun
    return outcome


def line(outcome: Outcome) -> str:
    """One line about an outcome, and one for each fault."""
    job = Job(outcome.case, outcome.guest, outcome.audit_rule, outcome.alternative)
    if outcome.absent:
        return f"-      {job}: not there: {', '.join(outcome.absent)}"
    sign = "ok    " if outcome.passed else "FAILED"
    first = f"{sign} {job} {outcome.seconds:.0f} s: {outcome.applied}"
    return "\n".join([first, *(f"         {fault}" for fault in outcome.faults)])


def write(outcomes: Sequence[Outcome], target: Path) -> None:
    """Keep the outcomes for the report."""
    plain = [asdict(outcome) for outcome in outcomes]
    target.write_text(json.dumps(plain, indent=1, default=sorted, sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
