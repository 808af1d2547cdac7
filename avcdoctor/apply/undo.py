"""Takes a transaction back, item by item, and leaves alone what something else has changed since."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Sequence, Tuple

from avcdoctor.actions.change import Change
from avcdoctor.apply.apply import LOCK_WAIT, Applied, Say, counted, login_name, now, silent
from avcdoctor.apply.changes import Unread, Value, current, same, shown, write_store
from avcdoctor.apply.machine import Machine
from avcdoctor.apply.transaction import Part, Transaction
from avcdoctor.apply.verify import read_back
from avcdoctor.apply.vetting import objections
from avcdoctor.apply.writing import Writer, left_words, take_back
from avcdoctor.errors import ConflictError, HistoryError, PreflightError, RollbackError
from avcdoctor.host.contents import sweep
from avcdoctor.host.relabel import Skip
from avcdoctor.model import safe_text
from avcdoctor.signals import undisturbed

UNFINISHED = ("working", "rollback-failed")
_MOST_SHOWN = 5
CHANGED, UNTOLD = "changed by something else", "can't be told"


@dataclass(frozen=True)
class UndoItem:
    """One change of a transaction as it stands now.

    `now` is "in place", "taken back", "changed by something else" or, where the file may not be looked at or is
    another one, "can't be told"; `value` is what was found.
    """

    change: Change
    now: str
    value: Value


@dataclass(frozen=True)
class Reverse:
    """What undoing a transaction would do: items to take back, and items to leave alone."""

    transaction: Transaction
    items: Tuple[UndoItem, ...]
    healed: str = ""

    @property
    def doable(self) -> Tuple[Change, ...]:
        """The changes to make, in the order in which they are made."""
        return tuple(item.change.reversed() for item in reversed(self.items) if item.now == "in place")

    @property
    def conflicts(self) -> Tuple[UndoItem, ...]:
        """Items that something else has changed since, or that can't be compared."""
        return tuple(item for item in self.items if item.now in (CHANGED, UNTOLD))

    @property
    def closable(self) -> bool:
        """Whether the record of a fix that was cut short can be closed: no item of it can ever be taken back."""
        values = [item.value for item in self.conflicts]
        final = all(value.moved for value in values if isinstance(value, Unread))
        return self.transaction.state in UNFINISHED and final


def unfinished(machine: Machine) -> Tuple[Transaction, ...]:
    """Transactions that were begun and neither ended nor taken back."""
    known = (machine.history.load(number) for number in machine.history.numbers())
    return tuple(transaction for transaction in known if transaction.state in UNFINISHED)


def merged(changes: Sequence[Change]) -> Tuple[Change, ...]:
    """Each item once: its first value before and its last value after."""
    found: Dict[Tuple[str, Tuple[str, ...]], Change] = {}
    for change in changes:
        key = (change.kind, change.key)
        found[key] = replace(found[key], after=change.after) if key in found else change
    return tuple(found.values())


def standing(transaction: Transaction, machine: Machine) -> Tuple[UndoItem, ...]:
    """How each change of a transaction stands on the machine now."""
    changes = merged(transaction.changes)
    values = current(changes, machine.root, machine.store)
    return tuple(UndoItem(change, _now(change, value), value) for change, value in zip(changes, values))


def _now(change: Change, value: Value) -> str:
    if isinstance(value, Unread):
        return UNTOLD
    if same(change.kind, value, change.after):
        return "in place"
    return "taken back" if same(change.kind, value, change.before) else CHANGED


def state_of(transaction: Transaction, machine: Machine, undone: Dict[int, int]) -> str:
    """The transaction's state in words, true also after a crash.

    Args:
        undone: number of a transaction to the number of the one that took it back.
    """
    known = {
        "applied": "applied",
        "rolled-back": "failed and taken back",
        "rollback-failed": "failed, and not all of it was taken back",
    }
    if transaction.number in undone:
        return f"undone by {undone[transaction.number]}"
    return known.get(transaction.state) or _unfinished(transaction, machine)


