"""A file moved to where the policy expects it, the configuration that names it, and the service that reads that."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, Effect, Keeper, Known, TypedAction, Workplace
from avcdoctor.actions.change import Change
from avcdoctor.actions.files import FileAction, arrival_check, labels_of, missing_folders
from avcdoctor.actions.parameters import PATH, UNIT, needed
from avcdoctor.errors import PreflightError
from avcdoctor.host.contents import content_of, read
from avcdoctor.host.labels import Labels
from avcdoctor.host.pinned import look
from avcdoctor.host.relabel import Skip
from avcdoctor.model import Context, safe_text

_LETTERS = "[A-Za-z0-9_./-]"
_BOUNDARY = b" \t\r\n\"'=,;{}()"


@dataclass(frozen=True)
class FileMove(FileAction):
    """`mv -nT`, never over another file; it gets its new place's label."""

    do = "file-move"
    foreseen = frozenset({"move"})
    turn = 1
    changes_defaults = True
    package = "coreutils"

    path: str = needed(PATH)
    to: str = needed(PATH)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("mv", "-nT", "--", self.path, self.to)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """Back to where it was."""
        return (FileMove(self.to, self.path),)

    def paths(self) -> Tuple[str, ...]:
        """Both places."""
        return (self.path, self.to)

    def makes(self) -> str:
        """The new place."""
        return self.to

    def came_from(self, path: str) -> str:
        """The old place for the new one."""
        return self.path if path == self.to else path

    def rewrites(self) -> bool:
        """The whole file is written anew."""
        return True

    def effects(self, known: Known) -> List[Effect]:
        """One line."""
        return [Effect("~", "file", self.path, self.path, self.to)]

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That the file may be moved and the new place is free."""
        yield from super().preflight(site)
        yield arrival_check(site.root, self.to)

    def changes(self, site: Workplace, keeper: Keeper) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
        """The directories that are missing, the file at its new place, and away from its old one."""
        root, labels = site.root, labels_of(site)
        before = content_of(root, self.path)
        if before is None:
            raise PreflightError(f"there is no file {safe_text(self.path)} to move")
        if content_of(root, self.to) is not None:
            raise PreflightError(f"{safe_text(self.to)} is there already")
        keeper.put(read(root, self.path))
        after = before._replace(label=self._label(root, labels) if before.label else "")
        there = (
            Change("directory", (one,), None, _folder_label(one, labels)) for one in missing_folders(root, self.to)
        )
        moved = (Change("file", (self.to,), None, str(after)), Change("file", (self.path,), str(before), None))
        return (*there, *moved), ()

    def _label(self, root: Path, labels: Labels) -> str:
        """The default label of the new place, or the one the file has where there is none."""
        pinned = look(root, self.path)
        default = labels.default(self.to, pinned.mode)
        if default is None:
            return pinned.label or ""
        try:
            return str(Context.parse(pinned.label or "").with_type(default.type))
        except ValueError:  # what it carries is no context
            return str(default)

    def tasks_before(self) -> List[Dict[str, Any]]:
        """A copy that never replaces anything, then the old file goes."""
        copy = {"src": self.path, "dest": self.to, "remote_src": True, "mode": "preserve", "force": False}
        gone = {"path": self.path, "state": "absent"}
        return [
            {"name": "Copy the file to where the policy expects it", "ansible.builtin.copy": copy},
            {"name": "Remove the file from its old place", "ansible.builtin.file": gone},
        ]


@dataclass(frozen=True)
class TextReplace(FileAction):
    """A path that a configuration names, replaced wherever it stands as a whole."""

    do = "text-replace"
    foreseen = frozenset({"move"})
    turn = 2

    path: str = needed(PATH)
    old: str = needed(PATH)
    new: str = needed(PATH)

    def words(self) -> str:
        """No command: sed would read the path as a pattern."""
        return f"in {self.path}, write {self.new} instead of {self.old}"

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The old path again."""
        return (TextReplace(self.path, self.new, self.old),)

    def identity(self) -> Tuple[str, ...]:
        """Each old path once for each file."""
        return (self.do, self.path, self.old)

    def rewrites(self) -> bool:
        """The whole file is written anew."""
        return True

    def unforeseen(self, kind: str, others: Sequence[TypedAction]) -> str:
        """It goes with the move of the very file that the configuration names."""
        moves = [one for one in others if isinstance(one, FileMove)]
        if any((one.path, one.to) == (self.old, self.new) for one in moves):
            return ""
        return f"{safe_text(self.path)} would be edited although no file is moved from {safe_text(self.old)}"

    def effects(self, known: Known) -> List[Effect]:
        """One line."""
        return [Effect("~", "text", self.path, self.old, self.new)]

    def changes(self, site: Workplace, keeper: Keeper) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
        """The file with the words replaced."""
        before = content_of(site.root, self.path)
        if before is None:
            raise PreflightError(f"there is no file {safe_text(self.path)} to edit")
        data = read(site.root, self.path)
        edited = replace_words(data, self.old, self.new)
        if edited == data:
            raise PreflightError(f"{safe_text(self.path)} does not name {safe_text(self.old)}")
        keeper.put(data)
        digest = keeper.put(edited)
        return (Change("file", (self.path,), str(before), str(before._replace(sha256=digest))),), ()

    def tasks_before(self) -> List[Dict[str, Any]]:
        """See the base class."""
        entry = {
            "path": self.path,
            "regexp": f"(?<!{_LETTERS}){re.escape(self.old)}(?!{_LETTERS})",
            "replace": self.new.replace("\\", "\\\\"),
            "backup": True,
        }
        return [{"name": "Name the new place in the configuration", "ansible.builtin.replace": entry}]


@dataclass(frozen=True)
class ServiceRestart(TypedAction):
    """A service whose configuration was edited starts anew; left to a person unless `--restart` is given."""

    do = "service-restart"
    foreseen = frozenset({"move"})
    package = "systemd"

    unit: str = needed(UNIT)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("systemctl", "restart", self.unit)

    def unforeseen(self, kind: str, others: Sequence[TypedAction]) -> str:
        """It goes with an edit of that service's own configuration."""
        service = self.unit.rpartition(".service")[0] or self.unit
        edits = [one for one in others if isinstance(one, TextReplace)]
        if any(one.path.startswith(f"/etc/{service}/") for one in edits):
            return ""
        return f"{self.unit} would be restarted although no configuration of it is edited"

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """A reminder."""
        yield Check("service", None, f"{self.unit} has to be restarted afterwards; that is left to you")

    def tasks_after(self) -> List[Dict[str, Any]]:
        """See the base class."""
        entry = {"name": self.unit, "state": "restarted"}
        return [{"name": "Restart the service", "ansible.builtin.service": entry}]


def replace_words(data: bytes, old: str, new: str) -> bytes:
    """Replace a path wherever a configuration names it as a whole, never as the beginning of a longer one."""
    before, after = old.encode("utf-8", "surrogateescape"), new.encode("utf-8", "surrogateescape")
    parts: List[bytes] = []
    rest = data
    while True:
        head, found, tail = rest.partition(before)
        if not found:
            return b"".join([*parts, rest])
        last = (head or b"".join(parts[-1:]))[-1:]
        starts = not last or last in _BOUNDARY
        ends = not tail[:1] or tail[:1] in _BOUNDARY
        parts += [head, after if starts and ends else before]
        rest = tail


def _folder_label(path: str, labels: Labels) -> Optional[str]:
    default = labels.default(path, stat.S_IFDIR)
    return str(default) if default else ""
