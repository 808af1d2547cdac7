"""A local module at priority 400: installed from its CIL text, and removed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check, Effect, Known, TypedAction, Workplace
from avcdoctor.actions.cil import Access, check_module
from avcdoctor.actions.parameters import MODULE, TEXT, needed, optional
from avcdoctor.actions.store import StoreAction
from avcdoctor.host.items import MODULE_PRIORITY, Item
from avcdoctor.model import safe_text

_PRIORITY = str(MODULE_PRIORITY)


@dataclass(frozen=True)
class _Module(StoreAction):
    package = "policycoreutils"

    name: str = needed(MODULE)

    def the_item(self) -> Item:
        """The module by its name."""
        return Item("module", (self.name,))


@dataclass(frozen=True)
class ModuleInstall(_Module):
    """`semodule -i`; `te` is the same module in the older language, for people, and never loaded."""

    do = "module-install"
    foreseen = frozenset({"module", "dontaudit"})

    cil: str = needed(TEXT)
    te: str = optional(TEXT)

    def __post_init__(self) -> None:
        """The text may hold a few kinds of statements only (`avcdoctor.actions.cil`).

        Raises:
            PlanError: it holds something else, or the name could hide a module of the policy.
        """
        super().__post_init__()
        check_module(self.name, self.cil)

    @property
    def rules(self) -> Tuple[Access, ...]:
        """What it allows, or hides."""
        return check_module(self.name, self.cil)

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semodule", "-X", _PRIORITY, "-i", f"{self.name}.cil")

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """The module is removed."""
        return (ModuleRemove(self.name),)

    def wanted(self) -> Optional[str]:
        """The CIL text."""
        return self.cil

    def unforeseen(self, kind: str, others: Sequence[TypedAction]) -> str:
        """What hides denials only hides them, and what allows doesn't hide."""
        effect = "dontaudit" if kind == "dontaudit" else "allow"
        wrong = [rule for rule in self.rules if rule.effect != effect]
        return f"a remedy of the kind {kind} would {wrong[0]}" if wrong else ""

    def effects(self, known: Known) -> List[Effect]:
        """One line for each rule."""
        sign = "~" if known.get(("module", (self.name,))) is not None else "+"
        return [Effect(sign, "module", self.name, "", str(rule)) for rule in self.rules]

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """That it hides no module of the same name at another priority."""
        yield from super().preflight(site)
        folders = (site.store / "active/modules").glob(f"[0-9]*/{self.name}")
        others = sorted(path.parent.name for path in folders if path.parent.name != _PRIORITY)
        hides = f"would hide a module at priority {', '.join(others)}" if others else "hides no other one"
        yield Check("module", not others, f"{self.name} {hides}")

    def files(self) -> Mapping[str, str]:
        """The file that a playbook needs beside it."""
        return {f"{self.name}.cil": self.cil}

    def shell(self) -> Tuple[str, ...]:
        """The module's text is in the script itself; nothing is read from elsewhere."""
        body = [safe_text(line) for line in self.cil.splitlines() if line.strip()]
        file = f'"$work/{self.name}.cil"'
        return (f"cat >{file} <<'CIL'", *body, "CIL", f"semodule -X {_PRIORITY} -i {file}")

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        entry: Dict[str, Any] = {"path": f"{self.name}.cil", "priority": MODULE_PRIORITY, "state": "enabled"}
        return "selinux_modules", entry


@dataclass(frozen=True)
class ModuleRemove(_Module):
    """`semodule -r`."""

    do = "module-remove"

    def argv(self) -> Tuple[str, ...]:
        """See the base class."""
        return ("semodule", "-X", _PRIORITY, "-r", self.name)

    def effects(self, known: Known) -> List[Effect]:
        """One line: the module goes."""
        return [Effect("-", "module", self.name, "", "")]

    def role(self) -> Tuple[str, Any]:
        """See the base class."""
        return "selinux_modules", {"name": self.name, "priority": MODULE_PRIORITY, "state": "absent"}
