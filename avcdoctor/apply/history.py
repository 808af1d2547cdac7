"""What was changed, written down before it is changed: transactions under /var/lib/avcdoctor/history."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import stat
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Callable, Iterator, List, Optional

from avcdoctor.apply.transaction import Transaction, from_json, to_json
from avcdoctor.errors import BusyError, HistoryError
from avcdoctor.model import safe_text
from avcdoctor.private import sweep_at, write_at

PLACE = ("var", "lib", "avcdoctor", "history")
_NAME = re.compile(r"([0-9]{6})\.json")
_LARGEST = 256 << 20
_SPARE = ".room"
_NOTES = 64 << 10  # bytes; closing a record adds what went wrong
_POLL = 0.2  # seconds between two tries for the lock


class History:
    """The transactions of one machine.

    The directory is reached from the root without following a link, belongs to who runs avcdoctor, and is closed to
    everybody else. A record is complete on disk before it has its name, and has its name before the change is made.

    Args:
        root: "/" or the top of an offline root.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = "/" + "/".join(PLACE)

    def numbers(self) -> List[int]:
        """The numbers of all transactions, oldest first; empty where nothing was ever fixed."""
        try:
            with self._directory(create=False) as folder:
                names = [entry.name for entry in os.scandir(folder)]
        except FileNotFoundError:
            return []
        except PermissionError as error:
            raise HistoryError(f"{self.place} can't be read: {error.strerror}", "run this as root") from error
        return sorted(int(match.group(1)) for match in map(_NAME.fullmatch, names) if match)

    def load(self, number: int) -> Transaction:
        """Read a transaction.

        Raises:
            HistoryError: there is none with this number, or it can't be read.
        """
        name = f"{number:06d}.json"
        try:
            with self._directory(create=False) as folder:
                text = _read(folder, name).decode("ascii")
        except FileNotFoundError as error:
            raise HistoryError(f"there is no transaction {number}", "avcdoctor history lists them") from error
        except (OSError, ValueError) as error:
            raise HistoryError(f"{self.place}/{name} can't be read: {safe_text(str(error))}") from error
        transaction = from_json(text, f"{self.place}/{name}")
        if transaction.number != number:
            raise HistoryError(f"{self.place}/{name} is the record of transaction {transaction.number}")
        return transaction

    def save(self, transaction: Transaction) -> None:
        """Write a transaction: to a new file, synced, renamed over its name, directory synced.

        Raises:
            HistoryError: it can't be written; then nothing may be changed.
        """
        try:
            with self._directory(create=True) as folder:
                write_at(folder, f"{transaction.number:06d}.json", to_json(transaction).encode("ascii"))
        except OSError as error:
            raise HistoryError(f"{self.place} can't be written: {error.strerror}") from error

    def write_ahead(self, transaction: Transaction) -> None:
        """Write a transaction, and keep as much room for closing it later, whatever else fills the disk.

        Raises:
            HistoryError: it can't be written; then nothing may be changed.
        """
        self.save(transaction)
        try:
            with self._directory(create=True) as folder:
                spare = os.open(_SPARE, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
                try:
                    os.posix_fallocate(spare, 0, len(to_json(transaction)) + _NOTES)
                finally:
                    os.close(spare)
        except OSError as error:
            raise HistoryError(f"{self.place} has no room left: {error.strerror}") from error

    def close(self, transaction: Transaction) -> None:
        """Write a transaction that has ended, in the room that was kept for it.

        Raises:
            HistoryError: it can't be written all the same.
        """
        with self._directory(create=True) as folder, suppress(FileNotFoundError):
            os.unlink(_SPARE, dir_fd=folder)
        self.save(transaction)

    def next_number(self) -> int:
        """The number of the next transaction; call it with the lock held."""
        return max(self.numbers(), default=0) + 1

    def get(self, digest: str) -> bytes:
        """The file content with this SHA-256.

        Raises:
            HistoryError: it is missing or was changed.
        """
        try:
            with self._directory(create=False) as folder:
                data = _read(folder, f"{digest}.blob")
        except OSError as error:
            raise HistoryError(f"the saved content {digest} can't be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise HistoryError(f"the saved content {digest} was changed")
        return data

    def put(self, data: bytes) -> str:
        """Keep a file's content and return its SHA-256."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            with self._directory(create=True) as folder:
                write_at(folder, f"{digest}.blob", data)
        except OSError as error:
            raise HistoryError(f"{self.place} can't be written: {error.strerror}") from error
        return digest

    @contextmanager
    def locked(self, wait: float = 0.0, waiting: Optional[Callable[[str], None]] = None) -> Iterator[None]:
        """Hold the only right to change this machine; it ends with the process, however that ends.

        Args:
            wait: seconds to wait for another fix to end.
            waiting: told once who is being waited for.

        Raises:
            BusyError: another fix is still at work.
        """
        try:
            with self._directory(create=True) as folder:
                descriptor = os.open(
                    "lock", os.O_RDWR | os.O_NONBLOCK | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder
                )
        except OSError as error:
            raise HistoryError(f"{self.place} can't be used: {error.strerror}", "run this as root") from error
        try:
            self._acquire(descriptor, wait, waiting)
            os.ftruncate(descriptor, 0)
            with suppress(OSError):  # a full disk: only who is waited for stays unknown
                os.write(descriptor, f"{os.getpid()}\n".encode())
            with self._directory(create=True) as folder:
                sweep_at(folder)
            yield
        finally:
            os.close(descriptor)

    def busy(self) -> bool:
        """Whether a fix is at work at this moment."""
        try:
            with self._directory(create=False) as folder:
                descriptor = os.open("lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _acquire(self, descriptor: int, wait: float, waiting: Optional[Callable[[str], None]]) -> None:
        end = time.monotonic() + wait
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                who = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
                if time.monotonic() >= end:
                    raise BusyError(f"another fix is at work (process {who})", "try again when it is done") from error
                if waiting and not told:
                    waiting(f"another fix is at work (process {who}); waiting up to {wait:.0f} s")
                    told = True
                time.sleep(_POLL)
            else:
                return

    @contextmanager
    def _directory(self, create: bool) -> Iterator[int]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in PLACE:
                if create:
                    with suppress(FileExistsError):
                        os.mkdir(part, 0o700 if part in PLACE[2:] else 0o755, dir_fd=descriptor)
                try:
                    below = os.open(part, flags, dir_fd=descriptor)
                except OSError as error:
                    if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                        raise
                    raise HistoryError(f"{self.place}: {part} is no directory, or a symbolic link") from error
                os.close(descriptor)
                descriptor = below
            self._check(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)

    def _check(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if found.st_uid not in (0, os.geteuid()) or stat.S_IMODE(found.st_mode) & 0o077:
            raise HistoryError(
                f"{self.place} is open to others than root (owner {found.st_uid}, "
                f"mode {stat.S_IMODE(found.st_mode):04o})",
                "look at what is in there; then chmod 0700 and chown root",
            )


def _read(folder: int, name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no regular file")
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(_LARGEST)
