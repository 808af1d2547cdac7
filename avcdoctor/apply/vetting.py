"""Checks what a history that came with an offline root asks to be made, as a plan from a stranger is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Site, TypedAction
from avcdoctor.actions.boolean import BooleanSet
from avcdoctor.actions.change import Change
from avcdoctor.actions.equivalence import FcontextEqualAdd, FcontextEqualDelete
from avcdoctor.actions.fcontext import FcontextDelete, FcontextModify
from avcdoctor.actions.label import ChconType
from avcdoctor.actions.module import ModuleInstall, ModuleRemove
from avcdoctor.actions.move import FileMove, TextReplace, replace_words
from avcdoctor.actions.owner import Chmod
from avcdoctor.actions.port import PortDelete, PortModify
from avcdoctor.actions.store import type_check
from avcdoctor.apply.changes import Blobs
from avcdoctor.apply.machine import Machine
from avcdoctor.errors import AvcdoctorError
from avcdoctor.host import Host
from avcdoctor.host.contents import Content, content_of
from avcdoctor.host.pinned import look
from avcdoctor.model import Context, safe_text
from avcdoctor.remedies.protect import refusal

_FAULTS = (AvcdoctorError, ValueError, OSError)
_SPECIAL = 0o7000


def objections(changes: Sequence[Change], machine: Machine) -> Tuple[str, ...]:
    """Why changes must not be made, one line each; empty where a plan could ask for every one of them.

    Args:
        changes: what an undo would do.
        machine: an offline root, whose history anybody may have written.
    """
    host = machine.host()
    stored = {change.item: change.before for change in changes if change.in_store}
    found: List[str] = []
    actions: List[TypedAction] = []
    for change in changes:
        try:
            action = _action(change)
            found += [safe_text(f"{change.name()}: {fault}") for fault in _faults(change, machine, host)]
        except _FAULTS as error:
            found.append(safe_text(f"{change.name()}: {error}"))
            continue
        actions += [action] if action is not None else []
    moves, odd = _moves(changes, machine.root)
    found += [*odd, *_edits(changes, moves, machine.root, machine.history)]
    site = Site(machine.root, host, machine.store.directory, stored, tuple(actions))
    for one in actions:
        if one.item() is not None:
            checks = one.preflight(site)
            found += [f"{check.name}: {check.detail}" for check in checks if check.passed is False]
    refused = refusal(host, [one.action() for one in (*actions, *moves)])
    return tuple(dict.fromkeys([*found, *([refused] if refused else [])]))


def _action(change: Change) -> Optional[TypedAction]:
    """The action that makes a change, with its parameters checked; None for what is judged by itself.

    Raises:
        PlanError, ValueError: no action makes such a change.
    """
    key, after = change.key, change.after
    if change.kind == "fcontext":
        return FcontextDelete(*key) if after is None else FcontextModify(key[0], _type(after), key[1])
    if change.kind == "equivalence":
        return FcontextEqualDelete(*key) if after is None else FcontextEqualAdd(key[0], after)
    if change.kind == "port":
        ports = (key[0], int(key[1]), int(key[2]))
        return PortDelete(*ports) if after is None else PortModify(*ports, _type(after))
    if change.kind == "boolean":
        return BooleanSet(key[0], after or "off")
    if change.kind == "module":
        return ModuleRemove(*key) if after is None else ModuleInstall(key[0], after)
    if change.kind == "mode":
        return Chmod(key[0], str(after)[-3:])
    return ChconType(key[0], _type(after)) if change.kind == "label" and after is not None else None


def _type(label: str) -> str:
    return Context.parse(label).type


def _faults(change: Change, machine: Machine, host: Host) -> Iterator[str]:
    """What no plan does to a label, an owner or a mode."""
    path, after = change.key[0], str(change.after)
    if change.kind in ("label", "directory") and change.after:
        site = Site(machine.root, host, machine.store.directory, {}, ())
        check = type_check(_type(after), "file_type", site)
        if check.passed is False:
            yield check.detail
    if change.kind == "mode":
        now = look(machine.root, path).mode & 0o7777
        if int(after, 8) & _SPECIAL & ~now or int(after, 8) & 0o002 & ~now:
            yield f"it would open {path} to others or to whoever runs it"
    if change.kind == "owner":
        pinned = look(machine.root, path)
        if after.split(":", maxsplit=1)[0] != str(pinned.uid):
            yield f"it would give {path} to somebody else"


def _moves(changes: Sequence[Change], root: Path) -> Tuple[Tuple[FileMove, ...], Tuple[str, ...]]:
    """The files that are moved, and what is wrong with those that come from nowhere or go without a trace."""
    made = {one.key[0]: Content.parse(str(one.after)) for one in changes if one.kind == "file" and one.before is None}
    gone = {one.key[0]: Content.parse(str(one.before)) for one in changes if one.kind == "file" and one.after is None}
    moves: List[FileMove] = []
    for path, content in made.items():
        origin = next((one for one, old in gone.items() if old[:4] == content[:4]), None)
        now = content_of(root, origin) if origin is not None else None
        if origin is not None and now is not None and now[:4] == content[:4]:
            moves.append(FileMove(origin, path))
    moved = {path for one in moves for path in (one.path, one.to)}
    odd = [path for path in (*made, *gone) if path not in moved]
    return tuple(moves), tuple(safe_text(f"{path} is no file that is only moved back") for path in odd)


def _edits(changes: Sequence[Change], moves: Sequence[FileMove], root: Path, blobs: Blobs) -> Iterator[str]:
    """What is wrong with files that get other contents: only the place of a moved file may change in them."""
    for change in changes:
        if change.kind != "file" or change.before is None or change.after is None:
            continue
        before, after = Content.parse(change.before), Content.parse(change.after)
        now = content_of(root, change.key[0])
        same = now is not None and now[1:4] == before[1:4] == after[1:4]
        data = blobs.get(before.sha256)
        edits = (TextReplace(change.key[0], one.path, one.to) for one in moves)
        if not same or blobs.get(after.sha256) not in [replace_words(data, edit.old, edit.new) for edit in edits]:
            yield safe_text(f"{change.key[0]} would get contents that no move of a file explains")
