"""A lasting label rule of one's own: added, changed, and taken away again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, TypedAction, Workplace
from avcdoctor.actions.parameters import FILE_TYPE, FILE_TYPES, PATTERN, TYPE, needed
from avcdoctor.actions.store import Retyping, StoreAction, type_check
from avcdoctor.host.items import Item
from avcdoctor.host.patterns import literal_path, substituted
from avcdoctor.model import safe_text

_LABELLING = frozenset({"fcontext", "exec-type", "domain-transition"})


@dataclass(frozen=True)
class _Rule(StoreAction):
    changes_defaults = True
    package = "policycoreutils-python-utils"

    pattern: str = needed(PATTERN)

    @property
    def letter(self) -> str:
        """The kind of file, as `semanage fcontext -f` has it."""
        return str(self.parameters()["file_type"])

    def the_item(self) -> Item:
        """The rule by its pattern and kind of file."""
        return Item("fcontext", (self.pattern, self.letter))

    def what(self) -> str:
        """See the base class."""
        return "file context"

    def shown(self) -> str:
        """The pattern and the kind of file in words."""
        return f"{self.pattern} ({FILE_TYPES[self.letter]})"

    def _role(self, state: str, **more: str) -> Tuple[str, Any]:
        entry: Dict[str, Any] = {"target": self.pattern, "ftype": self.letter, "state": state, **more}
        return "selinux_fcontexts", entry


@dataclass(frozen=True)
class _Set(_Rule):
    foreseen = _LABELLING

    type: str = needed(TYPE)
    file_type: str = needed(FILE_TYPE)

    def wanted(self) -> Optional[str]:
        """The type."""
        return self.type

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        return self._role("present", setype=self.type)

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That the type can be on a file, and that no equivalence takes the path away from the rule."""
        yield type_check(self.type, "file_type", site)
        labels = site.host.labels
        path = literal_path(self.pattern)
        other = substituted(path, dict(labels.equivalences)) if path is not None and labels else path
        if path is not None and other != path:
            words = f"{safe_text(str(self.the_item()))} is labelled like {safe_text(other or '')}"
            yield Check("local entry", False, f"{words}: the rule has to name that path")
        else:
            yield from super().preflight(site)


@dataclass(frozen=True)
class FcontextAdd(_Set):
    """A rule where there was none."""

    do = "fcontext-add"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "fcontext", "-a", "-f", self.file_type, "-t", self.type, self.pattern)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The rule is deleted."""
        return (FcontextDelete(self.pattern, self.file_type),)


@dataclass(frozen=True)
class FcontextModify(Retyping, _Set):
    """Another type for a rule; `was` is the local rule's type before, empty where there was no local rule."""

    do = "fcontext-modify"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "fcontext", "-m", "-f", self.file_type, "-t", self.type, self.pattern)

    def deletion(self) -> TypedAction:
        """See the base class."""
        return FcontextDelete(self.pattern, self.file_type)


@dataclass(frozen=True)
class FcontextDelete(_Rule):
    """A local rule is taken away."""

    do = "fcontext-delete"

    file_type: str = needed(FILE_TYPE)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "fcontext", "-d", "-f", self.file_type, self.pattern)

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        return self._role("absent")
