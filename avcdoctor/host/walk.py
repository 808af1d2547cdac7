"""Walks a path component by component, as the kernel does, and never leaves the root it was given."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Set, Tuple

from avcdoctor.host.files import Files
from avcdoctor.host.inode import Carried, carried
from avcdoctor.host.labels import Labels
from avcdoctor.host.mounts import Mount, Mounts, live_mounts, mounts_of_root
from avcdoctor.model import Context

MOST_LINKS = 40  # MAXSYMLINKS of the kernel: the 41st link on one path gives ELOOP
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
    stat.S_IFSOCK: "socket",
    stat.S_IFIFO: "pipe",
}
_ENDS = {
    errno.ENOENT: "missing",
    errno.ENOTDIR: "not-a-directory",
    errno.EACCES: "unreadable",
    errno.EPERM: "unreadable",
    errno.ENAMETOOLONG: "name-too-long",
    errno.ESTALE: "stale",
}


@dataclass(frozen=True)
class Component:
    """One step of the walk: a directory, a link that is followed, or the last thing on the path.

    Args:
        path: the real path of this component below the root (raw); for a link, where the link itself lies.
        kind: directory, file, link, socket, ...; "" when it is missing.
        target: what a link points to (raw), as it stands in the link.
        depth: how many links led here.
        default: the label the policy means it to have.
    """

    path: str
    kind: str = ""
    mode: int = 0
    uid: int = -1
    gid: int = -1
    owner: str = ""
    group: str = ""
    target: str = ""
    depth: int = 0
    carried: Carried = field(default_factory=Carried)
    mount: Optional[Mount] = None
    default: Optional[Context] = None
    error: str = ""

    @property
    def permissions(self) -> int:
        """Mode bits alone."""
        return stat.S_IMODE(self.mode)

    @property
    def label(self) -> Optional[Context]:
        """The label it carries, or that its mount gives to everything on it."""
        given = self.mount.value("context") if self.mount else ""
        if given:
            try:
                return Context.parse(given)
            except ValueError:
                return None
        return self.carried.label


@dataclass(frozen=True)
class Walk:
    """A path, step by step.

    Args:
        asked: the path that was asked for (raw).
        end: "found", "missing", "not-a-directory", "loop", "too-many-links", "unreadable", "name-too-long" or "stale".
        real: where it ends (raw), as far as it goes.
        links: how many symbolic links were followed.
    """

    asked: str
    components: Tuple[Component, ...]
    end: str
    real: str
    links: int
    rest: Tuple[str, ...] = ()  # names (raw) that were left when it ended
    mounts_told_by: str = ""

    @property
    def last(self) -> Component:
        """The last component that was looked at."""
        return self.components[-1]


class Walker:
    """Walks paths below one root.

    Args:
        files: the root, and the names of its users.
        labels: default labels, where a policy tells them.
    """

    def __init__(self, files: Files, labels: Optional[Labels] = None) -> None:
        self._files = files
        self._labels = labels
        self._live = files.root == Path("/")
        self.mounts: Mounts = live_mounts() if self._live else mounts_of_root(files.read_text)

    def walk(self, path: str) -> Walk:
        """Walk a path. Links are followed inside the root, absolute ones from its top, and `..` stops at its top.

        Each component is opened by name relative to its directory and without following links, so that nothing
        that changes meanwhile can lead outside.

        Args:
            path: raw; a relative one starts at the top of the root.
        """
        return _Walk(self, path).run()

    def component(self, descriptor: int, path: str, depth: int) -> Component:
        """Everything about one opened component."""
        facts = os.fstat(descriptor)
        extra = carried(descriptor, facts.st_mode)
        mount = self.mounts.by_identifier(extra.mount) if self._live else None
        link = stat.S_ISLNK(facts.st_mode)
        return Component(
            path=path,
            kind=_KINDS.get(stat.S_IFMT(facts.st_mode), "file"),
            mode=facts.st_mode,
            uid=facts.st_uid,
            gid=facts.st_gid,
            owner=self._files.user_name(facts.st_uid),
            group=self._files.group_name(facts.st_gid),
            target=os.readlink("", dir_fd=descriptor) if link else "",
            depth=depth,
            carried=extra,
            mount=mount or self.mounts.at(path),
            default=self._labels.default(path, facts.st_mode) if self._labels else None,
        )

    def open_top(self) -> int:
        """The root itself."""
        return os.open(self._files.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


class _Walk:
    """One walk in progress."""

    def __init__(self, walker: Walker, path: str) -> None:
        self._walker = walker
        self._asked = path
        self._waiting: List[str] = _parts(path)
        self._done: List[str] = []
        self._components: List[Component] = []
        self._links = 0
        self._seen: Set[Tuple[str, Tuple[str, ...]]] = set()
        self._must_be_directory = path.endswith(("/", "/."))

    def run(self) -> Walk:
        here = self._walker.open_top()
        try:
            self._components.append(self._walker.component(here, "/", 0))
            end = "found"
            while self._waiting and end == "found":
                end, here = self._step(here)
        finally:
            os.close(here)
        if end == "found" and self._must_be_directory and self._components[-1].kind != "directory":
            end = "not-a-directory"
        real = "/" + "/".join(self._done)
        told_by = self._walker.mounts.told_by
        rest = tuple(reversed(self._waiting))
        return Walk(self._asked, tuple(self._components), end, real, self._links, rest, told_by)

    def _step(self, here: int) -> Tuple[str, int]:
        """Take the next component; gives how it went and the descriptor of where the walk stands."""
        name = self._waiting.pop()
        if name == "..":
            del self._done[-1:]
            return self._again(here)
        path = "/" + "/".join((*self._done, name))
        try:
            found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
        except OSError as error:
            end = _ENDS.get(error.errno or 0, "unreadable")
            self._components.append(Component(path, depth=self._links, error=errno.errorcode.get(error.errno or 0, "")))
            return end, here
        try:
            component = self._walker.component(found, path, self._links)
        except OSError as error:  # it went away while it was looked at
            os.close(found)
            self._components.append(Component(path, depth=self._links, error=errno.errorcode.get(error.errno or 0, "")))
            return "stale", here
        self._components.append(component)
        if component.kind == "link":
            os.close(found)
            return self._follow(here, component)
        os.close(here)
        self._done.append(name)
        if self._waiting and component.kind != "directory":
            return "not-a-directory", found
        return "found", found

    def _follow(self, here: int, link: Component) -> Tuple[str, int]:
        state = (link.path, tuple(self._waiting))
        if state in self._seen:
            return "loop", here
        self._seen.add(state)
        if self._links == MOST_LINKS:
            return ("loop" if self._circling(link) else "too-many-links"), here
        self._links += 1
        self._waiting += _parts(link.target)
        if not link.target.startswith("/"):
            return "found", here
        self._done = []
        return self._again(here)

    def _circling(self, link: Component) -> bool:
        """The same link again and again, each time with a longer rest (a -> a/b): a loop as well."""
        return sum(1 for one in self._components if one.path == link.path) > 2

    def _again(self, here: int) -> Tuple[str, int]:
        """Go to where `done` says, from the top; nothing on that way is a link."""
        place = self._walker.open_top()
        os.close(here)
        for name in self._done:
            try:
                found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=place)
            except OSError:  # it was there a moment ago
                return "stale", place
            os.close(place)
            place = found
        return "found", place


def _parts(path: str) -> List[str]:
    """The names of a path, the last one first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]
