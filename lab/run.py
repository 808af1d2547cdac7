"""Runs the lab: `python -m lab.run --quick` or `--full`, or the cases whose ids are given."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import List, Optional, Sequence

from lab.case import Case, load_all
from lab.guest import Guest, guard
from lab.loop import Outcome, run_loop
from lab.paths import LabError, LabSkipped, cache
from lab.ready import ready


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run what the command line asks for.

    Returns:
        0 when every loop closed or the lab cannot run here, 1 when one did not, 3 when the lab itself failed.
    """
    guard()
    chosen = parse(arguments)
    minutes = chosen.minutes or (8 if chosen.quick else 60)
    try:
        cases = select(load_all(), chosen)
        target = Path(chosen.output) if chosen.output else cache() / "outcomes.json"
        outcomes = run_cases(cases, rules_of(chosen), minutes, target, every=chosen.every_remedy)
    except LabSkipped as reason:
        print(f"lab: skipped: {reason}")
        return 0
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 3
    good = sum(outcome.passed for outcome in outcomes)
    print(f"lab: {good} of {len(outcomes)} loops closed")
    return 0 if good == len(outcomes) else 1


def parse(arguments: Optional[Sequence[str]]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="lab.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the quick cases, without an audit rule")
    parser.add_argument("--full", action="store_true", help="every case, with and without an audit rule")
    parser.add_argument("--guest", choices=("small", "full"), help="only the cases of this guest")
    parser.add_argument("--rule", choices=("without", "with", "both"), help="an audit rule in the guest, or none")
    parser.add_argument("--every-remedy", action="store_true", help="also try the remedies that are not ranked first")
    parser.add_argument("--minutes", type=float, help="start no further loop after so many minutes (quick: 8, else 60)")
    parser.add_argument("--output", help="where the outcomes go (JSON; default: in the cache)")
    parser.add_argument("case", nargs="*", help="ids of cases")
    return parser.parse_args(arguments)


def select(cases: List[Case], chosen: argparse.Namespace) -> List[Case]:
    """The cases to run.

    Raises:
        LabError: an id that does not exist.
    """
    unknown = set(chosen.case) - {case.id for case in cases}
    if unknown:
        raise LabError(f"no such case: {', '.join(sorted(unknown))}")
    if chosen.case:
        return [case for case in cases if case.id in chosen.case]
    return [
        case for case in cases
        if (case.quick or not chosen.quick) and (chosen.guest is None or case.guest == chosen.guest)
    ]  # fmt: skip


def rules_of(chosen: argparse.Namespace) -> Sequence[bool]:
    """Whether the guests get an audit rule: both ways by default, without one in the quick run."""
    wanted = chosen.rule or ("without" if chosen.quick else "both")
    return {"without": (False,), "with": (True,), "both": (False, True)}[wanted]


def run_cases(
    cases: Sequence[Case], rules: Sequence[bool], minutes: float, target: Path, *, every: bool = False
) -> List[Outcome]:
    """Each case in a guest woken for it alone; a guest that hangs is one failed loop.

    Args:
        cases: what to run.
        rules: with an audit rule, without one, or first one way and then the other.
        minutes: when to start no further loop; what is left out is said.
        target: where the outcomes are written, anew after each loop.
        every: also apply each further remedy that is offered, in a guest of its own.
    """
    deadline = time.monotonic() + 60 * minutes
    outcomes: List[Outcome] = []
    for case in cases:
        for audit_rule in rules if case.audit == "both" else (True,):
            if time.monotonic() > deadline:
                print(f"lab: {minutes:.0f} minutes are over, left out: {case.id}", flush=True)
                continue
            outcomes.append(run_one(case, audit_rule=audit_rule))
            print(line(outcomes[-1]), flush=True)
            for index in others(outcomes[-1]) if every and time.monotonic() < deadline else ():
                outcomes.append(run_one(case, audit_rule=audit_rule, alternative=index))
                print(line(outcomes[-1]), flush=True)
            write(outcomes, target)
    return outcomes


def others(outcome: Outcome) -> List[int]:
    """The remedies besides the one that was applied which a program can carry out."""
    taken = outcome.first if not outcome.case.choose else outcome.case.kind
    kinds = [kind for kind, _ in outcome.offered]
    skip = kinds.index(taken) if taken in kinds else -1
    able = [index for index, (_, applicability) in enumerate(outcome.offered) if applicability != "manual"]
    return [index for index in able if index != skip] if outcome.case.apply else []


def run_one(case: Case, *, audit_rule: bool, alternative: Optional[int] = None) -> Outcome:
    """One loop in a fresh guest; `alternative` is the index of a remedy to apply instead of the first."""
    snapshot = ready(case.guest)
    begun = time.monotonic()
    with Guest(snapshot.machine) as guest:
        try:
            guest.wake(snapshot)
            outcome = run_loop(guest, case, audit_rule=audit_rule, alternative=alternative)
        except LabError as error:
            outcome = Outcome(case, audit_rule, alternative, faults=[str(error)])
    outcome.seconds = time.monotonic() - begun
    return outcome


def line(outcome: Outcome) -> str:
    """One line about an outcome, and one for each fault."""
    sign = "ok    " if outcome.passed else "FAILED"
    rule = "with rule" if outcome.audit_rule else "no rule"
    first = f"{sign} {outcome.case.id} ({rule}, {outcome.seconds:.0f} s) {outcome.applied}"
    return "\n".join([first, *(f"         {fault}" for fault in outcome.faults)])


def write(outcomes: Sequence[Outcome], target: Path) -> None:
    """Keep the outcomes for the report."""
    plain = [asdict(outcome) for outcome in outcomes]
    target.write_text(json.dumps(plain, indent=1, default=sorted, sort_keys=True), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
