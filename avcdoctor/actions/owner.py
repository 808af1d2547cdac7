"""Owner, group and permission bits of a file, and back to what they were."""

from __future__ import annotations

import grp
import pwd
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, Effect, Keeper, Known, TypedAction, Workplace
from avcdoctor.actions.change import Change
from avcdoctor.actions.files import FileAction, file_value
from avcdoctor.actions.parameters import MODE, OWNER, OWNER_AND_GROUP, PATH, needed, optional
from avcdoctor.errors import PreflightError
from avcdoctor.host.contents import read
from avcdoctor.host.pinned import look
from avcdoctor.host.relabel import Skip
from avcdoctor.model import safe_text

_GROUP = 0o70


@dataclass(frozen=True)
class _Owned(FileAction):
    package = "coreutils"
    foreseen = frozenset({"dac"})

    path: str = needed(PATH)

    def kind(self) -> str:
        """ "owner" or "mode": the kind of the change."""
        raise NotImplementedError

    def value(self, root: Path) -> str:
        """What the file is to have, in the numbers of the machine."""
        raise NotImplementedError

    def changes(self, site: Workplace, keeper: Keeper) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
        """The one change, or none where it is as wanted."""
        pinned = look(site.root, self.path)
        before, after = file_value(self.kind(), pinned), self.value(site.root)
        return (() if before == after else (Change(self.kind(), (self.path,), before, after, pinned.inode),)), ()

    def _moved(self, before: str, known: str) -> Iterator[Check]:
        """That the file is still what it was when the action was made."""
        if known and before != known:
            shown = safe_text(f"the {self.kind()} of {self.path} was {known} and is {before}")
            yield Check(self.kind(), False, shown)


@dataclass(frozen=True)
class Chown(_Owned):
    """`chown -h OWNER:GROUP`; `was` is owner and group before, where they are known."""

    do = "chown"
    turn = 3

    owner: str = needed(OWNER)
    group: str = needed(OWNER)
    was: str = optional(OWNER_AND_GROUP)

    @classmethod
    def read(cls, argv: Tuple[str, ...]) -> Optional[TypedAction]:
        """See the base class; of one file, owner and group both given."""
        words = _words("chown", argv)
        owner, colon, group = words[0].partition(":") if words else ("", "", "")
        return cls(words[1], owner, group) if colon else None

    def kind(self) -> str:
        """See the base class."""
        return "owner"

    def value(self, root: Path) -> str:
        """Both as numbers."""
        return f"{number_of(self.owner, root, 'passwd')}:{number_of(self.group, root, 'group')}"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("chown", "-h", "--", f"{self.owner}:{self.group}", self.path)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The owner and group that were seen before."""
        if not self.was:
            return ()
        owner, group = self.was.split(":")
        return (Chown(self.path, owner, group, f"{self.owner}:{self.group}"),)

    def recalling(self, known: Known) -> TypedAction:
        """With the numbers that the machine has, where no names are known."""
        return self if self.was else replace(self, was=known.get(("owner", (self.path,))) or "")

    def effects(self, known: Known) -> List[Effect]:
        """One line."""
        return [Effect("~", "owner", self.path, self.was, f"{self.owner}:{self.group}")]

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That both exist, the owner stays who it was, and the group becomes root's: no file is given away."""
        yield from super().preflight(site)
        wanted = self.value(site.root)
        yield Check("owner", True, f"{self.owner}:{self.group} exist")
        now = str(file_value("owner", look(site.root, self.path)))
        if not _kept(wanted, now):
            shown = safe_text(f"{self.path} belongs to {now}: a fix only gives its group to root, not {wanted}")
            yield Check("owner", False, shown)
        if self.was:
            owner, group = self.was.split(":")
            known = f"{number_of(owner, site.root, 'passwd')}:{number_of(group, site.root, 'group')}"
            yield from self._moved(now, known)

    def tasks_after(self) -> List[Dict[str, Any]]:
        """See the base class."""
        entry = {"path": self.path, "follow": False, "owner": self.owner, "group": self.group}
        return [{"name": "Set owner and group", "ansible.builtin.file": entry}]


@dataclass(frozen=True)
class Chmod(_Owned):
    """`chmod MODE`; `was` are the bits before, where they are known."""

    do = "chmod"
    turn = 4

    mode: str = needed(MODE)
    was: str = optional(MODE)

    @classmethod
    def read(cls, argv: Tuple[str, ...]) -> Optional[TypedAction]:
        """See the base class; of one file, the bits in octal."""
        words = _words("chmod", argv)
        return cls(words[1], words[0]) if words else None

    def kind(self) -> str:
        """See the base class."""
        return "mode"

    def value(self, root: Path) -> str:
        """Four octal digits."""
        return f"{int(self.mode, 8):04o}"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("chmod", self.mode, "--", self.path)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The bits that were seen before."""
        return (Chmod(self.path, self.was, self.mode),) if self.was else ()

    def recalling(self, known: Known) -> TypedAction:
        """With the bits that the machine has, where none are known."""
        before = known.get(("mode", (self.path,))) or ""
        return self if self.was or before[:1] not in ("", "0") else replace(self, was=before)

    def effects(self, known: Known) -> List[Effect]:
        """One line."""
        return [Effect("~", "mode", self.path, self.was, self.mode)]

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That only the group gets more: neither others, nor a set-id bit, nor the owner."""
        yield from super().preflight(site)
        now = int(str(file_value("mode", look(site.root, self.path))), 8)
        given = int(self.mode, 8) & ~now
        lost = now & ~int(self.mode, 8)
        narrower = not given and not now & 0o7000
        if not narrower and (given & ~_GROUP or lost):
            shown = safe_text(f"{self.path} has mode {now:04o}: a fix only lets its group in, which {self.mode} is not")
            yield Check("mode", False, shown)
        yield from self._moved(f"{now:04o}", f"{int(self.was, 8):04o}" if self.was else "")

    def tasks_after(self) -> List[Dict[str, Any]]:
        """See the base class."""
        entry = {"path": self.path, "follow": False, "mode": f"0{self.mode.lstrip('0') or '0'}"}
        return [{"name": "Set the mode", "ansible.builtin.file": entry}]


def _words(command: str, argv: Tuple[str, ...]) -> Tuple[str, ...]:
    """What a command gives a file, and the file; nothing for another command, or with any option but -h."""
    words = tuple(word for word in argv[1:] if word not in ("-h", "--"))
    plain = argv[:1] == (command,) and len(words) == 2 and not words[0].startswith("-")
    return words if plain else ()


def _kept(wanted: str, now: str) -> bool:
    """Whether the owner stays, and the group stays or becomes root's (both as "UID:GID")."""
    (owner, group), (owner_now, group_now) = wanted.split(":"), now.split(":")
    return owner == owner_now and group in ("0", group_now)


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
