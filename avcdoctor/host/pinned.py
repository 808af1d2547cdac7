"""Files held by descriptor: a path is walked without following links, and stays one file until it is changed."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional

from avcdoctor.errors import AvcdoctorError
from avcdoctor.model import safe_text

LABEL = "security.selinux"
_ACL = "system.posix_acl_access"
_UNLABELLED = (errno.ENODATA, errno.EOPNOTSUPP)  # no label, or a filesystem that carries none


class UnsafePathError(AvcdoctorError):
    """A path is not one that may be changed: a link, a swapped file, or in somebody else's hands."""

    exit_code = 5


class MeanwhileError(UnsafePathError):
    """A file is gone, or no longer what it was when it was looked at."""


@dataclass(frozen=True)
class Pinned:
    """What a path was when it was looked at.

    Args:
        path: as it is called below the root.
        mode: st_mode.
        links: how many names the file has.
        label: its security.selinux attribute, or None.
    """

    path: str
    device: int
    inode: int
    mode: int
    uid: int
    gid: int
    links: int
    label: Optional[str]

    @property
    def identity(self) -> str:
        """Device, inode and kind in one text: what has to be the same a moment later."""
        return f"{self.device}:{self.inode}:{stat.S_IFMT(self.mode):o}"

    @property
    def kind(self) -> str:
        """f d l c b s or p, as `semanage fcontext -f` names the kinds of files."""
        return {0o10: "f", 0o04: "d", 0o12: "l", 0o02: "c", 0o06: "b", 0o14: "s", 0o01: "p"}[self.mode >> 12]


@contextmanager
def opened(root: Path, path: str, trusted: bool = True, link: bool = False) -> Iterator[int]:
    """Hold a file by an O_PATH descriptor that no renaming can redirect.

    Every component is opened from its parent's descriptor with O_NOFOLLOW, which is what openat2(2) does for
    RESOLVE_NO_SYMLINKS, and works on kernels before 5.6 as well.

    Args:
        root: where the path starts; its own components are the caller's choice and are followed.
        trusted: refuse a path with a directory in which somebody other than root could put another file.
        link: the last component may be a symbolic link, which is then held itself.

    Raises:
        UnsafePathError: a component is missing, a symbolic link, or (when `trusted`) writable by others.
    """
    parts = [part for part in path.split("/") if part]
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for number, part in enumerate(parts):
            here = "/" + "/".join(parts[:number])
            if trusted and number:
                _check_owner(descriptor, here)
            last = number == len(parts) - 1
            below = _step(descriptor, part, f"{here.rstrip('/')}/{part}", last=last, link=link and last)
            os.close(descriptor)
            descriptor = below
        yield descriptor
    finally:
        os.close(descriptor)


def look(root: Path, path: str, trusted: bool = True, link: bool = False) -> Pinned:
    """What a path is now; see `opened` for what is refused."""
    with opened(root, path, trusted, link) as descriptor:
        return pin(descriptor, path)


@contextmanager
def reopened(root: Path, pinned: Pinned, trusted: bool = True) -> Iterator[int]:
    """Hold the very file that was seen before.

    Raises:
        MeanwhileError: the path leads to another file by now.
        UnsafePathError: see `opened`.
    """
    with opened(root, pinned.path, trusted, link=stat.S_ISLNK(pinned.mode)) as descriptor:
        if pin(descriptor, pinned.path).identity != pinned.identity:
            raise MeanwhileError(f"{safe_text(pinned.path)} is another file than it was when it was checked")
        yield descriptor


def label_of(descriptor: int) -> Optional[str]:
    """The label of the file that a descriptor holds; None where it has none or its filesystem carries none.

    Raises:
        OSError: it can't be read, which is no answer.
    """
    try:
        return os.getxattr(_handle(descriptor), LABEL).rstrip(b"\0").decode("utf-8", "surrogateescape")
    except OSError as error:
        if error.errno in _UNLABELLED:
            return None
        raise


def set_label(descriptor: int, label: Optional[str]) -> None:
    """Give the file that a descriptor holds a label, or take it away with None.

    Raises:
        OSError: the kernel or the filesystem refuses.
    """
    if label is None:
        os.removexattr(_handle(descriptor), LABEL)
    else:
        os.setxattr(_handle(descriptor), LABEL, label.encode("utf-8", "surrogateescape") + b"\0")


def set_owner(descriptor: int, uid: int, gid: int) -> None:
    """Give the file that a descriptor holds an owner and a group."""
    os.chown(_handle(descriptor), uid, gid)


def set_mode(descriptor: int, mode: int) -> None:
    """Give the file that a descriptor holds permission bits; not for symbolic links."""
    Path(_handle(descriptor)).chmod(mode)


def _step(parent: int, name: str, path: str, *, last: bool, link: bool) -> int:
    try:
        descriptor = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError as error:
        raise UnsafePathError(f"{safe_text(path)}: {error.strerror}") from error
    mode = os.fstat(descriptor).st_mode
    if link or (not stat.S_ISLNK(mode) and (last or stat.S_ISDIR(mode))):
        return descriptor
    target = os.fsdecode(os.readlink("", dir_fd=descriptor)) if stat.S_ISLNK(mode) else ""
    os.close(descriptor)
    if target:
        raise UnsafePathError(f"{safe_text(path)} is a symbolic link to {safe_text(target)}", "name the real path")
    raise UnsafePathError(f"{safe_text(path)} is no directory")


def pin(descriptor: int, path: str) -> Pinned:
    """What the file is that a descriptor holds.

    Args:
        path: what it is called below the root.

    Raises:
        UnsafePathError: its label can't be read.
    """
    found = os.fstat(descriptor)
    try:
        label = label_of(descriptor)
    except OSError as error:
        raise UnsafePathError(f"the label of {safe_text(path)} can't be read: {error.strerror}") from error
    return Pinned(
        path=path,
        device=found.st_dev,
        inode=found.st_ino,
        mode=found.st_mode,
        uid=found.st_uid,
        gid=found.st_gid,
        links=found.st_nlink,
        label=label,
    )


def _check_owner(descriptor: int, path: str) -> None:
    if others_may_write(descriptor):
        found = os.fstat(descriptor)
        raise UnsafePathError(
            f"{safe_text(path)} can be written by others than root (owner {found.st_uid}, group {found.st_gid}, "
            f"mode {stat.S_IMODE(found.st_mode):04o})",
            "whoever can write there could put another file in its place; relabel by hand once you have looked",
        )


def others_may_write(descriptor: int) -> bool:
    """Whether somebody other than root (or than the user avcdoctor runs as) can add or rename entries here."""
    found = os.fstat(descriptor)
    by_group = bool(found.st_mode & stat.S_IWGRP) and (found.st_gid != 0 or _has_acl(descriptor))
    return found.st_uid not in (0, os.geteuid()) or bool(found.st_mode & stat.S_IWOTH) or by_group


def _has_acl(descriptor: int) -> bool:
    """Whether an access control list stands behind the group bits, which then show its mask (acl(5))."""
    try:
        os.getxattr(_handle(descriptor), _ACL)
    except OSError:
        return False
    return True


def _handle(descriptor: int) -> str:
    """A path to the file itself: /proc/self/fd leads to the held inode, whatever became of its name."""
    return f"/proc/self/fd/{descriptor}"
