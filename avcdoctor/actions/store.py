"""What actions on the policy store share: the checks of their item and of the type they give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, Effect, Known, TypedAction, Workplace
from avcdoctor.actions.parameters import TYPE, optional
from avcdoctor.host.items import Item
from avcdoctor.model import safe_text


@dataclass(frozen=True)
class StoreAction(TypedAction):
    """An action that sets or removes one item of the policy store."""

    def the_item(self) -> Item:
        """The item, which such an action always has."""
        raise NotImplementedError

    def item(self) -> Optional[Item]:
        """See the base class."""
        return self.the_item()

    def what(self) -> str:
        """What the item is called in a plan."""
        return self.the_item().kind

    def shown(self) -> str:
        """The item's own name in a plan."""
        return self.the_item().key[0]

    def may_replace(self) -> bool:
        """Whether it is meant to change an entry that is there already."""
        return False

    def effects(self, known: Known) -> List[Effect]:
        """One line: what the item was and is to be."""
        item, after = self.the_item(), self.wanted()
        before = known.get((item.kind, item.key))
        exists = before is not None if (item.kind, item.key) in known else self.may_replace()
        sign = "-" if after is None else "~" if exists else "+"
        return [Effect(sign, self.what(), self.shown(), type_of(before or ""), after or "")]

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That the item is free to be set, or is there to be removed."""
        item, after = self.the_item(), self.wanted()
        value, name = site.now[item], safe_text(str(item))
        if after is None:
            yield Check("local entry", value is not None, f"{name} {'is there' if value else 'is not there'}")
            return
        same = value is not None and (value == after or after in value.split(":"))
        if value is not None and not same and not self.may_replace():
            shown = "another module" if item.kind == "module" else safe_text(value)
            yield Check("local entry", False, f"{name} has a local rule already: {shown}")
            return
        yield Check("local entry", True, f"{name} is {'as wanted already' if same else 'free to be set'}")


@dataclass(frozen=True)
class Retyping(StoreAction):
    """An action that gives an entry another type; `was` is a local entry's type before, empty where none was local."""

    was: str = optional(TYPE)

    def may_replace(self) -> bool:
        """It does."""
        return True

    def recalling(self, known: Known) -> TypedAction:
        """With the type of the local entry."""
        item = self.the_item()
        return replace(self, was=type_of(known.get((item.kind, item.key)) or self.was))

    def deletion(self) -> TypedAction:
        """What takes the local entry away."""
        raise NotImplementedError

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The local entry gets its former type, or goes, so that the policy's own counts again."""
        swapped: Dict[str, Any] = {"type": self.was, "was": self.wanted() or ""}
        return (replace(self, **swapped),) if self.was else (self.deletion(),)


def type_check(type_: str, attribute: str, site: Workplace) -> Check:
    """Whether a type exists and may be used for files ("file_type") or ports ("port_type")."""
    policy = site.host.policy
    if policy is None or not policy.has_type(type_):
        return Check("type", False, f"{type_} does not exist in this policy")
    if attribute == "file_type" and policy.is_domain(type_):
        return Check("type", False, f"{type_} is a process type: no file can carry it")
    known = policy.types_with(attribute)
    if known and type_ not in known:
        return Check("type", False, f"{type_} is no {attribute.replace('_', ' ')}")
    return Check("type", True, type_)


def type_of(value: str) -> str:
    """A context's type; any other value as it stands."""
    parts = value.split(":")
    return parts[2] if len(parts) > 2 else value
