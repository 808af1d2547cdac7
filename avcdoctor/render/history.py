"""The history of fixes as text and JSON: the list, one transaction in full, and what an undo would do."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Dict, List, Optional, Sequence

from avcdoctor.apply.changes import Unread, Value
from avcdoctor.apply.transaction import Transaction, to_document
from avcdoctor.apply.undo import Reverse, UndoItem
from avcdoctor.model import safe_text

_LONGEST = 160  # characters of a value; a module's text is longer


def list_text(transactions: Sequence[Transaction], states: Sequence[str]) -> str:
    """One line per transaction: number, time, who, state, and what it was for."""
    if not transactions:
        return "nothing was changed by avcdoctor here\n"
    lines = []
    for transaction, state in zip(transactions, states):
        who = transaction.login or f"uid {transaction.uid}"
        count = len(transaction.changes)
        changes = "1 change" if count == 1 else f"{count} changes"
        what = "; ".join(f"{part.incident} {part.remedy}" for part in transaction.parts)
        lines.append(
            f"{transaction.number:>4}  {_time(transaction.began)}  {safe_text(who):<10}  {state}  ({changes})\n"
            f"      {safe_text(what)}\n"
        )
    return "".join(lines)


def list_json(transactions: Sequence[Transaction], states: Sequence[str]) -> str:
    """The list for programs; each entry is what `show_json` gives but for the items as they stand."""
    entries = [_entry(transaction, state) for transaction, state in zip(transactions, states)]
    return json.dumps({"schema_version": 1, "document": "history", "transactions": entries}, indent=1) + "\n"


def show_text(transaction: Transaction, state: str, items: Sequence[UndoItem]) -> str:
    """One transaction with each item before, after and now."""
    lines = [
        f"transaction {transaction.number}: {state}",
        f"  began    {_time(transaction.began)}",
        f"  ended    {_time(transaction.ended) if transaction.ended else 'never'}",
        f"  by       {safe_text(transaction.login or 'unknown login')} (uid {transaction.uid})",
        f"  root     {safe_text(transaction.root)}",
    ]
    if transaction.reverts is not None:
        lines.append(f"  undo of  {transaction.reverts}")
    for part in transaction.parts:
        lines.append(f"  {safe_text(part.incident)}  {safe_text(part.title)}: {safe_text(part.remedy)}")
    if transaction.note:
        lines.append(f"  note     {safe_text(transaction.note)}")
    for item in items:
        lines += _item(item)
    lines += [f"  restart  {safe_text(unit)}" for unit in transaction.services]
    return "\n".join(lines) + "\n"


def show_json(transaction: Transaction, state: str, items: Sequence[UndoItem]) -> str:
    """One transaction for programs, with the present state of each item."""
    entry = _entry(transaction, state)
    entry["items"] = [
        {"kind": item.change.kind, "key": list(item.change.key), "now": item.now, **_found(item.value)}
        for item in items
    ]
    return json.dumps(entry, indent=1) + "\n"


def reverse_text(reverse: Reverse) -> str:
    """What an undo would do, item by item."""
    transaction = reverse.transaction
    lines = [f"undo of transaction {transaction.number} ({_time(transaction.began)})"]
    for change in reverse.doable:
        before, after = _value(change.before), _value(change.after)
        lines.append(f"    {change.name()}: {before} -> {after}")
    for item in reverse.conflicts:
        told = isinstance(item.value, Unread)
        why = f"can't be compared: {_value(item.value)}" if told else f"something else made it {_value(item.value)}"
        lines.append(f"    left alone: {item.change.name()}: {why}")
    if not reverse.items:
        lines.append("    nothing of it is in place; the record is closed")
    return "\n".join(lines) + "\n"


def _entry(transaction: Transaction, state: str) -> Dict[str, Any]:
    return {**to_document(transaction), "standing": state}


def _found(value: Value) -> Dict[str, Optional[str]]:
    """A value for programs; one that can't be told is null, with the reason beside it."""
    return {"value": None, "why": safe_text(str(value))} if isinstance(value, Unread) else {"value": value}


def _item(item: UndoItem) -> List[str]:
    change = item.change
    return [
        f"  {change.name()}: {item.now}",
        f"      before  {_value(change.before)}",
        f"      after   {_value(change.after)}",
        f"      now     {_value(item.value)}",
    ]


def _value(value: object) -> str:
    shown = safe_text("absent" if value is None else str(value))
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