def _unfinished(transaction: Transaction, machine: Machine) -> str:
    if machine.history.busy():
        return "at work"
    if machine.store.damaged:
        return "interrupted: the policy store was left damaged"
    items = standing(transaction, machine)
    done = sum(item.now == "in place" for item in items)
    if not done:
        return "interrupted: nothing of it is in place"
    return f"interrupted: {done} of {len(items)} changes are in place"


def undone_by(transactions: Sequence[Transaction]) -> Dict[int, int]:
    """Which transactions were taken back, and by which; an undo that was itself undone no longer counts."""
    found: Dict[int, int] = {}
    for transaction in transactions:
        if transaction.reverts is not None and transaction.state == "applied":
            found[transaction.reverts] = transaction.number
            for number, by in list(found.items()):
                if by == transaction.reverts:
                    del found[number]
    return found


def choose(machine: Machine, number: Optional[int]) -> Transaction:
    """The transaction to undo: the given one, or the newest that is not undone already.

    Raises:
        HistoryError: there is none, or it is undone already.
    """
    transactions = [machine.history.load(known) for known in machine.history.numbers()]
    undone = undone_by(transactions)
    if number is not None:
        chosen = _target(machine.history.load(number), machine)
        if number in undone:
            raise HistoryError(f"transaction {number} was undone by {undone[number]} already")
        if chosen.state == "rolled-back":
            raise HistoryError(f"transaction {number} failed and was taken back at once")
        return chosen
    for candidate in reversed(transactions):
        if candidate.state in UNFINISHED:
            return _target(candidate, machine)
        if candidate.reverts is None and candidate.state == "applied" and candidate.number not in undone:
            return candidate
    raise HistoryError("there is nothing to undo", "avcdoctor history lists what was done")


def _target(transaction: Transaction, machine: Machine) -> Transaction:
    """What to undo for a transaction: an undo that was cut short is not undone but finished."""
    while transaction.state in UNFINISHED and transaction.reverts is not None:
        transaction = machine.history.load(transaction.reverts)
    return transaction


def plan_undo(machine: Machine, number: Optional[int] = None) -> Reverse:
    """What `undo` would do; changes nothing but a store that was left without its active state.

    Raises:
        HistoryError: see `choose`.
    """
    transaction = choose(machine, number)
    return Reverse(transaction, () if machine.store.damaged else standing(transaction, machine))


def undo(machine: Machine, number: Optional[int] = None, say: Say = silent, lock_wait: float = LOCK_WAIT) -> Applied:
    """Take a transaction back; the undo is a transaction of its own and can be undone as well.

    An item that is neither as the transaction left it nor as it was before is left alone and named in `skipped`.

    Raises:
        HistoryError: there is nothing to undo.
        ConflictError: something else has changed every item, or none can be compared.
        PreflightError: another program holds the policy store, or an offline root's history asks for what no plan may.
        RollbackError: an item could not be set; the message says what is left.
    """
    with machine.history.locked(lock_wait, say):
        if machine.store.busy():
            raise PreflightError("another program is changing the policy store", "try again when it is done")
        healed = machine.store.heal()
        if healed:
            say(healed)
        reverse = plan_undo(machine, number)
        if reverse.conflicts and not reverse.doable and not reverse.closable:
            raise ConflictError(f"nothing was changed: {conflict_words(reverse)}")
        wrong = () if machine.live else objections(reverse.doable, merged(reverse.transaction.changes), machine)
        if wrong:
            shown = "; ".join(wrong[:_MOST_SHOWN])
            raise PreflightError(f"nothing was changed: this root's history asks for what no plan may: {shown}")
        return _undo(machine, reverse, say)


