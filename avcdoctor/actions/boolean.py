"""An option of the policy, turned lastingly; its way back is the other value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, Effect, Known, TypedAction, Workplace
from avcdoctor.actions.parameters import SWITCH, TYPE, needed
from avcdoctor.actions.store import StoreAction
from avcdoctor.host.items import Item


@dataclass(frozen=True)
class BooleanSet(StoreAction):
    """`setsebool -P NAME on|off`."""

    do = "boolean-set"
    foreseen = frozenset({"boolean", "fcontext", "exec-type"})  # a label may help only with an option turned
    package = "policycoreutils"

    name: str = needed(TYPE)
    value: str = needed(SWITCH)

    @classmethod
    def read(cls, argv: Tuple[str, ...]) -> Optional[TypedAction]:
        """See the base class."""
        return cls(*argv[2:]) if len(argv) == 4 and argv[:2] == ("setsebool", "-P") else None

    @property
    def on(self) -> bool:
        """Whether it turns the option on."""
        return self.value == "on"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("setsebool", "-P", self.name, self.value)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The other value."""
        return (BooleanSet(self.name, "off" if self.on else "on"),)

    def the_item(self) -> Item:
        """The option."""
        return Item("boolean", (self.name,))

    def wanted(self) -> Optional[str]:
        """The value."""
        return self.value

    def may_replace(self) -> bool:
        """An option always has a value."""
        return True

    def effects(self, known: Known) -> List[Effect]:
        """Always a change: an option is never added."""
        return [one._replace(sign="~") for one in super().effects(known)]

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That the policy has the option."""
        policy = site.host.policy
        known = policy is not None and self.name in policy.booleans
        yield Check("boolean", known, self.name if known else f"{self.name} does not exist in this policy")
        yield from super().preflight(site)

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        return "selinux_booleans", {"name": self.name, "state": self.on, "persistent": True}
