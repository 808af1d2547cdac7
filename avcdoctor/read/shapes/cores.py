"""Tells a record that a shipper gives twice in one event, with and without what stood before it."""

from __future__ import annotations

import re
from typing import List

_BEGIN = re.compile(r"(?:node=\S{1,255} )?type=[A-Z][A-Z0-9_]*[ ,]|audit\([0-9]|\bavc: |SELinux is preventing")


class Once:
    """The records of one event that were given already."""

    def __init__(self) -> None:
        self._known: List[str] = []

    def is_new(self, text: str) -> bool:
        """Whether a text holds something else than the texts before it."""
        begin = _BEGIN.search(text)
        core = " ".join(text[begin.start() if begin else 0 :].split())
        for known in self._known:
            if core == known or core.endswith(known) or known.endswith(core) or known.startswith(core):
                return False
        if len(self._known) < 64:
            self._known.append(core)
        return True
