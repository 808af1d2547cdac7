"""What `avcdoctor explain` does: reads, judges, counts what is known, and shows the rest."""

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Callable, List, Optional, Tuple

from avcdoctor import __version__, api, output
from avcdoctor.cli.asked import Asked
from avcdoctor.cli.progress import Progress
from avcdoctor.errors import PolicyError, UsageError
from avcdoctor.gate.verdict import counted, exit_code, recognised
from avcdoctor.model import Report
from avcdoctor.render import FORMATS, How, words
from avcdoctor.sources.roots import split
from avcdoctor.sources.times import parse_time

__all__ = [
    "counted",
    "exit_code",
    "found",
    "judged",
    "reaching",
    "recognised",
    "rendered",
    "split",
    "summarize",
    "with_newer",
    "write_ignore",
]


def found(
    logs: Optional[List[str]], asked: Asked, checkpoint: Optional[Path] = None
) -> Tuple[Report, Callable[[], None]]:
    """The report of some logs, and what remembers that it was shown.

    Raises:
        UsageError: a checkpoint goes on in one log only.
        AvcdoctorError: a log or the policy can't be read.
    """
    if checkpoint is None:
        return judged(logs, asked), _nothing
    if asked.since or asked.until or asked.root or (logs and (len(logs) > 1 or logs[0] == "-")):
        raise UsageError("--checkpoint goes on in one log: no second log, --since, --until or --root goes with it")
    return _what_came(checkpoint, logs, asked)


def judged(logs: Optional[List[str]], asked: Asked) -> Report:
    """The report of some logs, read with a bar on a terminal.

    Raises:
        AvcdoctorError: a log or the policy can't be read.
    """
    with Progress() as progress:
        return api.explain(
            logs or [],
            policy=asked.policy,
            root=asked.root,
            since=parse_time(asked.since) if asked.since else None,
            until=parse_time(asked.until) if asked.until else None,
            rules=asked.packs,
            progress=progress,
        )


def _what_came(checkpoint: Path, logs: Optional[List[str]], asked: Asked) -> Tuple[Report, Callable[[], None]]:
    """The report of what came since the last run, and what remembers that it was shown."""
    from avcdoctor.sources import checkpoint as saved  # noqa: PLC0415 - a start without a checkpoint needs none of it

    before = saved.load(checkpoint)
    path = logs[0] if logs else None
    report, reached = api.explain_on(before, path, policy=asked.policy, rules=asked.packs, warn=output.note)
    return report, _nothing if reached is None else partial(saved.save, checkpoint, reached)


def _nothing() -> None:
    """Remember nothing: there is no checkpoint."""


def reaching(report: Report, asked: Asked) -> Report:
    """The report with what each remedy makes reachable."""
    from avcdoctor.host import open_host  # noqa: PLC0415 - only for those who ask
    from avcdoctor.review.reach import with_reach  # noqa: PLC0415 - likewise

    return with_reach(report, open_host(asked.policy, asked.root))


def with_newer(report: Report, given: Optional[Path]) -> Report:
    """Ask a newer policy about the gaps; where it can't be had, say why and keep the report."""
    from avcdoctor.host import newest  # noqa: PLC0415 - only for those who ask
    from avcdoctor.host.files import Files  # noqa: PLC0415 - likewise
    from avcdoctor.review import newer  # noqa: PLC0415 - likewise

    if given is not None:
        return newer.judge(report, newest.given(given))
    if not any(newer.is_gap(one) for one in report.incidents):
        return replace(report, warnings=(*report.warnings, "no policy gap: no newer policy was fetched"))
    try:
        return newer.judge(report, newest.offered(Files(Path("/"))))
    except PolicyError as error:
        return replace(report, warnings=(*report.warnings, f"a newer policy could not be asked: {error}"))


def write_ignore(shown: Report, path: Path) -> int:
    """Write an ignore file that knows what was found; gives the exit code."""
    from avcdoctor.gate import ignore as ignores  # noqa: PLC0415 - only for those who ask

    output.emit(ignores.written(shown.incidents), path)
    output.note(f"{len(shown.incidents)} entries: give each its reason, then use --ignore {path}")
    return exit_code(replace(shown, incidents=()))


def summarize(report: Report, incidents: int, *, verbose: bool) -> None:
    """Say on standard error what was read, what could not be, and (verbose) which lines and why.

    Args:
        report: as it is shown.
        incidents: how many there are in all.
        verbose: show the lines that could not be read.
    """
    known = words.known_sentence(report.known)
    output.note(words.input_sentence(report.input, incidents) + (f"; {known}" if known else ""))
    for warning in report.input.warnings:
        output.note(f"warning: {warning}")
    examples = report.input.unreadable_examples if verbose else ()
    for item in examples:
        output.note(f"  {words.unreadable_line(item)}")
    if report.input.unreadable > len(examples):
        more = "only the first lines are kept" if verbose else "-v shows the lines that could not be read"
        output.note(f"  {more}")


def rendered(report: Report, form: str, *, color: bool, verbose: bool, paged: bool, sort: str) -> str:
    """A report in one of `FORMATS`."""
    width = output.table_width()
    host = os.uname().nodename
    return FORMATS[form](report, How(width, color, verbose, paged, sort, host=host, made=_made(), version=__version__))


def _made() -> int:
    """When the page is made, in milliseconds since 1970; SOURCE_DATE_EPOCH, in seconds, holds it still.

    Source: https://reproducible-builds.org/specs/source-date-epoch/
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return (int(fixed) if fixed.isascii() and fixed.isdecimal() else int(time.time())) * 1000
