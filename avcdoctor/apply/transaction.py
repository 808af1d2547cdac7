"""The record of one fix: who changed what and when, each item before and after; JSON in the history."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Collection, Dict, Mapping, Optional, Tuple

from avcdoctor.actions.change import Change
from avcdoctor.errors import HistoryError
from avcdoctor.model import safe_text

SCHEMA_VERSION = 1
_MOST_NUMBER = 999_999  # six digits, as the record's file is named
_LAST = 253_402_300_799_000  # the end of the year 9999, in milliseconds
STATES = ("working", "applied", "rolled-back", "rollback-failed")
"""working: begun, and interrupted if nobody holds the lock; the others are ends."""


@dataclass(frozen=True)
class Part:
    """One remedy that a transaction carried out."""

    incident: str
    title: str
    kind: str
    remedy: str


@dataclass(frozen=True)
class Transaction:
    """A plan that was carried out, or an undo of one.

    Args:
        number: its place in the history, from 1.
        began, ended: milliseconds since the epoch; `ended` is 0 while it runs.
        uid: who ran avcdoctor. `login`: who logged in, by loginuid, which su and sudo don't change.
        reverts: the transaction that this one takes back.
        services: units that have to be restarted by hand.
        note: what went wrong, if anything did.
    """

    number: int
    state: str
    began: int
    ended: int = 0
    uid: int = 0
    login: str = ""
    root: str = "/"
    parts: Tuple[Part, ...] = ()
    changes: Tuple[Change, ...] = ()
    reverts: Optional[int] = None
    services: Tuple[str, ...] = ()
    note: str = ""

    def adding(self, *changes: Change) -> Transaction:
        """The same transaction with more changes, which are about to be made."""
        return replace(self, changes=self.changes + changes)

    def without(self, changes: Collection[Change], why: str) -> Transaction:
        """The same transaction without changes that were not made after all; the note says why."""
        kept = tuple(change for change in self.changes if change not in changes)
        return replace(self, changes=kept, note="; ".join(part for part in (self.note, why) if part))


def to_document(transaction: Transaction) -> Dict[str, Any]:
    """The transaction as JSON values; the layout is `avcdoctor/apply/schemas/transaction.schema.json`."""
    document = asdict(transaction)
    document["changes"] = [{**asdict(change), "key": list(change.key)} for change in transaction.changes]
    document["parts"] = [asdict(part) for part in transaction.parts]
    document["services"] = list(transaction.services)
    return {"schema_version": SCHEMA_VERSION, "document": "transaction", **document}


def to_json(transaction: Transaction) -> str:
    """The transaction as a JSON text in ASCII; names that are no UTF-8 stay exact."""
    return json.dumps(to_document(transaction), indent=1) + "\n"


def from_json(text: str, where: str) -> Transaction:
    """Read what `to_json` wrote.

    Raises:
        HistoryError: it is something else.
    """
    try:
        document = json.loads(text)
        if document["schema_version"] != SCHEMA_VERSION or document["document"] != "transaction":
            raise HistoryError(f"{where} is no transaction of this version")
        return _transaction(document)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HistoryError(f"{where} can't be read: {type(error).__name__} {safe_text(str(error))}") from error


def _transaction(document: Mapping[str, Any]) -> Transaction:
    if document["state"] not in STATES:
        raise ValueError(f"there is no state {document['state']!r}")
    number = _whole(document["number"], 1, _MOST_NUMBER)
    reverts = document["reverts"]
    return Transaction(
        number=number,
        state=document["state"],
        began=_whole(document["began"], 0, _LAST),
        ended=_whole(document["ended"], 0, _LAST),
        uid=_whole(document["uid"], 0, (1 << 32) - 1),
        login=str(document["login"]),
        root=str(document["root"]),
        parts=tuple(Part(**{key: str(value) for key, value in part.items()}) for part in document["parts"]),
        changes=tuple(_change(change) for change in document["changes"]),
        reverts=None if reverts is None else _whole(reverts, 1, number - 1),  # an undo comes after what it undoes
        services=tuple(str(unit) for unit in document["services"]),
        note=str(document["note"]),
    )


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"{str(value)[:40]} is no number from {least} to {most}")
    return value


def _change(document: Mapping[str, Any]) -> Change:
    before, after = document["before"], document["after"]
    for value in (before, after):
        if not isinstance(value, (str, type(None))):
            raise TypeError("a value is a text or null")
    key = tuple(str(part) for part in document["key"])
    tree = str(document.get("tree", ""))  # the first records have none
    inode = _whole(document["inode"], 0, (1 << 64) - 1)
    return Change(str(document["kind"]), key, before, after, inode, tree)
