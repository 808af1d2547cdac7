"""A step that only a person can do, in words."""

from __future__ import annotations

from dataclasses import dataclass

from avcdoctor.actions.base import TypedAction
from avcdoctor.actions.parameters import TEXT, needed
from avcdoctor.model import REMEDY_KINDS


@dataclass(frozen=True)
class Manual(TypedAction):
    """Words; nothing is carried out."""

    do = "manual"
    foreseen = frozenset(REMEDY_KINDS)

    text: str = needed(TEXT)

    def words(self) -> str:
        """The text."""
        return self.text
