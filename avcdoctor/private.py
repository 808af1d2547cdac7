"""Files and directories of avcdoctor's own: closed to others, under names nobody can guess, swept after a kill."""

from __future__ import annotations

import atexit
import fcntl
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator, List, Optional

_PREFIX = "avcdoctor-work-"
_YOUNG = 60  # seconds in which a directory may not be locked yet
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME = ".avcdoctor-"
_RANDOM = 32  # hexadecimal digits
_lasting: List[str] = []


def unguessable() -> str:
    """A file name that only avcdoctor uses; see `is_left_over`."""
    return f"{_NAME}{secrets.token_hex(_RANDOM // 2)}"


def is_left_over(name: str) -> bool:
    """Whether a file name is one that `unguessable` made."""
    digits = name[len(_NAME) :]
    return name.startswith(_NAME) and len(digits) == _RANDOM and set(digits) <= set("0123456789abcdef")


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read: beside its place, synced, and put there in one step.

    A symbolic link at the place is replaced, not followed. What is no file, such as /dev/null, is written to.

    Raises:
        OSError: it can't be written; then what was there is still there.
    """
    with suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) and not path.is_file() and path.exists():
            mode = path.stat().st_mode  # /dev/stdout
        if not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            path.write_bytes(data)
            return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        write_at(folder, path.name, data)
    finally:
        os.close(folder)


def write_at(folder: int, name: str, data: bytes, mode: int = 0o600) -> None:
    """The same for a name in a directory that is held by descriptor.

    Raises:
        OSError: it can't be written.
    """
    temporary = unguessable()
    try:
        with os.fdopen(os.open(temporary, _NEW, 0o600, dir_fd=folder), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def sweep_at(folder: int) -> None:
    """Remove what a killed run left in a directory that is held by descriptor and that root alone can write."""
    listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        names = [entry.name for entry in os.scandir(listing) if is_left_over(entry.name)]
    finally:
        os.close(listing)
    for name in names:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)


@contextmanager
def workdir() -> Iterator[Path]:
    """A directory of our own for as long as it is needed; what killed runs left of theirs is removed first."""
    folder, lock = _locked_folder()
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def lasting_workdir() -> Path:
    """The same until the process ends."""
    folder, _ = _locked_folder()
    _lasting.append(str(folder))
    atexit.register(_remove, folder)
    return folder


def _remove(folder: Path) -> None:
    """Remove a directory of our own, however deep an archive made what is in it."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:  # before Python 3.13 each level takes a call, and rm(1) takes none
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, capture_output=True)  # noqa: S607 - by PATH


def shown(path: str) -> str:
    """A file's name without the directory of our own that it was unpacked to."""
    return next((path[len(folder) + 1 :] for folder in _lasting if path.startswith(f"{folder}/")), path)


def _locked_folder() -> tuple[Path, int]:
    """A new directory and the lock on it, which the kernel takes away from a process that dies."""
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def _sweep(place: Path) -> None:
    """Remove directories that a process of this user left behind: nobody holds their lock any more."""
    for folder in place.glob(f"{_PREFIX}*"):
        lock = _abandoned(folder)
        if lock is not None:
            _remove(folder)
            os.close(lock)


def _abandoned(folder: Path) -> Optional[int]:
    try:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or time.time() - found.st_ctime < _YOUNG:
            return None
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
