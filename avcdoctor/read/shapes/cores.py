"""Tells a record that a shipper gives twice in one event, with and without what stood before it."""

from __future__ import annotations

import re
from typing import List, Set

_BEGIN = re.compile(r"(?:node=\S{1,255} )?type=[A-Z][A-Z0-9_]*[ ,]|audit\([0-9]|\bavc: |SELinux is preventing")
_MOST = 64  # records by whose beginning or end others are told


class Once:
    """The records of one event that were given already."""

    def __init__(self) -> None:
        self._known: List[str] = []
        self._same: Set[str] = set()

    def is_new(self, text: str) -> bool:
        """Whether a text, which may hold several records on as many lines, holds one that the texts before it don't."""
        lines = [line for line in text.split("\n") if _BEGIN.search(line)] if "\n" in text else []
        new = False
        for line in lines or [text]:
            begin = _BEGIN.search(line)
            core = " ".join(line[begin.start() if begin else 0 :].split())
            new = self._add(core) or new
        return new

    def _add(self, core: str) -> bool:
        if core in self._same:
            return False
        self._same.add(core)
        for known in self._known:
            if core.endswith(known) or known.endswith(core) or known.startswith(core):
                return False
        if len(self._known) < _MOST:
            self._known.append(core)
        return True
