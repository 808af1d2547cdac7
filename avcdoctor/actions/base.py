"""What every action is: typed parameters, a command, a way back, checks, and how each export writes it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import (
    Any,
    ClassVar,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
    Type,
)

from avcdoctor.actions.change import Change
from avcdoctor.actions.parameters import Value
from avcdoctor.actions.posix import shell_line
from avcdoctor.errors import PlanError
from avcdoctor.host import Host
from avcdoctor.host.items import Item
from avcdoctor.host.relabel import Skip
from avcdoctor.model import Action, safe_text

KINDS: Dict[str, Type[TypedAction]] = {}
"""Every action by its name; a class of `avcdoctor.actions` enters itself (`avcdoctor.actions` imports all of them)."""


@dataclass(frozen=True)
class Check:
    """One check: `passed` is None where there was nothing to compare, which doesn't stop a fix."""

    name: str
    passed: Optional[bool]
    detail: str


class Effect(NamedTuple):
    """One line of a plan: `sign` is "+" added, "~" changed or "-" removed; `before` is empty where unknown."""

    sign: str
    what: str
    item: str
    before: str
    after: str


Known = Mapping[Tuple[str, Tuple[str, ...]], Optional[str]]
"""What a machine holds: (kind, key) to a value, None where the item does not exist."""


class Keeper(Protocol):
    """Where the contents of files are kept, so that undo can bring them back; the history is one."""

    def put(self, data: bytes) -> str:
        """Keep a content and return its SHA-256."""


@dataclass(frozen=True)
class Workplace:
    """The machine on which actions are checked and carried out.

    Args:
        root: "/" or the top of an offline root.
        host: its facts.
        store: the directory of its policy store.
        now: the local value of each item that the actions touch.
        others: all actions that are carried out together.
    """

    root: Path
    host: Host
    store: Path
    now: Mapping[Item, Optional[str]]
    others: Tuple[TypedAction, ...]


