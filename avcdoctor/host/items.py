"""What a policy store holds for an administrator: the items that a fix may add, change or remove."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

KINDS = ("fcontext", "equivalence", "boolean", "port", "module")


class Item(NamedTuple):
    """One local customisation.

    `key` by `kind`: fcontext (pattern, one letter of `semanage fcontext -f`); equivalence (path,);
    boolean (name,); port (protocol, low, high); module (name,), always at `MODULE_PRIORITY`.
    """

    kind: str
    key: Tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {' '.join(self.key)}"


class Edit(NamedTuple):
    """What an item is to be: context (fcontext, port), path (equivalence), "on" or "off", CIL text; None: absent."""

    item: Item
    value: Optional[str]


MODULE_PRIORITY = 400
"""What semodule gives a local module, above the distribution's 100 and 200."""
