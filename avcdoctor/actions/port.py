"""The type of a port: given where it has none, changed where an entry names it, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, TypedAction, Workplace
from avcdoctor.actions.parameters import PORT, PROTOCOL, TYPE, needed
from avcdoctor.actions.store import Retyping, StoreAction, type_check
from avcdoctor.errors import PlanError
from avcdoctor.host.items import Item


@dataclass(frozen=True)
class _Port(StoreAction):
    package = "policycoreutils-python-utils"

    protocol: str = needed(PROTOCOL)
    low: int = needed(PORT)
    high: int = needed(PORT)

    def __post_init__(self) -> None:
        """A range runs upwards.

        Raises:
            PlanError: it doesn't, or a parameter is not acceptable.
        """
        super().__post_init__()
        if self.low > self.high:
            raise PlanError(f"not a port: {self.protocol} {self.low}-{self.high}")

    @property
    def numbers(self) -> str:
        """The port, or the range as semanage takes it."""
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"

    def the_item(self) -> Item:
        """The ports."""
        return Item("port", (self.protocol, str(self.low), str(self.high)))

    def shown(self) -> str:
        """Protocol and numbers."""
        return f"{self.protocol} {self.numbers}"

    def _role(self, **more: Any) -> Tuple[str, Any]:
        entry: Dict[str, Any] = {"ports": self.numbers, "proto": self.protocol, **more}
        return "selinux_ports", entry


@dataclass(frozen=True)
class _Give(_Port):
    foreseen = frozenset({"port"})

    type: str = needed(TYPE)

    def wanted(self) -> Optional[str]:
        """The type."""
        return self.type

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That the type is one for ports."""
        yield type_check(self.type, "port_type", site)
        yield from super().preflight(site)

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        return self._role(state="present", setype=self.type)


@dataclass(frozen=True)
class PortAdd(_Give):
    """`semanage port -a`, where only a range or nothing covers the port."""

    do = "port-add"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "port", "-a", "-t", self.type, "-p", self.protocol, self.numbers)

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The entry is deleted."""
        return (PortDelete(self.protocol, self.low, self.high),)


@dataclass(frozen=True)
class PortModify(Retyping, _Give):
    """`semanage port -m`, where an entry names the port; `was` is a local entry's type before, if one was local."""

    do = "port-modify"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "port", "-m", "-t", self.type, "-p", self.protocol, self.numbers)

    def deletion(self) -> TypedAction:
        """See the base class."""
        return PortDelete(self.protocol, self.low, self.high)


@dataclass(frozen=True)
class PortDelete(_Port):
    """A local entry is taken away."""

    do = "port-delete"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semanage", "port", "-d", "-p", self.protocol, self.numbers)

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        return self._role(state="absent", local=True)
