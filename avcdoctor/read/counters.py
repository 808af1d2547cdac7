"""Counts what a reading met besides groups: records, denials, grants, and what could not be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence

from avcdoctor.group.grouper import Grouper
from avcdoctor.model import TEXT, Denial, Group, InputSummary, Reading, Unreadable, safe_text

if TYPE_CHECKING:
    from avcdoctor.read.spoken import Spoken

_SENTENCE = b"SELinux is preventing "  # of setroubleshoot's
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
        self.spoken: Optional[Spoken] = None

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

    def hear(self, text: bytes) -> None:
        """Note the sentences of a text that tell of denials without their contexts."""
        if _SENTENCE not in text:
            return
        from avcdoctor.read.spoken import Spoken  # noqa: PLC0415 - few texts hold sentences

        self.spoken = self.spoken or Spoken()
        self.spoken.read(text, self.since, self.until)

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
        if self.spoken is None:
            self.spoken = other.spoken
        elif other.spoken is not None:
            self.spoken.merge(other.spoken)

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
    summary = replace(summary, failed=tuple(failed), hosts=grouper.hosts(), rest=grouper.rest())
    if tally.spoken is None:
        return Reading(groups, summary)
    spoken = tally.spoken.groups(groups)
    return Reading((*groups, *spoken), _with_spoken(summary, spoken, tally.spoken.left_out))


def _with_spoken(summary: InputSummary, spoken: Sequence[Group], left_out: int) -> InputSummary:
    """The summary with denials that only sentences tell of."""
    count = sum(group.count for group in spoken)
    moments = [one for group in spoken for one in (group.first, group.last) if one is not None]
    return replace(
        summary,
        denials=summary.denials + count,
        unreadable=summary.unreadable + left_out,
        provenance={**summary.provenance, TEXT: summary.provenance.get(TEXT, 0) + count},
        first=min((*moments, *([] if summary.first is None else [summary.first])), default=None),
        last=max((*moments, *([] if summary.last is None else [summary.last])), default=None),
    )
