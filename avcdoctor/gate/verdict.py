"""What counts in the end: filters, known denials and a baseline applied to a report, and the exit code."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Optional

from avcdoctor.errors import InputError, UsageError
from avcdoctor.gate.filters import Filters, is_called, keep, selected
from avcdoctor.model import Known, Report, safe_text

CLEAR, DENIED = 0, 1


def counted(
    report: Report,
    filters: Optional[Filters] = None,
    ignore: Optional[Path] = None,
    baseline: Optional[Path] = None,
    today: Optional[datetime.date] = None,
) -> Report:
    """The report with the incidents that were asked for and are not known; `Report.known` says how many others were.

    Args:
        report: all that was found.
        filters: what a person asked for.
        ignore: an ignore file.
        baseline: an earlier JSON report.
        today: the day by which entries of the ignore file run out.

    Raises:
        UsageError: an incident's id that the report does not have.
        InputError: the ignore file or the baseline can't be read.
    """
    for beginning in filters.incident if filters else ():
        if not any(is_called(incident, beginning) for incident in report.incidents):
            there_are = ", ".join(incident.id for incident in report.incidents[:8]) or "none"
            raise UsageError(f"there is no incident {safe_text(beginning)!r} in this log", f"there are: {there_are}")
    shown = selected(report, filters)
    known = Known(filtered=len(report.incidents) - len(shown.incidents))
    warnings = list(report.warnings)
    if ignore is not None:
        from avcdoctor.gate import ignore as ignores  # noqa: PLC0415 - it needs a YAML parser, most runs don't

        entries = ignores.load(ignore)
        day = today or datetime.date.today()
        warnings += [
            f"{entry.where}: the entry ran out on {entry.until}: {safe_text(entry.reason)}"
            for entry in entries
            if entry.is_over(day)
        ]
        fresh, out = ignores.split(shown.incidents, entries, day, report.input.hosts)
        known = replace(known, ignored=len(out), ignored_denials=sum(one.denials for one in out))
        shown = keep(shown, fresh)
    if baseline is not None:
        from avcdoctor.gate import baseline as baselines  # noqa: PLC0415 - only for those who ask

        earlier = baselines.load(baseline)
        fresh, out = baselines.split(shown.incidents, earlier)
        known = replace(
            known,
            baseline=len(out),
            baseline_denials=sum(one.denials for one in out),
            spread=baselines.spread(out, earlier, report.input.hosts),
        )
        shown = keep(shown, fresh)
    return replace(shown, known=known, warnings=tuple(warnings))


def exit_code(report: Report, *, exit_zero: bool = False) -> int:
    """The exit code of a report: what could not be looked at is never fine.

    Returns:
        3 where an input failed, no records were recognised, or denials could not be read (and none was found that
        counts); 1 where denials count, unless `exit_zero`; 0 otherwise.
    """
    read = report.input
    if read.failed:
        return InputError.exit_code
    if report.incidents and not exit_zero:
        return DENIED
    if read.unreadable or not recognised(report):
        return InputError.exit_code
    return CLEAR


def recognised(report: Report) -> bool:
    """Whether the input held anything that an audit trail holds, or nothing came to it."""
    read = report.input
    return bool(read.records or read.scanned or read.denials or read.unchanged)
