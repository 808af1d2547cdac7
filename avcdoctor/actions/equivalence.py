"""One tree labelled like another: an equivalence is added and taken away again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import TypedAction
from avcdoctor.actions.parameters import EQUIVALENT, PATH, needed
from avcdoctor.actions.store import StoreAction
from avcdoctor.host.items import Item


@dataclass(frozen=True)
class _Equivalence(StoreAction):
    changes_defaults = True
    package = "policycoreutils-python-utils"

    def the_item(self) -> Item:
        """The equivalence by its path."""
        return Item("equivalence", (str(self.parameters()["path"]),))

    def _task(self, done: str) -> List[Dict[str, Any]]:
        """The role has no variable for equivalences, so semanage is called; a second run finds nothing to do."""
        return [
            {
                "name": "Label one tree like another",
                "ansible.builtin.command": {"argv": list(self.argv())},
                "register": "equivalence",
                "changed_when": "equivalence.rc == 0",
                "failed_when": f"equivalence.rc != 0 and '{done}' not in equivalence.stderr",
            }
        ]


@dataclass(frozen=True)
class FcontextEqualAdd(_Equivalence):
    """`path` is labelled as `like` is."""

    do = "fcontext-equal-add"
    foreseen = frozenset({"fcontext"})

    path: str = needed(EQUIVALENT)
    like: str = needed(EQUIVALENT)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "fcontext", "-a", "-e", self.like, self.path)

    def wanted(self) -> Optional[str]:
        """The other tree."""
        return self.like

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The equivalence is deleted."""
        return (FcontextEqualDelete(self.path),)

    def tasks_before(self) -> List[Dict[str, Any]]:
        """See the base class."""
        return self._task("already exists")


@dataclass(frozen=True)
class FcontextEqualDelete(_Equivalence):
    """An equivalence is taken away."""

    do = "fcontext-equal-delete"

    path: str = needed(PATH)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "fcontext", "-d", self.path)

    def tasks_before(self) -> List[Dict[str, Any]]:
        """See the base class."""
        return self._task("is not defined")