def conflict_words(reverse: Reverse) -> str:
    """What something else has changed or what can't be compared, item by item."""
    lines = []
    for item in reverse.conflicts:
        if isinstance(item.value, Unread):
            lines.append(f"{item.change.name()} can't be compared: {item.value}")
        else:
            lines.append(f"{item.change.name()} was made {shown(item.change.after)} and is {shown(item.value)} now")
    return "; ".join(lines)


def _undo(machine: Machine, reverse: Reverse, say: Say) -> Applied:
    old = reverse.transaction
    changes = reverse.doable
    note = f"left alone: {conflict_words(reverse)}" if reverse.conflicts else ""
    parts = tuple(Part(part.incident, part.title, part.kind, f"undo: {part.remedy}") for part in old.parts)
    record = Transaction(
        number=machine.history.next_number(),
        state="working",
        began=now(),
        uid=os.getuid(),
        login=login_name(),
        root=old.root,
        parts=parts,
        changes=changes,
        reverts=old.number,
        services=old.services,
        note=note,
    )
    try:
        machine.history.write_ahead(record)
    except HistoryError as error:
        raise PreflightError(f"nothing was changed: {error.message}", error.hint) from error
    for change in old.changes:
        if change.kind == "file":
            sweep(machine.root, change.key[0])
    writer = Writer(machine)
    try:
        skipped = _write_back(record, writer, say)
    except BaseException as error:
        with undisturbed():
            _give_up(record, writer, error)
        raise
    if skipped:
        record = record.without({one for one in changes if not one.in_store} - set(writer.touched), left_words(skipped))
    return _finish(machine, record, skipped)


def _write_back(record: Transaction, writer: Writer, say: Say) -> Tuple[Skip, ...]:
    """Carry out the changes of an undo and look at each of them again; returns the files that were left alone."""
    machine = writer.machine
    cut_short = any(_store_touched(one) for one in unfinished(machine) if one.number != record.number)
    skipped: List[Skip] = []
    for change in record.changes:
        if not change.in_store:
            say(f"{change.name()}: {safe_text(change.after or 'removed')}")
            skip = writer.write(change)
            skipped += [skip] if skip is not None else []
    stored = [change for change in record.changes if change.in_store]
    if stored or cut_short:
        say(f"policy store: {counted(len(stored))} in one transaction")
        write_store(stored, machine.store, rebuild=cut_short)
    # A directory that holds something by now stays, which is no failure.
    checked = [change for change in (*writer.touched, *stored) if change.kind != "directory"]
    wrong = [finding for finding in read_back(checked, machine) if finding.holds is False]
    if wrong:
        raise RollbackError("; ".join(f"{finding.what} {finding.detail}" for finding in wrong))
    return tuple(skipped)


def _store_touched(transaction: Transaction) -> bool:
    """Whether a transaction may have been cut short between the store and the installed policy."""
    return any(change.in_store for change in transaction.changes)


def _finish(machine: Machine, record: Transaction, skipped: Tuple[Skip, ...]) -> Applied:
    done = replace(record, state="applied", ended=now())
    machine.history.close(done)
    for one in unfinished(machine):
        note = "; ".join(part for part in (one.note, f"interrupted; taken back by {done.number}") if part)
        machine.history.save(replace(one, state="rolled-back", ended=now(), note=note))
    return Applied(done, read_back(record.changes, machine), skipped)


def _give_up(record: Transaction, writer: Writer, error: BaseException) -> None:
    """Put back what the undo did so far, so that the old transaction stands whole again."""
    machine = writer.machine
    left: List[str] = list(take_back(record.changes, writer.touched, machine))
    state = "rollback-failed" if left else "rolled-back"
    reason = safe_text(str(error)) or type(error).__name__
    note = "; ".join(part for part in (record.note, reason, *left) if part)
    machine.history.close(replace(record, state=state, ended=now(), note=note))
    if left:
        raise RollbackError(f"the undo failed: {reason}; and so did putting it back: {'; '.join(left)}") from error
