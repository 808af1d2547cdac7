"""One item before and after: what an action does to a machine, what the history records and what undo compares."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Optional, Tuple

from avcdoctor.errors import HistoryError
from avcdoctor.host.items import Item
from avcdoctor.model import safe_text

STORE_KINDS = ("fcontext", "equivalence", "boolean", "boolean-active", "port", "module")
FILE_KINDS = ("label", "owner", "mode", "file", "directory")
_KEY_LENGTHS = {"fcontext": 2, "port": 3}
_VALUES = {
    "owner": re.compile(r"[0-9]{1,10}:[0-9]{1,10}"),
    "mode": re.compile(r"[0-7]{4}"),
    "file": re.compile(r"[0-9a-f]{64} [0-7]{4} [0-9]{1,10} [0-9]{1,10} \S[^\n]*"),
    "boolean": re.compile(r"on|off"),
    "boolean-active": re.compile(r"on|off"),
}


@dataclass(frozen=True)
class Change:
    """What one item was and what it is to be; None stands for absent.

    Args:
        kind: one of `STORE_KINDS` or `FILE_KINDS`.
        key: as in `avcdoctor.host.items.Item`; the path alone for files.
        inode: the file that was changed, for label, owner and mode.
        tree: the top of the tree in which a walk found the file, for a label; empty for a file that was named.
    """

    kind: str
    key: Tuple[str, ...]
    before: Optional[str]
    after: Optional[str]
    inode: int = 0
    tree: str = ""

    def __post_init__(self) -> None:
        """A change may come from a file, so its shape is checked here."""
        if self.kind not in (*STORE_KINDS, *FILE_KINDS) or len(self.key) != _KEY_LENGTHS.get(self.kind, 1):
            raise HistoryError(f"a change of the kind {safe_text(self.kind)!r} can't be read")
        if self.kind in FILE_KINDS and (not self.key[0].startswith("/") or ".." in self.key[0].split("/")):
            raise HistoryError(f"a change of {safe_text(self.key[0])!r} can't be read")
        shape = _VALUES.get(self.kind)
        if shape and not all(value is None or shape.fullmatch(value) for value in (self.before, self.after)):
            raise HistoryError(f"a change of {safe_text(self.key[0])!r} has a value that can't be read")
        if self.tree and not f"{self.key[0]}/".startswith(f"{self.tree.rstrip('/')}/"):
            raise HistoryError(f"a change of {safe_text(self.key[0])!r} outside {safe_text(self.tree)!r} can't be read")

    @property
    def in_store(self) -> bool:
        """Whether the policy store holds the item, rather than a file carrying it."""
        return self.kind in STORE_KINDS

    @property
    def item(self) -> Item:
        """The item of a store change."""
        return Item(self.kind, self.key)

    def reversed(self) -> Change:
        """The change that takes this one back."""
        return replace(self, before=self.after, after=self.before)

    def name(self) -> str:
        """What the item is called, safe to show."""
        return safe_text(f"{self.kind} {' '.join(self.key)}")
