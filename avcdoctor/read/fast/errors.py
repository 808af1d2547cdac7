"""Counts SELINUX_ERR records that are the same again, so that a storm of them costs little more than one of vectors."""

from __future__ import annotations

import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from avcdoctor.group.examples import Sighting, Slot, sighting
from avcdoctor.group.grouper import Grouper
from avcdoctor.group.timeline import Timeline
from avcdoctor.model import Denial
from avcdoctor.read.counters import Tally
from avcdoctor.read.shapes.signs import is_sound

_MOST = 1024
_CALL = tuple(re.compile(rb" %s=([^ ]+)" % name) for name in (b"arch", b"syscall", b"comm", b"subj"))
_BODY = re.compile(rb"\A(.*?)\([0-9.:]+\)(.*)\Z", re.DOTALL)

Key = Tuple[bytes, ...]


class Wanted(NamedTuple):
    """A record still to be parsed. With `slot`: counted already, keep the denial there. Without: count it as well."""

    line: bytes
    where: str
    slot: Optional[Slot]


class KnownErrors:
    """Errors met before, by their own bytes and what their event's system call adds.

    Args:
        grouper: where they are counted.
        tally: likewise.
    """

    def __init__(self, grouper: Grouper, tally: Tally) -> None:
        self._grouper = grouper
        self._tally = tally
        self._known: Dict[Key, Sighting] = {}

    def count_again(self, wanted: List[Wanted], lines: List[bytes], milliseconds: int) -> bool:
        """Count an event that holds nothing but one error that was met before.

        Args:
            wanted: the event's records that have to become denials.
            lines: all its records.
            milliseconds: its time.

        Returns:
            Whether it was one, and is counted.
        """
        key = _key(wanted, lines)
        seen = self._known.get(key) if key else None
        if seen is None:
            return False
        self._tally.records += 1
        if self._tally.covers(milliseconds):
            self._tally.count(1, seen.key[0], milliseconds, milliseconds)
            timeline = Timeline()
            timeline.add(milliseconds)
            self._grouper.count(seen, [(seen.program, seen.object, seen.port, 1)], timeline)
        return True

    def learn(self, wanted: List[Wanted], lines: List[bytes], denial: Denial) -> None:
        """Remember an error that was read in full."""
        key = _key(wanted, lines)
        if key and len(self._known) < _MOST and self._tally.covers(denial.event.milliseconds):
            self._known[key] = sighting(denial)


def _key(wanted: List[Wanted], lines: List[bytes]) -> Key:
    if len(wanted) != 1 or wanted[0].slot is not None:
        return ()
    body = _BODY.match(wanted[0].line)
    if body is None or any(b"avc:" in line for line in lines):
        return ()
    call = next((line[:4096] for line in lines if b"type=SYSCALL " in line[:300]), b"")
    if call and not is_sound(call):
        return ()
    found = (pattern.search(call) for pattern in _CALL)
    return (body[1], body[2], *(match[1] if match else b"" for match in found))
