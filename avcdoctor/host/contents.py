"""Whole files written and removed without following links: what moving a script or editing a configuration needs."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Optional

from avcdoctor.host.pinned import UnsafePathError, label_of, look, opened, reopened, set_label
from avcdoctor.model import safe_text
from avcdoctor.private import sweep_at, unguessable

_LARGEST = 64 << 20  # bytes; scripts and configurations are far smaller
_CHUNK = 1 << 20


class Content(NamedTuple):
    """What makes a regular file what it is: content by its digest, permission bits, owner, group and label."""

    sha256: str
    mode: int
    uid: int
    gid: int
    label: str

    def __str__(self) -> str:
        return f"{self.sha256} {self.mode:04o} {self.uid} {self.gid} {self.label or '-'}"

    @classmethod
    def parse(cls, text: str) -> Content:
        """Read what `str` made.

        Raises:
            ValueError: it is no such text.
        """
        digest, mode, uid, gid, label = text.split(" ")
        if len(digest) != 64 or not all(letter in "0123456789abcdef" for letter in digest):
            raise ValueError("not a digest")
        return cls(digest, int(mode, 8) & 0o7777, int(uid), int(gid), "" if label == "-" else label)


def content_of(root: Path, path: str) -> Optional[Content]:
    """What a regular file is; None where there is none.

    Raises:
        UnsafePathError: the path may not be used, is no regular file, or is larger than 64 MiB.
    """
    try:
        return _content(root, path)
    except UnsafePathError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def read(root: Path, path: str) -> bytes:
    """The bytes of a regular file; see `content_of` for what is refused."""
    pinned = look(root, path)
    if not stat.S_ISREG(pinned.mode):
        raise UnsafePathError(f"{safe_text(path)} is no regular file")
    with reopened(root, pinned) as held:
        descriptor = os.open(f"/proc/self/fd/{held}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise UnsafePathError(f"{safe_text(path)} is larger than 64 MiB")
    return data


def _content(root: Path, path: str) -> Content:
    digest = hashlib.sha256(read(root, path)).hexdigest()
    pinned = look(root, path)
    return Content(digest, stat.S_IMODE(pinned.mode), pinned.uid, pinned.gid, pinned.label or "")


def create(root: Path, path: str, content: Content, data: bytes, replace: bool) -> None:
    """Write a file beside its place, complete with owner, mode and label, and put it there in one step.

    Args:
        replace: put it over the file that is there; otherwise there must be none.

    Raises:
        UnsafePathError: the directory may not be used, a file is in the way, or the filesystem refuses.
    """
    folder, _, name = path.rpartition("/")
    with opened(root, folder or "/") as parent:
        _check_folder(parent, folder)
        temporary = unguessable()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o600, dir_fd=parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                os.fchown(descriptor, content.uid, content.gid)
                os.fchmod(descriptor, content.mode)
                if content.label and label_of(descriptor) != content.label:
                    set_label(descriptor, content.label)
                stream.flush()
                os.fsync(descriptor)
            _place(temporary, name, parent, replace)
        except FileExistsError as error:
            raise UnsafePathError(f"{safe_text(path)} is there already") from error
        except OSError as error:
            raise UnsafePathError(f"{safe_text(path)} can't be written: {error.strerror}") from error
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=parent)
            _sync(parent)


def remove(root: Path, path: str, sha256: str) -> None:
    """Remove a regular file that holds what its digest says.

    Raises:
        UnsafePathError: it is something else by now, or may not be changed.
    """
    found = content_of(root, path)
    if found is None or found.sha256 != sha256:
        raise UnsafePathError(f"{safe_text(path)} was changed meanwhile")
    folder, _, name = path.rpartition("/")
    with opened(root, folder or "/") as parent:
        _check_folder(parent, folder)
        os.unlink(name, dir_fd=parent)
        _sync(parent)


def is_directory(root: Path, path: str) -> bool:
    """Whether there is a directory; a path that may not be used counts as one that is in the way.

    Raises:
        UnsafePathError: something else is there, or the path may not be used.
    """
    try:
        kind = look(root, path).kind
    except UnsafePathError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return False
        raise
    if kind != "d":
        raise UnsafePathError(f"{safe_text(path)} is no directory")
    return True


def make_directory(root: Path, path: str, label: str) -> None:
    """Make a directory of root's, mode 0755, with a label.

    Raises:
        UnsafePathError: the directory above may not be used, or the filesystem refuses.
    """
    folder, _, name = path.rpartition("/")
    with opened(root, folder or "/") as parent:
        _check_folder(parent, folder)
        try:
            os.mkdir(name, 0o755, dir_fd=parent)
            with opened(root, path) as descriptor:
                os.chown(f"/proc/self/fd/{descriptor}", os.geteuid(), os.getegid())
                Path(f"/proc/self/fd/{descriptor}").chmod(0o755)  # whatever the umask is
                if label and label_of(descriptor) != label:
                    set_label(descriptor, label)
        except OSError as error:
            raise UnsafePathError(f"{safe_text(path)} can't be made: {error.strerror}") from error
        _sync(parent)


def remove_directory(root: Path, path: str) -> bool:
    """Remove a directory if it is empty; says whether it is gone.

    Raises:
        UnsafePathError: the directory above may not be used.
    """
    folder, _, name = path.rpartition("/")
    with opened(root, folder or "/") as parent:
        _check_folder(parent, folder)
        try:
            os.rmdir(name, dir_fd=parent)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise UnsafePathError(f"{safe_text(path)} can't be removed: {error.strerror}") from error
            return False
        _sync(parent)
    return True


def sweep(root: Path, path: str) -> None:
    """Remove what `create` left beside a path when it was killed; nothing happens where there is nothing."""
    folder = path.rpartition("/")[0]
    with suppress(UnsafePathError, FileNotFoundError), opened(root, folder or "/") as parent:
        _check_folder(parent, folder)
        sweep_at(parent)


def _place(temporary: str, name: str, parent: int, replace: bool) -> None:
    if replace:
        os.rename(temporary, name, src_dir_fd=parent, dst_dir_fd=parent)
    else:  # a hard link never replaces what is there
        os.link(temporary, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)


def _check_folder(parent: int, folder: str) -> None:
    """The last component of a folder's path is checked as `opened` checks the ones before it."""
    found = os.fstat(parent)
    if not stat.S_ISDIR(found.st_mode):
        raise UnsafePathError(f"{safe_text(folder)} is no directory")
    if found.st_uid not in (0, os.geteuid()) or found.st_mode & stat.S_IWOTH:
        raise UnsafePathError(f"{safe_text(folder)} can be written by others than root")


def _sync(parent: int) -> None:
    descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
