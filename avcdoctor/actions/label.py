"""The label of a file: put right by the policy, put back to the type it had, or given another level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, Effect, Keeper, Known, TypedAction, Workplace
from avcdoctor.actions.change import Change
from avcdoctor.actions.files import FileAction, labels_of, tree_checks
from avcdoctor.actions.parameters import FLAG, LEVEL, PATH, TYPE, needed, optional
from avcdoctor.actions.store import type_check, type_of
from avcdoctor.host.relabel import Relabel, Skip, plan_relabel, with_level

_RESTORES = ("-v", "-R", "-Rv", "-vR")


@dataclass(frozen=True)
class _Label(FileAction):
    package = "policycoreutils"

    path: str = needed(PATH)
    recursive: bool = needed(FLAG)

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """The file, and all below it where a whole tree is meant."""
        yield from super().preflight(site)
        if self.recursive and self.path not in {one.makes() for one in site.others}:
            yield from tree_checks(site.root, self.path)

    def _changes(self, found: Sequence[Relabel]) -> Tuple[Change, ...]:
        top = self.path if self.recursive else ""
        return tuple(Change("label", (one.file.path,), one.file.label, one.label, one.file.inode, top) for one in found)


@dataclass(frozen=True)
class Restorecon(_Label):
    """`restorecon`; `type` is the type it gives, `was` the one the file has before, where they are known."""

    do = "restorecon"
    foreseen = frozenset({"restorecon", "fcontext", "exec-type", "domain-transition", "move"})
    turn = 5
    restores = True
    last = True

    type: str = optional(TYPE)
    was: str = optional(TYPE)

    @classmethod
    def read(cls, argv: Tuple[str, ...]) -> Optional[TypedAction]:
        """See the base class; with -n it changes nothing and is none."""
        if len(argv) == 3 and argv[0] == "restorecon" and argv[1] in _RESTORES:
            return cls(argv[2], recursive="R" in argv[1])
        return None

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("restorecon", "-Rv" if self.recursive else "-v", self.path)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """Where rules are taken back too, the policy's label again; else the type the file had, where it is known."""
        if any(one.changes_defaults for one in others):
            path = self.path
            for one in others:
                path = one.came_from(path)
            return (Restorecon(path, self.recursive),)
        return (ChconType(self.path, self.was),) if self.was and not self.recursive else ()

    def recalling(self, known: Known) -> TypedAction:
        """With the type that the file carries; the machine knows better than a log."""
        return replace(self, was=type_of(known.get(("label", (self.path,))) or self.was))

    def identity(self) -> Tuple[str, ...]:
        """The policy has one label for a path, so two such wishes never contradict."""
        return ()

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That the type, where one is promised, exists."""
        if self.type:
            yield type_check(self.type, "file_type", site)
        yield from super().preflight(site)

    def effects(self, known: Known) -> List[Effect]:
        """One line: the label before and after."""
        below = " and below" if self.recursive else ""
        before = type_of(known.get(("label", (self.path,))) or "")
        return [Effect("~", "label", self.path + below, before, self.type or "as the file contexts have it")]

    def changes(self, site: Workplace, keeper: Keeper) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
        """As restorecon without -F does it."""
        found, skipped = plan_relabel(site.root, self.path, self.recursive, labels_of(site))
        return self._changes(found), skipped

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        return "selinux_restore_dirs", self.path


@dataclass(frozen=True)
class ChconType(FileAction):
    """`chcon -t`: the type a file had; it only takes a restorecon back and is never proposed."""

    do = "chcon-type"
    last = True

    path: str = needed(PATH)
    type: str = needed(TYPE)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("chcon", "-t", self.type, "--", self.path)

    def effects(self, known: Known) -> List[Effect]:
        """One line: the type."""
        return [Effect("~", "label", self.path, "", self.type)]

    def tasks_after(self) -> List[Dict[str, Any]]:
        """See the base class."""
        entry = {"path": self.path, "follow": False, "setype": self.type}
        return [{"name": "Put the type back", "ansible.builtin.file": entry}]


@dataclass(frozen=True)
class ChconLevel(_Label):
    """`chcon -l`; `was` is the level the file has before, where it is known."""

    do = "chcon-level"
    foreseen = frozenset({"container-label"})
    turn = 6

    level: str = needed(LEVEL)
    was: str = optional(LEVEL)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("chcon", *(("-R",) if self.recursive else ()), "-l", self.level, "--", self.path)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The level that was seen before."""
        return (ChconLevel(self.path, self.recursive, self.was, self.level),) if self.was else ()

    def recalling(self, known: Known) -> TypedAction:
        """With the level that the file carries."""
        parts = (known.get(("label", (self.path,))) or "").split(":", 3)
        return replace(self, was=parts[3]) if len(parts) > 3 and parts[3] else self

    def effects(self, known: Known) -> List[Effect]:
        """One line: the level."""
        return [Effect("~", "level", self.path, self.was, self.level)]

    def changes(self, site: Workplace, keeper: Keeper) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
        """The same labels with the level."""
        found, skipped = with_level(site.root, self.path, self.recursive, self.level)
        return self._changes(found), skipped

    def tasks_after(self) -> List[Dict[str, Any]]:
        """See the base class."""
        entry: Dict[str, Any] = {"path": self.path, "follow": False, "selevel": self.level}
        entry.update({"recurse": True, "state": "directory"} if self.recursive else {})
        return [{"name": "Set the level", "ansible.builtin.file": entry}]
