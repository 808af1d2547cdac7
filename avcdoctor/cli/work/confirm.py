"""What fix and apply share: show the plan and its checks, ask, apply, and tell what came of it."""

from __future__ import annotations

import sys
from typing import List, Optional, Sequence

import typer

from avcdoctor import output
from avcdoctor.apply import watch
from avcdoctor.apply.apply import Applied, apply
from avcdoctor.apply.apply import restart as restart_services
from avcdoctor.apply.machine import Machine, open_machine
from avcdoctor.apply.preflight import failures, preflight
from avcdoctor.errors import DeclinedError, NoRemedyError, PolicyError, PreflightError
from avcdoctor.model import safe_text
from avcdoctor.plan.model import Plan
from avcdoctor.plan.trust import check_trust
from avcdoctor.render import plans
from avcdoctor.sources import times


def machine_or_none(root: Optional[str], needed: bool) -> Optional[Machine]:
    """The machine to fix; without a policy store there, None for a plan that is only shown.

    Raises:
        PolicyError: it is needed and has no policy store.
    """
    try:
        return open_machine(root)
    except PolicyError:
        if needed:
            raise
        return None


def apply_plan(
    plan: Plan,
    machine: Machine,
    *,
    yes: bool,
    allow_review: bool,
    restart: bool,
    wait: Optional[str],
    logs: Sequence[str],
    color: bool = False,
    trust_log: bool = False,
) -> int:
    """Show a plan and its checks, ask, apply it, look again, and watch if that was asked for.

    Returns:
        0, or 1 when the same denial came back while watching.

    Raises:
        NoRemedyError: the plan holds nothing that a program can do.
        DeclinedError: nobody agreed, or it rests on text that nobody vouches for.
        ApplyError: see `avcdoctor.apply.apply.apply`.
    """
    seconds = times.seconds(wait) if wait else 0.0
    if not any(action.do != "manual" for action in plan.actions):
        raise NoRemedyError("the plan holds nothing that a program can do", "avcdoctor fix --dry-run shows the steps")
    if not trust_log:
        check_trust(plan)
    output.emit(plans.render(plan, "text", output.terminal_width(), color=color))
    checks = preflight(plan, machine)
    output.emit(plans.checks_text(checks))
    if failures(checks):
        raise PreflightError("nothing was changed: a check failed", "see the lines marked FAIL")
    agree(plan.applicability, f"apply this to {machine.name}?", yes=yes, allow_review=allow_review)
    began = watch.now()
    outcome = apply(plan, machine, say=output.note)
    _tell(outcome, machine)
    for problem in restart_services(outcome.transaction.services) if restart and machine.live else ():
        output.note(f"restart: {problem}")
    if seconds:
        return _watch(plan, logs, began, seconds, None if machine.live else str(machine.root))
    return 0


def agree(applicability: str, question: str, *, yes: bool, allow_review: bool = True) -> None:
    """Ask a person at the terminal; the answer is no unless they say yes.

    Raises:
        DeclinedError: they said no, there is no terminal, or --yes does not cover this plan.
    """

    if yes and (applicability == "safe" or allow_review):
        return
    if yes:
        raise DeclinedError(
            "nothing was changed: the plan grants something new, which --yes does not cover",
            "read it, then add --allow-review",
        )
    if not sys.stdin.isatty():
        raise DeclinedError("nothing was changed: there is no terminal to ask at", "add --yes once you have read it")
    if not typer.confirm(question, default=False, err=True):
        raise DeclinedError("nothing was changed")


def _tell(outcome: Applied, machine: Machine) -> None:
    lines: List[str] = plans.finding_lines(outcome.findings)
    lines += [f"  left alone: {skip.path}: {skip.why}" for skip in outcome.skipped]
    root = "" if machine.live else f" --root {machine.root}"
    number = outcome.transaction.number
    lines.append(f"done: transaction {number}; take it back with: avcdoctor undo {number}{root}")
    lines += [f"restart {unit} for it to take effect" for unit in outcome.transaction.services]
    output.emit("\n".join(safe_text(line) for line in lines) + "\n")


def _watch(plan: Plan, logs: Sequence[str], began: int, seconds: float, root: Optional[str]) -> int:
    output.note(f"watching for {seconds:.0f} s; stop with Ctrl-C")
    back = watch.relapse(plan, logs, began, seconds, root=root)
    if back is None:
        output.emit(f"the same denial did not come back within {seconds:.0f} s\n")
        return 0
    output.emit(f"the denial came back: {back}\n")
    return 1
