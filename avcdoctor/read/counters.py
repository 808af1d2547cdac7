"""Counts what a reading met besides groups: records, denials, grants, and what could not be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence

from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Denial, InputSummary, Reading, Unreadable, safe_text

_MOST_EXAMPLES = 20
_LONGEST_TEXT = 500  # characters shown of an unreadable line


class Tally:
    """Running counts of a reading.

    `records` counts every record where a log is read line by line, vectors where it is scanned; `scanned` counts bytes.

    Args:
        since: denials before this are left out; milliseconds since the epoch.
        until: denials after this likewise.
    """

    def __init__(self, since: Optional[int] = None, until: Optional[int] = None) -> None:
        self.since = since
        self.until = until
        self.records = 0
        self.scanned = 0
        self.denials = 0
        self.granted = 0
        self.unreadable = 0
        self.timeless = 0  # denials without a time, where a span is asked for
        self.examples: List[Unreadable] = []
        self.warnings: List[str] = []
        self.first: Optional[int] = None
        self.last: Optional[int] = None
        self.provenance: Dict[str, int] = {}

    def covers(self, milliseconds: Optional[int]) -> bool:
        """Whether a time lies in the asked-for span; what has no time is always in."""
        if milliseconds is None:
            return True
        if self.since is not None and milliseconds < self.since:
            return False
        return self.until is None or milliseconds <= self.until

    def span(self, milliseconds: Optional[int]) -> None:
        """Stretch the time covered by what was read."""
        if milliseconds is None:
            return
        if self.first is None or milliseconds < self.first:
            self.first = milliseconds
        if self.last is None or milliseconds > self.last:
            self.last = milliseconds

    def take(self, denial: Denial, grouper: Grouper) -> None:
        """Count a denial into its group if its time lies in the asked-for span."""
        milliseconds = denial.event.milliseconds
        if not self.covers(milliseconds):
            return
        self.timeless += milliseconds is None and (self.since, self.until) != (None, None)
        self.count(1, denial.provenance, milliseconds, milliseconds)
        grouper.add(denial)

    def count(self, times: int, provenance: str, first: Optional[int], last: Optional[int]) -> None:
        """Count denials that are in a group already.

        Args:
            times: how many.
            provenance: who tells them.
            first: when the earliest was, milliseconds since the epoch.
            last: when the latest was.
        """
        if times:
            self.denials += times
            self.provenance[provenance] = self.provenance.get(provenance, 0) + times
            self.span(first)
            self.span(last)

    def refuse(self, where: str, reason: str, text: bytes) -> None:
        """Count a line that looked like a denial and can't be read; the first ones are kept."""
        self.unreadable += 1
        if len(self.examples) < _MOST_EXAMPLES:
            self.examples.append(Unreadable(where, reason, safe_text(text[: 2 * _LONGEST_TEXT])[:_LONGEST_TEXT]))

    def merge(self, other: Tally) -> None:
        """Add what was counted in a later part."""
        self.records += other.records
        self.scanned += other.scanned
        self.denials += other.denials
        self.granted += other.granted
        self.unreadable += other.unreadable
        self.timeless += other.timeless
        self.examples = (self.examples + other.examples)[:_MOST_EXAMPLES]
        self.warnings += other.warnings
        for provenance, times in other.provenance.items():
            self.provenance[provenance] = self.provenance.get(provenance, 0) + times
        self.span(other.first)
        self.span(other.last)

    def summary(self, files: List[str]) -> InputSummary:
        """What was read, as the report shows it."""
        return InputSummary(
            files=tuple(safe_text(file) for file in files),
            records=self.records,
            scanned=self.scanned,
            denials=self.denials,
            granted=self.granted,
            unreadable=self.unreadable,
            unreadable_examples=tuple(self.examples),
            warnings=tuple(self.warnings),
            first=self.first,
            last=self.last,
            provenance=dict(sorted(self.provenance.items())),
        )


def reading_of(grouper: Grouper, tally: Tally, files: Sequence[str], failed: Sequence[str] = ()) -> Reading:
    """What was read: the groups that a grouper holds, and the summary of a tally.

    Args:
        grouper: where denials were gathered.
        tally: where everything else was counted.
        files: the inputs' names.
        failed: those that could not be read, each with its reason.
    """
    groups = grouper.groups()
    summary = tally.summary(list(files))
    return Reading(groups, replace(summary, failed=tuple(failed), hosts=grouper.hosts(), rest=grouper.rest()))
