"""What a plan adds, changes and removes, item by item, as far as the ground is known."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple

from avcdoctor.host.items import Item
from avcdoctor.model import Action
from avcdoctor.plan.model import Plan
from avcdoctor.remedies.cil import check_module
from avcdoctor.remedies.commands import is_on

FILE_TYPES = {
    "a": "all files",
    "f": "regular file",
    "d": "directory",
    "c": "character device",
    "b": "block device",
    "s": "socket",
    "l": "symbolic link",
    "p": "named pipe",
}


class Effect(NamedTuple):
    """One line of a plan: `sign` is "+" added, "~" changed or "-" removed; `before` is empty where unknown."""

    sign: str
    what: str
    item: str
    before: str
    after: str


def item_of(action: Action) -> Optional[Item]:
    """The store item an action writes, or None where it touches files, a service or nothing."""
    values = action.parameters
    if action.do in ("fcontext-add", "fcontext-modify", "fcontext-delete"):
        return Item("fcontext", (str(values["pattern"]), str(values["file_type"])))
    if action.do in ("fcontext-equal-add", "fcontext-equal-delete"):
        return Item("equivalence", (str(values["path"]),))
    if action.do == "boolean-set":
        return Item("boolean", (str(values["name"]),))
    if action.do in ("port-add", "port-modify", "port-delete"):
        return Item("port", (str(values["protocol"]), str(values["low"]), str(values["high"])))
    if action.do in ("module-install", "module-remove"):
        return Item("module", (str(values["name"]),))
    return None


def wanted(action: Action) -> Optional[str]:
    """The value a store action gives its item: a type, a path, "on", a module's text; None where it is removed."""
    values = action.parameters
    if action.do == "boolean-set":
        return "on" if is_on(values["value"]) else "off"
    if action.do == "module-install":
        return str(values["cil"])
    if action.do == "fcontext-equal-add":
        return str(values["like"])
    return str(values["type"]) if action.do.endswith(("-add", "-modify")) else None


def effects(plan: Plan) -> Tuple[Effect, ...]:
    """Every item the plan touches, in the order of its actions."""
    known: Dict[Tuple[str, Tuple[str, ...]], Optional[str]] = {
        (fact.kind, fact.key): fact.value for fact in plan.ground
    }
    found: List[Effect] = []
    for action in plan.actions:
        item = item_of(action)
        if item is not None:
            found += _store_effects(action, item, known)
        else:
            found += _other_effect(action, known)
    return tuple(found)


def _store_effects(action: Action, item: Item, known: Dict[Tuple[str, Tuple[str, ...]], Optional[str]]) -> List[Effect]:
    before = known.get((item.kind, item.key))
    after = wanted(action)
    recorded = (item.kind, item.key) in known
    exists = before is not None if recorded else action.do.endswith(("-modify", "-set"))
    sign = "-" if after is None else "~" if exists or item.kind == "boolean" else "+"
    if item.kind == "module":
        if after is None:
            return [Effect("-", "module", item.key[0], "", "")]
        rules = check_module(item.key[0], after)
        return [Effect(sign, "module", item.key[0], "", str(rule)) for rule in rules]
    return [Effect(sign, _WHAT[item.kind], _name(item), _type_of(before or ""), after or "")]


def _other_effect(action: Action, known: Dict[Tuple[str, Tuple[str, ...]], Optional[str]]) -> List[Effect]:
    values = action.parameters
    path = str(values.get("path", ""))
    if action.do == "restorecon":
        below = " and below" if values["recursive"] else ""
        label = _type_of(known.get(("label", (path,))) or "")
        return [Effect("~", "label", path + below, label, str(values.get("type", "as the file contexts have it")))]
    lines = {
        "file-move": ("file", "{path}", "{to}"),
        "text-replace": ("text", "{old}", "{new}"),
        "chown": ("owner", "", "{owner}:{group}"),
        "chmod": ("mode", "", "{mode}"),
        "chcon-level": ("level", "", "{level}"),
    }
    if action.do not in lines:
        return []
    what, before, after = lines[action.do]
    return [Effect("~", what, path, before.format_map(values), after.format_map(values))]


_WHAT = {"fcontext": "file context", "equivalence": "equivalence", "boolean": "boolean", "port": "port"}


def _name(item: Item) -> str:
    if item.kind == "fcontext":
        return f"{item.key[0]} ({FILE_TYPES[item.key[1]]})"
    if item.kind == "port":
        protocol, low, high = item.key
        return f"{protocol} {low}" if low == high else f"{protocol} {low}-{high}"
    return item.key[0]


def _type_of(value: str) -> str:
    """A context's type; any other value as it stands."""
    parts = value.split(":")
    return parts[2] if len(parts) > 2 else value
