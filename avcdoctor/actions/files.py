"""What actions on files share: the checks of a path before anything is changed."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from avcdoctor.actions.base import Check, TypedAction, Workplace
from avcdoctor.errors import PreflightError
from avcdoctor.host import Labels
from avcdoctor.host.contents import is_directory
from avcdoctor.host.pinned import LABEL, Pinned, UnsafePathError, look, opened
from avcdoctor.host.tree import left_out
from avcdoctor.model import safe_text

_SHOWN = 20  # files that are left out of a tree, by name


@dataclass(frozen=True)
class FileAction(TypedAction):
    """An action on the file or directory `path`."""

    def the_path(self) -> str:
        """The file."""
        return str(self.parameters()["path"])

    def paths(self) -> Tuple[str, ...]:
        """See the base class."""
        return (self.the_path(),)

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That the file is one whose label, owner and mode may be changed; what is made by another action waits."""
        if self.the_path() not in {one.makes() for one in site.others}:
            yield file_check(site.root, self.the_path())

    def identity(self) -> Tuple[str, ...]:
        """One wish for each path."""
        return (self.do, self.the_path())


def file_check(root: Path, path: str) -> Check:
    """Whether a file may be changed at all.

    Raises:
        UnsafePathError: the way to it may not be used.
    """
    pinned = look(root, path)
    shown = safe_text(path)
    if pinned.kind not in "fd":
        return Check("file", False, f"{shown} is neither a regular file nor a directory")
    if pinned.kind == "f" and pinned.links > 1:
        # A label belongs to the inode: a page may be another name of a file that must stay closed.
        return Check("file", False, f"{shown} has {pinned.links} names (hard links), and a label holds for all of them")
    if not _carries_labels(root, path):
        return Check("file", False, f"the filesystem of {shown} carries no labels")
    if _read_only(root, path):
        return Check("file", False, f"the filesystem of {shown} is mounted read-only")
    label = safe_text(pinned.label or "no label")
    return Check("file", True, f"{shown}: inode {pinned.inode}, {label}, only root can swap it")


def tree_checks(root: Path, path: str) -> Iterator[Check]:
    """A whole tree is walked before anything is changed, as it will be walked again; what stays out is named."""
    count, skipped = left_out(root, path)
    yield Check("tree", True, f"{safe_text(path)}: {count} files can be relabelled safely")
    for one, why in skipped[:_SHOWN]:
        yield Check("tree", None, f"left out: {safe_text(one)}: {why}")
    if len(skipped) > _SHOWN:
        yield Check("tree", None, f"left out: {len(skipped) - _SHOWN} more, for such reasons")


def arrival_check(root: Path, path: str) -> Check:
    """Whether a file may be put at a path where there is none yet."""
    shown = safe_text(path)
    try:
        look(root, path)
    except UnsafePathError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            return Check("file", False, str(error))
    else:
        return Check("file", False, f"{shown} is there already")
    made = missing_folders(root, path)
    return Check("file", True, f"{shown} is free" + (f"; {safe_text(made[0])} will be made" if made else ""))


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


def file_value(kind: str, pinned: Pinned) -> Optional[str]:
    """What a change of a file's label, owner or mode records."""
    if kind == "label":
        return pinned.label
    return f"{pinned.uid}:{pinned.gid}" if kind == "owner" else f"{stat.S_IMODE(pinned.mode):04o}"


def labels_of(site: Workplace) -> Labels:
    """The machine's file contexts.

    Raises:
        PreflightError: there are none.
    """
    if site.host.labels is None:
        raise PreflightError("there are no file contexts to relabel by", "install a policy")
    return site.host.labels


def _carries_labels(root: Path, path: str) -> bool:
    with opened(root, path) as descriptor:
        try:
            os.getxattr(f"/proc/self/fd/{descriptor}", LABEL)
        except OSError as error:
            return error.errno == errno.ENODATA  # it could carry one
    return True


def _read_only(root: Path, path: str) -> bool:
    with opened(root, path) as descriptor:
        return bool(os.fstatvfs(descriptor).f_flag & os.ST_RDONLY)
