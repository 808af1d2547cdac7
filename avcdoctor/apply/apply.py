"""Carries a plan out: written ahead, one store transaction, files by descriptor, looked at again, or all taken back."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, List, Sequence, Tuple

from avcdoctor.actions.base import TypedAction
from avcdoctor.actions.change import Change
from avcdoctor.actions.move import ServiceRestart, TextReplace
from avcdoctor.actions.registry import typed_all
from avcdoctor.apply.changes import write_store
from avcdoctor.apply.machine import Machine
from avcdoctor.apply.preflight import failures, preflight
from avcdoctor.apply.prepare import site_of, store_changes
from avcdoctor.apply.transaction import Part, Transaction
from avcdoctor.apply.verify import Observation, ask_again, read_back
from avcdoctor.apply.writing import Writer, left_words, take_back
from avcdoctor.errors import ApplyError, AvcdoctorError, BusyError, HistoryError, PreflightError, RollbackError
from avcdoctor.host.relabel import Skip
from avcdoctor.model import safe_text
from avcdoctor.plan.config import check_configuration
from avcdoctor.plan.model import Plan
from avcdoctor.signals import undisturbed

LOCK_WAIT = 30.0  # seconds; a transaction of libsemanage takes up to ten
_NO_LOGIN = "4294967295"  # loginuid of a process that no login started

Say = Callable[[str], None]


def silent(words: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Applied:
    """What became of a plan: the transaction, what was looked at afterwards, and what was left alone."""

    transaction: Transaction
    findings: Tuple[Observation, ...] = ()
    skipped: Tuple[Skip, ...] = ()


def apply(plan: Plan, machine: Machine, say: Say = silent, lock_wait: float = LOCK_WAIT) -> Applied:
    """Check, write down, change, look again.

    Args:
        say: told each step as it begins, in words for a person.
        lock_wait: seconds to wait for another fix to end.

    Raises:
        PreflightError: a check failed; nothing was changed.
        BusyError: another fix holds the lock; nothing was changed.
        ApplyError: a change or the look afterwards failed, and everything was taken back.
        RollbackError: taking it back failed as well; the message holds what is left to do by hand.
    """
    with machine.history.locked(lock_wait, say):
        refuse_unfinished(machine)
        host = machine.host()
        failed = failures(preflight(plan, machine, host))
        if failed:
            reasons = "; ".join(f"{check.name}: {check.detail}" for check in failed)
            raise PreflightError(f"nothing was changed: {reasons}")
        changes = store_changes(plan.actions, machine, host.info.mls)
        del host  # it keeps the old policy in memory
        work = _Work(machine, _begin(plan, machine), say)
        try:
            return _carry_out(plan, changes, work)
        except BaseException as error:
            with undisturbed():
                _roll_back(work, error)
            raise


def refuse_unfinished(machine: Machine) -> None:
    """See that no earlier transaction was cut short: it has to be undone first.

    Raises:
        BusyError: there is one; the message names it.
    """
    for number in machine.history.numbers()[-1:]:
        transaction = machine.history.load(number)
        if transaction.state in ("working", "rollback-failed"):
            raise BusyError(
                f"transaction {number} was not finished ({transaction.state})",
                f"look at avcdoctor history show {number}, then avcdoctor undo {number}",
            )


class _Work:
    """A transaction under way: every change is in the history before it is made."""

    def __init__(self, machine: Machine, transaction: Transaction, say: Say) -> None:
        self.machine = machine
        self.transaction = transaction
        self.say = say
        self.writer = Writer(machine)

    def write_ahead(self, changes: Sequence[Change]) -> Tuple[Change, ...]:
        """Put changes into the history and return them as recorded.

        Writing a file anew gives it another inode, so a later change of the same path is known by its path alone.
        """
        rewritten = {change.key for change in self.transaction.changes if change.kind == "file"}
        recorded = tuple(replace(change, inode=0) if change.key in rewritten else change for change in changes)
        self.transaction = self.transaction.adding(*recorded)
        self.machine.history.write_ahead(self.transaction)
        return recorded

    def write(self, changes: Sequence[Change]) -> Tuple[Skip, ...]:
        """Apply changes of files that are in the history; entries that had to be skipped are removed from it."""
        results = [(change, self.writer.write(change)) for change in changes]
        skipped = tuple(skip for _, skip in results if skip is not None)
        if skipped:
            unmade = {change for change, skip in results if skip is not None}
            self.transaction = self.transaction.without(unmade, left_words(skipped))
            self.machine.history.save(self.transaction)
        return skipped

    def end(self, state: str, note: str = "") -> None:
        note = "; ".join(part for part in (self.transaction.note, note) if part)
        self.transaction = replace(self.transaction, state=state, ended=now(), note=note)
        self.machine.history.close(self.transaction)


def _begin(plan: Plan, machine: Machine) -> Transaction:
    return Transaction(
        number=machine.history.next_number(),
        state="working",
        began=now(),
        uid=os.getuid(),
        login=login_name(),
        root="/" if machine.live else str(machine.root),
        parts=tuple(Part(step.incident, step.incident_title, step.kind, step.title) for step in plan.steps),
        services=tuple(one.unit for one in typed_all(plan.actions) if isinstance(one, ServiceRestart)),
    )


def _carry_out(plan: Plan, changes: Tuple[Change, ...], work: _Work) -> Applied:
    machine = work.machine
    work.write_ahead(changes)
    if changes:
        work.say(f"policy store: {counted(len(changes))} in one transaction")
        write_store(changes, machine.store)
    host = machine.host()
    skipped: List[Skip] = []
    site = site_of(plan.actions, machine, host)
    for one in sorted((one for one in site.others if one.turn), key=lambda one: one.turn):
        found, left = one.changes(site, machine.history)
        skipped += left
        work.say(_words(one, len(found)))
        skipped += work.write(work.write_ahead(found))
    edited = tuple(one.path for one in site.others if isinstance(one, TextReplace))
    if edited and machine.live:
        work.say(check_configuration(edited))
    work.say("looking again")
    findings = (*read_back(work.transaction.changes, machine), *ask_again(plan.checks, host))
    wrong = [finding for finding in findings if finding.holds is False]
    if wrong:
        raise ApplyError("; ".join(f"{finding.what}: {finding.detail}" for finding in wrong[:5]))
    work.end("applied")
    return Applied(work.transaction, findings, tuple(skipped))


def _words(action: TypedAction, count: int) -> str:
    path = safe_text(action.paths()[0])
    return f"{action.do} {path}: {counted(count) if count else 'already as wanted'}"


def _roll_back(work: _Work, error: BaseException) -> None:
    """Take back what was done, and turn the error into one that says so."""
    known = isinstance(error, (AvcdoctorError, OSError))
    reason = safe_text(str(error) if known else f"{type(error).__name__}: {error}")
    work.say(f"failed: {reason}; taking everything back")
    try:
        left = take_back(work.transaction.changes, work.writer.touched, work.machine)
    except Exception as second:  # whatever it is, the record has to say how it ended
        left = (safe_text(f"{type(second).__name__}: {second}"),)
    if left:
        work.end("rollback-failed", f"{reason}; not taken back: {'; '.join(left)}")
        raise RollbackError(
            f"{reason}; taking it back failed as well: {'; '.join(left)}",
            f"avcdoctor history show {work.transaction.number} lists what to set by hand",
        ) from error
    closed = "everything was taken back"
    try:
        work.end("rolled-back", reason)
    except (HistoryError, OSError) as second:
        number = work.transaction.number
        closed += f", but its record can't be closed ({safe_text(str(second))}): avcdoctor undo {number} closes it"
    if isinstance(error, Exception):  # an interrupt stays one
        raise ApplyError(f"{reason}; {closed}") from error


def restart(units: Sequence[str]) -> Tuple[str, ...]:
    """Restart services, as `--restart` asks for; what went wrong, one line each."""
    problems = []
    for unit in units:
        done = subprocess.run(
            ["/usr/bin/systemctl", "restart", "--", unit], capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            problems.append(f"{unit}: {safe_text(done.stderr.strip() or str(done.returncode))}")
    return tuple(problems)


def counted(number: int) -> str:
    """A number of changes in words."""
    return "1 change" if number == 1 else f"{number} changes"


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def login_name() -> str:
    """Who logged in, whatever su or sudo did since: /proc/self/loginuid (proc(5))."""
    number = ""
    with suppress(OSError):
        number = Path("/proc/self/loginuid").read_text("ascii").strip()
    if not number.isdigit() or number == _NO_LOGIN:
        return ""
    with suppress(KeyError):
        return pwd.getpwuid(int(number)).pw_name
    return number
