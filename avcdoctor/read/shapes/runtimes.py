"""Joins what a container's runtime cut into pieces: a long line of CRI's log, or of Docker's."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

_CRI = re.compile(rb"(?m)^(\S{10,40} std(?:out|err)) ([PF])(?::\S{0,64})? ")
_ENDED = re.compile(r"\\n\",\s{0,8}\"stream\"")


def cri(text: bytes) -> Optional[bytes]:
    """A layer: lines marked `P`, for partial, with the rest of them."""
    if b" P " not in text and b" P:" not in text:
        return None
    told: List[bytes] = []
    open_ = False
    for line in text.split(b"\n"):
        found = _CRI.match(line)
        if open_ and found is not None:
            told[-1] += line[found.end() :]
            if found[2] == b"F":
                told[-1] = _CRI.sub(rb"\1 F ", told[-1])
        else:
            told.append(line)
        open_ = found is not None and found[2] == b"P"
    result = b"\n".join(told)
    return result if result != text else None


class Docker:
    """Joins the pieces of Docker's log, whose last one alone has a line's end.

    Args:
        text: the whole log.
    """

    def __init__(self, text: str) -> None:
        self._cuts = _ENDED.search(text) is not None
        self._held = ""

    def joined(self, value: Any) -> Optional[Dict[str, Any]]:
        """An entry with the pieces before it; None where it is a piece that goes on."""
        if not self._cuts or not isinstance(value, dict) or not isinstance(value.get("log"), str):
            return value  # type: ignore[no-any-return]
        if "stream" not in value:
            return value
        log = self._held + value["log"]
        self._held = "" if log.endswith("\n") else log
        return None if self._held else {**value, "log": log}

    def rest(self) -> str:
        """A piece whose end never came."""
        return self._held
