"""Checks what a history that came with an offline root asks to be made, as a plan from a stranger is checked."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import TypedAction, Workplace
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
_OPEN = 0o7002


def objections(changes: Sequence[Change], recorded: Sequence[Change], machine: Machine) -> Tuple[str, ...]:
    """Why changes must not be made, one line each; empty where a plan could ask for every one of them.

    Args:
        changes: what an undo would do.
        recorded: all that the transaction did, of which a part may be taken back already.
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
    moves = _moves(recorded, machine.root)
    edits = tuple(_edits(changes, moves, machine.root, machine.history))
    found += _odd_files(changes, moves, machine.root)
    strange = (one.path for one, explained in edits if not explained)
    found += [safe_text(f"{path} would get contents that no move of a file explains") for path in strange]
    site = Workplace(machine.root, host, machine.store.directory, stored, tuple(actions))
    for one in actions:
        if one.item() is not None:
            checks = one.preflight(site)
            found += [f"{check.name}: {check.detail}" for check in checks if check.passed is False]
    refused = refusal(host, [one.action() for one in (*actions, *moves, *(edit for edit, _ in edits))])
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
        site = Workplace(machine.root, host, machine.store.directory, {}, ())
        check = type_check(_type(after), "file_type", site)
        if check.passed is False:
            yield check.detail
    if change.kind == "mode":
        now = look(machine.root, path).mode & 0o7777
        if int(after, 8) & _OPEN & ~now:
            yield f"it would open {path} to others or to whoever runs it"
    if change.kind == "owner":
        pinned = look(machine.root, path)
        if after.split(":", maxsplit=1)[0] != str(pinned.uid):
            yield f"it would give {path} to somebody else"


def _moves(recorded: Sequence[Change], root: Path) -> Tuple[FileMove, ...]:
    """The moves to take back: a file of the record that went, and the same one that came, and is at either place."""
    came = {one.key[0]: Content.parse(str(one.after)) for one in recorded if one.kind == "file" and one.before is None}
    went = {one.key[0]: Content.parse(str(one.before)) for one in recorded if one.kind == "file" and one.after is None}
    return tuple(
        FileMove(to, path)
        for path, old in went.items()
        for to, new in came.items()
        if old[:4] == new[:4] and any(_is_at(place, old, root) for place in (path, to))
    )


def _is_at(path: str, content: Content, root: Path) -> bool:
    """Whether a file has this content, and an owner and a mode by which writing it so gives nobody more."""
    now = content_of(root, path)
    return now is not None and now.sha256 == content.sha256 and _gives_nothing(now, content)


def _gives_nothing(now: Content, then: Content) -> bool:
    """Whether the owner stays, and the mode gets neither a set-id bit nor lets others write."""
    return now.uid == then.uid and not then.mode & _OPEN & ~now.mode


def _odd_files(changes: Sequence[Change], moves: Sequence[FileMove], root: Path) -> Iterator[str]:
    """Files that would come from nowhere, or go without being elsewhere."""
    made = {one.key[0] for one in changes if one.kind == "file" and one.before is None}
    for change in changes:
        path = change.key[0]
        if change.kind != "file" or (change.before is not None and change.after is not None):
            continue
        if change.before is None:
            content = Content.parse(str(change.after))
            known = any(one.to == path and _is_at(one.path, content, root) for one in moves)
        else:
            content = Content.parse(change.before)
            places = [one.to for one in moves if one.path == path]
            known = any(place in made or _is_at(place, content, root) for place in places)
        if not known:
            yield safe_text(f"{path} is no file that is only moved back")


def _edits(
    changes: Sequence[Change], moves: Sequence[FileMove], root: Path, blobs: Blobs
) -> Iterator[Tuple[TextReplace, bool]]:
    """Each file that gets other contents, and whether only the place of a moved file changes in it."""
    for change in changes:
        if change.kind != "file" or change.before is None or change.after is None:
            continue
        before, after = Content.parse(change.before), Content.parse(change.after)
        now = content_of(root, change.key[0])
        same = now is not None and before[1:4] == after[1:4] and _gives_nothing(now, after)
        data, wanted = blobs.get(before.sha256), blobs.get(after.sha256)
        for move in moves:
            if same and replace_words(data, move.path, move.to) == wanted:
                yield TextReplace(change.key[0], move.path, move.to), True
                break
        else:
            yield TextReplace(change.key[0], change.key[0], change.key[0]), False
