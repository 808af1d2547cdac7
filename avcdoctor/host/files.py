"""Read-only facts about files below a root; symbolic links are followed inside that root only."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Dict, Iterable, Optional, Tuple

from avcdoctor.model import Context
from avcdoctor.sources.roots import resolve

if TYPE_CHECKING:
    from avcdoctor.host.sosreport import SosFacts

_TYPES = {
    stat.S_IFREG: "f",
    stat.S_IFDIR: "d",
    stat.S_IFLNK: "l",
    stat.S_IFCHR: "c",
    stat.S_IFBLK: "b",
    stat.S_IFSOCK: "s",
    stat.S_IFIFO: "p",
}


@dataclass(frozen=True)
class FileFacts:
    """What lstat says of a file.

    Args:
        path: as it is called below the root, with the links before its last component resolved.
        type: f d l c b s or p, as `semanage fcontext -f` names them.
        mode: permission bits alone.
        device: "MAJOR:MINOR" in hexadecimal, as in PATH records.
        modified: seconds since the epoch.
    """

    path: str
    type: str
    mode: int
    uid: int
    gid: int
    owner: str
    group: str
    device: str
    inode: int
    size: int
    modified: float
    st_mode: int
    links: int = 1  # how many names it has


class Files:
    """The files below a root. Anything that can't be read is None: to look must never be a failure.

    Args:
        root: "/" for the running host, or the top of an offline root.
    """

    report: Optional[SosFacts] = None
    """What a sosreport tells beside the files that it copied; None for every other root."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def real(self, path: str, follow_last: bool = True) -> Optional[str]:
        """A path with its links resolved below the root; None when a component is missing, unreadable or loops.

        Args:
            path: as it is called below the root; a relative one starts at the root.
            follow_last: resolve the last component as well.
        """
        return resolve(self.root, path, follow_last)

    def _outside(self, real: str) -> Path:
        """Where a resolved path lies on this machine."""
        return self.root / real.lstrip("/")

    def on_disk(self, path: str, follow_last: bool = True) -> Optional[Path]:
        """Where a file of the root can be opened on this machine; None when it isn't there."""
        real = self.real(path, follow_last)
        return None if real is None else self._outside(real)

    def exists(self, path: str) -> bool:
        """Whether a path is there, links followed."""
        return self.real(path) is not None

    def is_gone(self, path: str) -> bool:
        """Whether a path is surely not there; of a root that holds only some of a system's files that takes a proof."""
        return not self.exists(path)

    def readlink(self, path: str) -> Optional[str]:
        """The target of a symbolic link, as it stands in the link."""
        place = self.on_disk(path, follow_last=False)
        try:
            return None if place is None else os.fspath(place.readlink())
        except OSError:
            return None

    def lstat(self, path: str) -> Optional[FileFacts]:
        """What a path is, its last component not followed."""
        real = self.real(path, False)
        if real is None:
            return None
        try:
            found = os.lstat(self._outside(real))
        except OSError:
            return None
        return FileFacts(
            path=real,
            type=_TYPES.get(stat.S_IFMT(found.st_mode), "f"),
            mode=stat.S_IMODE(found.st_mode),
            uid=found.st_uid,
            gid=found.st_gid,
            owner=self.user_name(found.st_uid),
            group=self.group_name(found.st_gid),
            device=f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}",
            inode=found.st_ino,
            size=found.st_size,
            modified=found.st_mtime,
            st_mode=found.st_mode,
            links=found.st_nlink,
        )

    def label(self, path: str) -> Optional[Context]:
        """The label a file carries (its security.selinux attribute); None where there is none."""
        place = self.on_disk(path, follow_last=False)
        try:
            if place is None:
                return None
            value = os.getxattr(place, "security.selinux", follow_symlinks=False)
            return Context.parse(value.rstrip(b"\0").decode("utf-8", "surrogateescape"))
        except (OSError, ValueError):
            return None

    def read_text(self, path: str, limit: int = 1 << 20) -> Optional[str]:
        """The beginning of a regular file, at most `limit` bytes; undecodable bytes become surrogates."""
        place = self.on_disk(path)
        if place is None:
            return None
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    return None
                with open(descriptor, "rb", closefd=False) as stream:
                    return stream.read(limit).decode("utf-8", "surrogateescape")
            finally:
                os.close(descriptor)
        except OSError:
            return None

    def names(self, directory: str) -> Tuple[str, ...]:
        """The names in a directory, sorted; nothing where it can't be read."""
        place = self.on_disk(directory)
        try:
            return () if place is None else tuple(sorted(entry.name for entry in place.iterdir()))
        except OSError:
            return ()

    def find(self, name: str, inode: int, directories: Iterable[str]) -> Optional[str]:
        """The full path of a file of which the log has only name and inode, if it lies in one of these directories."""
        if not name or "/" in name:
            return None
        for directory in directories:
            facts = self.lstat(f"{directory.rstrip('/')}/{name}")
            if facts is not None and facts.inode == inode:
                return facts.path
        return None

    @cached_property
    def _users(self) -> Dict[int, str]:
        return self._numbered("/etc/passwd")

    @cached_property
    def _groups(self) -> Dict[int, str]:
        return self._numbered("/etc/group")

    def _numbered(self, path: str) -> Dict[int, str]:
        found: Dict[int, str] = {}
        for line in (self.read_text(path, 1 << 22) or "").splitlines():
            fields = line.split(":")
            if len(fields) > 2 and fields[2].isdigit():
                found.setdefault(int(fields[2]), fields[0])
        return found

    def user_name(self, uid: int) -> str:
        """The name of a user of this root, or the number as text."""
        return self._users.get(uid, str(uid))

    def group_name(self, gid: int) -> str:
        """The name of a group of this root, or the number as text."""
        return self._groups.get(gid, str(gid))
