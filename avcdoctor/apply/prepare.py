"""Turns actions into changes of this machine: each with the value it finds and the value it will leave."""

from __future__ import annotations

import grp
import pwd
import stat
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from avcdoctor.apply.changes import Change, file_value
from avcdoctor.apply.history import History
from avcdoctor.apply.machine import Machine
from avcdoctor.host import Labels
from avcdoctor.host.contents import content_of, is_directory, read
from avcdoctor.host.items import Item
from avcdoctor.host.pinned import look
from avcdoctor.host.relabel import Skip, plan_relabel, with_level
from avcdoctor.model import Action, Context, safe_text
from avcdoctor.plan.effects import item_of, wanted
from avcdoctor.plan.errors import PreflightError

FILE_ACTIONS = ("file-move", "text-replace", "chown", "chmod", "restorecon", "chcon-level")
"""Actions on files, in the order in which they are carried out: a file has its place before it gets its label."""


def store_changes(actions: Sequence[Action], machine: Machine, mls: bool) -> Tuple[Change, ...]:
    """The changes of the policy store; items that are as wanted already are left out.

    Args:
        mls: the policy has levels, so that contexts end in one.
    """
    found: List[Tuple[Item, Optional[str]]] = []
    for action in actions:
        item = item_of(action)
        if item is None:
            continue
        value = wanted(action)
        if value is not None and item.kind in ("fcontext", "port"):
            value = str(Context("system_u", "object_r", value, "s0" if mls else ""))
        found.append((item, value))
        if item.kind == "boolean" and machine.live:
            found.append((Item("boolean-active", item.key), value))
    now = machine.store.read([item for item, _ in found])
    return tuple(Change(item.kind, item.key, now[item], value) for item, value in found if now[item] != value)


def file_changes(
    action: Action, root: Path, labels: Optional[Labels], history: History
) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
    """The changes of one action on files, and the files it leaves alone with the reason.

    Contents that the changes need are put into the history first.

    Raises:
        UnsafePathError: a path may not be changed.
        PreflightError: the action can't be carried out here.
    """
    values = action.parameters
    path = str(values["path"])
    if action.do == "file-move":
        return _move(path, str(values["to"]), root, labels, history), ()
    if action.do == "text-replace":
        return _replace(path, str(values["old"]), str(values["new"]), root, history), ()
    if action.do in ("restorecon", "chcon-level"):
        return _labels(action, root, labels)
    kind = "owner" if action.do == "chown" else "mode"
    pinned = look(root, path)
    before, after = file_value(kind, pinned), _wanted_file_value(action, root)
    return (() if before == after else (Change(kind, (path,), before, after, pinned.inode),)), ()


def _labels(action: Action, root: Path, labels: Optional[Labels]) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
    path, recursive = str(action.parameters["path"]), bool(action.parameters["recursive"])
    if action.do == "restorecon":
        found, skipped = plan_relabel(root, path, recursive, _needed(labels))
    else:
        found, skipped = with_level(root, path, recursive, str(action.parameters["level"]))
    top = path if recursive else ""
    changes = (Change("label", (one.file.path,), one.file.label, one.label, one.file.inode, top) for one in found)
    return tuple(changes), skipped


def _wanted_file_value(action: Action, root: Path) -> str:
    if action.do == "chmod":
        return f"{int(str(action.parameters['mode']), 8):04o}"
    owner, group = str(action.parameters["owner"]), str(action.parameters["group"])
    return f"{number_of(owner, root, 'passwd')}:{number_of(group, root, 'group')}"


def number_of(name: str, root: Path, table: str) -> int:
    """The number of a user ("passwd") or group ("group") on the machine that is changed.

    Raises:
        PreflightError: there is no such user or group.
    """
    if name.isdigit():
        return int(name)
    if root == Path("/"):
        try:
            return pwd.getpwnam(name).pw_uid if table == "passwd" else grp.getgrnam(name).gr_gid
        except KeyError as error:
            raise PreflightError(f"there is no {name} in {table}") from error
    return _in_file(name, root, table)


def _in_file(name: str, root: Path, table: str) -> int:
    """The offline root's own table, since this host's numbers mean nothing there."""
    known: Dict[str, int] = {}
    for line in read(root, f"/etc/{table}").decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if len(fields) > 2 and fields[2].isdigit():
            known.setdefault(fields[0], int(fields[2]))
    if name not in known:
        raise PreflightError(f"there is no {name} in {root}/etc/{table}")
    return known[name]


def _move(path: str, to: str, root: Path, labels: Optional[Labels], history: History) -> Tuple[Change, ...]:
    before = content_of(root, path)
    if before is None:
        raise PreflightError(f"there is no file {safe_text(path)} to move")
    if content_of(root, to) is not None:
        raise PreflightError(f"{safe_text(to)} is there already")
    history.put(read(root, path))
    after = before._replace(label=_label_at(to, path, root, _needed(labels)) if before.label else "")
    there = tuple(Change("directory", (one,), None, _directory_label(one, labels)) for one in missing_folders(root, to))
    return (*there, Change("file", (to,), None, str(after)), Change("file", (path,), str(before), None))


def missing_folders(root: Path, path: str) -> Tuple[str, ...]:
    """The directories that have to be made before a file can be put at `path`, the topmost first.

    Raises:
        UnsafePathError: something else is in the way, or a directory on the way may not be used.
    """
    missing: List[str] = []
    folder = path.rpartition("/")[0]
    while folder and not is_directory(root, folder):
        missing.append(folder)
        folder = folder.rpartition("/")[0]
    return tuple(reversed(missing))


def _directory_label(path: str, labels: Optional[Labels]) -> str:
    default = _needed(labels).default(path, stat.S_IFDIR)
    return str(default) if default else ""


def _label_at(to: str, path: str, root: Path, labels: Labels) -> str:
    """The label the moved file gets: the default of its new place, or the one it has where there is none."""
    pinned = look(root, path)
    default = labels.default(to, pinned.mode)
    if default is None:
        return pinned.label or ""
    try:
        return str(Context.parse(pinned.label or "").with_type(default.type))
    except ValueError:  # what it carries is no context
        return str(default)


def _replace(path: str, old: str, new: str, root: Path, history: History) -> Tuple[Change, ...]:
    before = content_of(root, path)
    if before is None:
        raise PreflightError(f"there is no file {safe_text(path)} to edit")
    data = read(root, path)
    edited = replace_words(data, old, new)
    if edited == data:
        raise PreflightError(f"{safe_text(path)} does not name {safe_text(old)}")
    history.put(data)
    digest = history.put(edited)
    return (Change("file", (path,), str(before), str(before._replace(sha256=digest))),)


def replace_words(data: bytes, old: str, new: str) -> bytes:
    """Replace a path wherever a configuration names it as a whole, never as the beginning of a longer one."""
    before, after = old.encode("utf-8", "surrogateescape"), new.encode("utf-8", "surrogateescape")
    boundary = b" \t\r\n\"'=,;{}()"
    parts: List[bytes] = []
    rest = data
    while True:
        head, found, tail = rest.partition(before)
        if not found:
            return b"".join([*parts, rest])
        last = (head or b"".join(parts[-1:]))[-1:]
        starts = not last or last in boundary
        ends = not tail[:1] or tail[:1] in boundary
        parts += [head, after if starts and ends else before]
        rest = tail


def _needed(labels: Optional[Labels]) -> Labels:
    if labels is None:
        raise PreflightError("there are no file contexts to relabel by", "install a policy")
    return labels
