"""Reads and writes the items of changes: what each is now, and how it becomes what a change wants."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Optional, Protocol, Sequence, Union

from avcdoctor.actions.change import Change
from avcdoctor.actions.files import file_value
from avcdoctor.errors import ConflictError
from avcdoctor.host.contents import (
    Content,
    content_of,
    create,
    is_directory,
    make_directory,
    remove,
    remove_directory,
)
from avcdoctor.host.items import Edit, Item
from avcdoctor.host.pinned import MeanwhileError, Pinned, UnsafePathError, look, reopened, set_mode, set_owner
from avcdoctor.host.relabel import relabel
from avcdoctor.host.tree import look_below
from avcdoctor.model import safe_text


@dataclass(frozen=True)
class Unread:
    """Placeholder for a file value that could not be read; holds the error."""

    error: UnsafePathError

    @property
    def moved(self) -> bool:
        """Whether the file is gone or another one is there, rather than that something went wrong."""
        return isinstance(self.error, MeanwhileError) or isinstance(self.error.__cause__, FileNotFoundError)

    def __str__(self) -> str:
        return self.error.message


Value = Union[str, Unread, None]
"""What an item is now; None where it does not exist."""


def shown(value: Value) -> str:
    """A value in words that are safe to show."""
    if isinstance(value, Unread):
        return safe_text(f"not to be told ({value})")
    return safe_text(value or "absent")


class Store(Protocol):
    """What changing a machine needs of a policy store; `avcdoctor.host.store.PolicyStore` is one."""

    def read(self, items: Sequence[Item]) -> Mapping[Item, Optional[str]]:
        """The local value of each item."""

    def commit(self, edits: Sequence[Edit], rebuild: bool = False) -> None:
        """Make every edit, or none."""


class Blobs(Protocol):
    """Where file contents are kept so that undo can bring them back."""

    def get(self, digest: str) -> bytes:
        """The content with this SHA-256."""


def same(kind: str, one: Value, other: Value) -> bool:
    """Whether two values of a kind are alike.

    Whole files are compared by content alone: their owner, mode and label may have changes of their own. Of a
    directory it only counts that it is there. Modules are compared without white space at the end. What can't be
    looked at is like nothing.
    """
    if isinstance(one, Unread) or isinstance(other, Unread):
        return False
    if one is None or other is None:
        return one is other
    if kind == "directory":
        return True
    if kind == "file":
        return one.split(" ")[0] == other.split(" ")[0]
    return one.rstrip() == other.rstrip() if kind == "module" else one == other


def current(changes: Sequence[Change], root: Path, store: Store) -> List[Value]:
    """The value of each item now, in the order of `changes`."""
    stored = store.read([change.item for change in changes if change.in_store])
    return [stored[change.item] if change.in_store else _file_value(root, change) for change in changes]


def write_store(changes: Sequence[Change], store: Store, rebuild: bool = False) -> None:
    """Carry out every store change in one transaction.

    Raises:
        AvcdoctorError: the store refused; none of them holds then.
    """
    edits = [Edit(change.item, change.after) for change in changes if change.in_store]
    if edits or rebuild:
        store.commit(edits, rebuild)


def write_file(change: Change, root: Path, blobs: Blobs) -> None:
    """Carry out one change of a file, if the file still is as `before` says; nothing happens where it is done already.

    Raises:
        UnsafePathError: the path may not be used or was swapped (MeanwhileError).
        ConflictError: something else changed the file meanwhile.
    """
    now = _file_value(root, change)
    if isinstance(now, Unread):
        raise now.error
    if same(change.kind, now, change.after):
        return
    if not same(change.kind, now, change.before):
        raise ConflictError(f"{change.name()} was changed by something else: it is {shown(now)} now")
    _WRITERS[change.kind](change, root, blobs)


def _file_value(root: Path, change: Change) -> Value:
    path = change.key[0]
    try:
        if change.kind == "file":
            content = content_of(root, path)
            return None if content is None else str(content)
        if change.kind == "directory":
            return (change.after or change.before) if is_directory(root, path) else None
        pinned = _look(root, change)
    except UnsafePathError as error:
        return Unread(error)
    if change.inode and pinned.inode != change.inode:
        return Unread(MeanwhileError(f"another file is at {safe_text(path)} now"))
    return file_value(change.kind, pinned)


def _look(root: Path, change: Change) -> Pinned:
    """The file of a change; a symbolic link only where the very link was labelled, as in a whole tree."""
    if change.tree:
        return look_below(root, change.tree, change.key[0])
    return look(root, change.key[0], link=change.kind == "label" and change.inode != 0)


def _write_label(change: Change, root: Path, blobs: Blobs) -> None:
    relabel(root, _look(root, change), change.before, change.after, change.tree)


def _write_owner(change: Change, root: Path, blobs: Blobs) -> None:
    uid, gid = (int(number) for number in str(change.after).split(":"))
    with reopened(root, look(root, change.key[0])) as descriptor:
        set_owner(descriptor, uid, gid)


def _write_mode(change: Change, root: Path, blobs: Blobs) -> None:
    with reopened(root, look(root, change.key[0])) as descriptor:
        set_mode(descriptor, int(str(change.after), 8))


def _write_content(change: Change, root: Path, blobs: Blobs) -> None:
    if change.after is None:
        remove(root, change.key[0], Content.parse(str(change.before)).sha256)
        return
    content = Content.parse(change.after)
    create(root, change.key[0], content, blobs.get(content.sha256), replace=change.before is not None)


def _write_directory(change: Change, root: Path, blobs: Blobs) -> None:
    """Make a directory, or remove it; one that holds something by now stays."""
    if change.after is None:
        remove_directory(root, change.key[0])
    else:
        make_directory(root, change.key[0], change.after)


_WRITERS: Dict[str, Callable[[Change, Path, Blobs], None]] = {
    "label": _write_label,
    "owner": _write_owner,
    "mode": _write_mode,
    "file": _write_content,
    "directory": _write_directory,
}
