"""Turns actions on the policy store into changes: each with the value it finds and the value it will leave."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Workplace
from avcdoctor.actions.change import Change
from avcdoctor.actions.registry import typed_all
from avcdoctor.apply.machine import Machine
from avcdoctor.host import Host
from avcdoctor.host.items import Item
from avcdoctor.model import Action, Context


def site_of(actions: Sequence[Action], machine: Machine, host: Host) -> Workplace:
    """The machine as actions see it, with what its store holds of them now."""
    together = typed_all(actions)
    items = [item for item in (one.item() for one in together) if item is not None]
    return Workplace(machine.root, host, machine.store.directory, machine.store.read(items), together)


def store_changes(actions: Sequence[Action], machine: Machine, mls: bool) -> Tuple[Change, ...]:
    """The changes of the policy store; items that are as wanted already are left out.

    Args:
        mls: the policy has levels, so that contexts end in one.
    """
    found: List[Tuple[Item, Optional[str]]] = []
    for one in typed_all(actions):
        item, value = one.item(), one.wanted()
        if item is None:
            continue
        if value is not None and item.kind in ("fcontext", "port"):
            value = str(Context("system_u", "object_r", value, "s0" if mls else ""))
        found.append((item, value))
        if item.kind == "boolean" and machine.live:
            found.append((Item("boolean-active", item.key), value))
    now = machine.store.read([item for item, _ in found])
    return tuple(Change(item.kind, item.key, now[item], value) for item, value in found if now[item] != value)