@dataclass(frozen=True)
class TypedAction:
    """One step with checked parameters. Each kind is one class; families share a file with their inverses.

    Attributes:
        do: the name in reports, plans and rule packs.
        foreseen: the kinds of remedies whose plans may hold it; empty for actions that only take others back.
        turn: when it is carried out among the actions on files; 0 for others.
        restores: it only puts back what the policy intends.
        changes_defaults: it changes which label the policy has for some path.
        last: as a way back, it comes after the rules are taken back.
        package: what provides its command.
    """

    do: ClassVar[str] = ""
    foreseen: ClassVar[FrozenSet[str]] = frozenset()
    turn: ClassVar[int] = 0
    restores: ClassVar[bool] = False
    changes_defaults: ClassVar[bool] = False
    last: ClassVar[bool] = False
    package: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        """Enter the action into `KINDS` by its name."""
        if cls.do and "do" in cls.__dict__:
            KINDS[cls.do] = cls

    def __post_init__(self) -> None:
        """Check every parameter.

        Raises:
            PlanError: one is not acceptable.
        """
        for one in fields(self):
            value = getattr(self, one.name)
            if value == "" and one.default == "":
                continue
            object.__setattr__(self, one.name, one.metadata["parameter"].check(one.name, value))

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> TypedAction:
        """Build the action from parameters that may come from anywhere.

        Raises:
            PlanError: one is missing, unknown or not acceptable.
        """
        known = {one.name: one for one in fields(cls)}
        missing = [name for name, one in known.items() if one.default != "" and name not in parameters]
        unknown = sorted(str(name) for name in set(parameters) - set(known))
        if missing or unknown:
            words = ", ".join([f"{name} is missing" for name in missing] + [f"{safe_text(name)}?" for name in unknown])
            raise PlanError(f"the action {cls.do} can't be read: {words}")
        return cls(**parameters)

    @classmethod
    def read(cls, argv: Tuple[str, ...]) -> Optional[TypedAction]:
        """The action that a command stands for which a person would type; None where it is another one's.

        Raises:
            PlanError: a parameter is not acceptable.
        """
        return None

    @classmethod
    def schema(cls) -> Dict[str, Any]:
        """The JSON schema of the action as reports and plans hold it."""
        properties = {one.name: dict(one.metadata["parameter"].schema) for one in fields(cls)}
        return {
            "type": "object",
            "required": ["do", "argv", "parameters"],
            "additionalProperties": False,
            "properties": {
                "do": {"const": cls.do},
                "argv": {"type": "array", "items": {"type": "string"}},
                "parameters": {
                    "type": "object",
                    "required": [one.name for one in fields(cls) if one.default != ""],
                    "additionalProperties": False,
                    "properties": properties,
                },
            },
        }

    def parameters(self) -> Dict[str, Value]:
        """The parameters as JSON values; optional ones only where they say something."""
        pairs = ((one, getattr(self, one.name)) for one in fields(self))
        return {one.name: value for one, value in pairs if not (value == "" and one.default == "")}

    def action(self) -> Action:
        """The action as reports and plans hold it, with its command."""
        return Action(self.do, self.argv(), self.parameters())

    def argv(self) -> Tuple[str, ...]:
        """The command a person would type, an argument list; empty where no command does it."""
        return ()

    def words(self) -> str:
        """What to do in words, for an action without a command."""
        return ""

    def inverse(self, others: Sequence[TypedAction] = ()) -> Tuple[TypedAction, ...]:
        """What takes the action back; `others` is everything that is taken back together."""
        return ()

    def recalling(self, known: Known) -> TypedAction:
        """The same action, that remembers what the machine holds before it, where its way back needs that."""
        return self

    def item(self) -> Optional[Item]:
        """The item of the policy store that it writes, or None."""
        return None

    def wanted(self) -> Optional[str]:
        """The value it gives its item; None where it removes it."""
        return None

    def paths(self) -> Tuple[str, ...]:
        """The files on which it acts, those that it makes included."""
        return ()

    def makes(self) -> str:
        """The path of a file that is there only afterwards, or nothing."""
        return ""

    def came_from(self, path: str) -> str:
        """Where the file at `path` is once the action is taken back."""
        return path

    def rewrites(self) -> bool:
        """Whether it changes what is in a file, so that a plan records the content."""
        return False

    def identity(self) -> Tuple[str, ...]:
        """What two actions have to share to be about the same thing; empty for those that never contradict."""
        item = self.item()
        return () if item is None else (item.kind, *item.key)

    def effects(self, known: Known) -> List[Effect]:
        """What it adds, changes or removes, given what the machine holds."""
        return []

    def unforeseen(self, kind: str, others: Sequence[TypedAction]) -> str:
        """Why no remedy of a kind would hold the action beside `others`, in words; empty where one may."""
        return ""

    def preflight(self, site: Workplace) -> Iterator[Check]:
        """Its own checks before the first change."""
        return iter(())

    def changes(self, site: Workplace, keeper: Keeper) -> Tuple[Tuple[Change, ...], Tuple[Skip, ...]]:
        """The changes of files it stands for, and the files it leaves alone with the reason.

        Raises:
            UnsafePathError: a path may not be changed.
            PreflightError: it can't be carried out here.
        """
        return (), ()

    def shell(self) -> Tuple[str, ...]:
        """The lines of a shell script that do it."""
        return (shell_line(self.argv()),) if self.argv() else ()

    def files(self) -> Mapping[str, str]:
        """Names and texts of the files that a playbook needs beside it."""
        return {}

    def role(self) -> Tuple[str, Any]:
        """A variable of the Ansible role `selinux` and the entry for its list; empty where the role can't do it."""
        return "", None

    def tasks_before(self) -> List[Dict[str, Any]]:
        """Ansible tasks before the role runs."""
        return []

    def tasks_after(self) -> List[Dict[str, Any]]:
        """Ansible tasks after the role ran."""
        return []
