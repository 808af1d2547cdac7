"""`avcdoctor explain`: what was denied, why, and the smallest right ways out."""

import os
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Callable, List, Optional, Tuple

from avcdoctor import __version__, output
from avcdoctor.cli import options
from avcdoctor.cli.declare import option
from avcdoctor.cli.filters import filtered
from avcdoctor.cli.here import uses_selinux
from avcdoctor.cli.progress import Progress
from avcdoctor.errors import PolicyError, UsageError
from avcdoctor.gate.filters import Filters
from avcdoctor.model import Report
from avcdoctor.render import FORMATS, How
from avcdoctor.render.rank import SORTS

EXAMPLES = """\
  avcdoctor explain                                the audit trail of this host, all rotated files
  avcdoctor explain --since recent                 only the last ten minutes
  avcdoctor explain audit.log audit.log.1          logs from another machine
  ausearch -m AVC --raw | avcdoctor explain -      standard input
  avcdoctor explain --root /mnt/image              an offline root: its logs, its policy, its labels
  avcdoctor explain sosreport-web1.tar.xz          a sosreport, packed or not: likewise
  avcdoctor explain --format list --sort last      every incident in one line
  avcdoctor explain --source 'httpd_*' --class file
  avcdoctor explain --ignore known.yaml audit.log  a gate: exits with 1 when something is new
  avcdoctor explain --format html -o report.html audit.log
"""
Format = Annotated[
    str,
    option(
        "--format", "-f", metavar="FORMAT", show_default=True, help=f"How to write the report: {', '.join(FORMATS)}."
    ),
]
Sort = Annotated[str, option("--sort", metavar="ORDER", help=f"Order of the list: {', '.join(SORTS)}.")]
JsonLines = Annotated[bool, option("--json-lines", help="The list as JSON, one object a line.")]
NoPager = Annotated[bool, option("--no-pager", help="Never show a long text in the pager.")]
Baseline = Annotated[
    Optional[Path],
    option("--baseline", metavar="FILE", help="Only what an earlier report (--format json) does not have."),
]
WriteIgnore = Annotated[
    Optional[Path],
    option("--write-ignore", metavar="FILE", help="Write an ignore file that knows what was found, and no report."),
]
Checkpoint = Annotated[
    Optional[Path],
    option("--checkpoint", metavar="FILE", help="Read what came since the last run, and remember how far it got."),
]
Newer = Annotated[
    bool,
    option("--newer", help="Fetch the newest policy package, without installing it, and ask it about gaps."),
]
NewerFrom = Annotated[
    Optional[Path],
    option("--newer-from", metavar="FILE", help="Ask this policy, .deb, .rpm or unpacked root about gaps."),
]


Reach = Annotated[
    bool, option("--reach", help="Say of each remedy that grants something which domains and secrets it opens.")
]


@filtered
def explain(
    logs: options.Logs = None,
    *,
    filters: Filters,
    policy: options.PolicyFile = None,
    root: options.Root = None,
    since: options.Since = None,
    until: options.Until = None,
    rules: options.Rules = None,
    reach: Reach = False,
    newer: Newer = False,
    newer_from: NewerFrom = None,
    ignore: options.Ignore = None,
    baseline: Baseline = None,
    write_ignore: WriteIgnore = None,
    checkpoint: Checkpoint = None,
    format_: Format = "text",
    sort: Sort = "danger",
    json_lines: JsonLines = False,
    file: options.Output = None,
    no_pager: NoPager = False,
    exit_zero: options.ExitZero = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    """Explain what SELinux denied: one incident for each cause, why, and the smallest right remedies.

    Only reads, never changes anything. Exits with 1 when denials were found that are not known.

    Args:
        logs: audit logs; `-` is standard input, none is this host's own trail.
        filters: which incidents to show.
        policy: a compiled policy to ask.
        root: an offline root.
        since: a time in ausearch's words or ISO 8601.
        until: likewise.
        rules: more directories with rule packs.
        reach: say what each remedy makes reachable.
        newer: ask the newest policy that the package manager offers about policy gaps.
        newer_from: a policy, a package or a root to ask instead.
        ignore: a file of known denials, each with a reason.
        baseline: an earlier JSON report, whose incidents are left out.
        write_ignore: where to write an ignore file for what was found.
        checkpoint: a file that remembers how far the log was read.
        format_: one of `avcdoctor.render.FORMATS`.
        sort: one of `avcdoctor.render.rank.SORTS`, for the list.
        json_lines: the list as JSON lines.
        file: where to write the report.
        no_pager: never use the pager.
        exit_zero: exit with 0 although denials were found.
        quiet: no summary on standard error.
        verbose: everything.
        no_color: no colours.

    Returns:
        The exit code, see `avcdoctor.gate.verdict.exit_code`.

    Raises:
        UsageError: an unknown format, order, time or incident.
        AvcdoctorError: a log, the policy or one of the files can't be read.
    """
    from avcdoctor.gate import verdict  # noqa: PLC0415 - the help must not wait for the policy's libraries

    _check(format_, sort, json_lines=json_lines)
    logs, root = _system(logs, root)
    if checkpoint is None:
        report = _report(logs, policy=policy, root=root, since=since, until=until, rules=rules)
        remember: Callable[[], None] = _nothing
    else:
        if since or until or root or (logs and (len(logs) > 1 or logs[0] == "-")):
            raise UsageError("--checkpoint goes on in one log: no second log, --since, --until or --root goes with it")
        report, remember = _what_came(checkpoint, logs, policy=policy, rules=rules)
    if newer or newer_from is not None:
        report = _with_newer(report, newer_from)
    if reach:
        report = _with_reach(report, policy, root)
    shown = verdict.counted(report, filters, ignore, baseline)
    if write_ignore is not None:
        from avcdoctor.gate import ignore as ignores  # noqa: PLC0415 - only for those who ask

        output.emit(ignores.written(shown.incidents), write_ignore)
        output.note(f"{len(shown.incidents)} entries: give each its reason, then use --ignore {write_ignore}")
        return verdict.exit_code(replace(shown, incidents=()))
    form = "json-lines" if json_lines else format_
    paged = form in ("text", "list") and file is None and not no_pager and output.is_paged()
    color = output.wants_color(no_color) and file is None
    output.emit(rendered(shown, form, color=color, verbose=verbose, paged=paged, sort=sort), file, paged=paged)
    remember()
    if not quiet:
        summarize(shown, len(report.incidents), verbose=verbose)
    for reason in report.input.failed:
        output.note(f"avcdoctor: {reason}")
    if not logs and not root and not verdict.recognised(report) and not uses_selinux():
        output.note("avcdoctor: this machine does not use SELinux; name a log from one that does")
    return verdict.exit_code(shown, exit_zero=exit_zero)


def _check(format_: str, sort: str, *, json_lines: bool) -> None:
    if format_ not in FORMATS:
        raise UsageError(f"there is no format {format_!r}", f"one of: {', '.join(FORMATS)}")
    if sort not in SORTS:
        raise UsageError(f"there is no order {sort!r}", f"one of: {', '.join(SORTS)}")
    if json_lines and format_ not in ("text", "list"):
        raise UsageError(f"--json-lines is a form of the list, not of {format_}")


def _system(logs: Optional[List[str]], root: Optional[str]) -> Tuple[List[str], Optional[str]]:
    """The logs, and the root where a sosreport or a system's directory stands among them."""
    from avcdoctor.sources.roots import split  # noqa: PLC0415 - the help must not wait for it

    return split(logs or [], root)


def _report(
    logs: Optional[List[str]],
    *,
    policy: Optional[str],
    root: Optional[str],
    since: Optional[str],
    until: Optional[str],
    rules: Optional[List[Path]],
) -> Report:
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.sources.times import parse_time  # noqa: PLC0415 - likewise

    with Progress() as progress:
        return api.explain(
            logs or [],
            policy=policy,
            root=root,
            since=parse_time(since) if since else None,
            until=parse_time(until) if until else None,
            rules=rules or [],
            progress=progress,
        )


def _what_came(
    checkpoint: Path, logs: Optional[List[str]], *, policy: Optional[str], rules: Optional[List[Path]]
) -> Tuple[Report, Callable[[], None]]:
    """The report of what came since the last run, and what remembers that it was shown."""
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.sources import checkpoint as saved  # noqa: PLC0415 - likewise

    before = saved.load(checkpoint)
    path = logs[0] if logs else None
    report, reached = api.explain_on(before, path, policy=policy, rules=rules or [], warn=output.note)
    return report, _nothing if reached is None else partial(saved.save, checkpoint, reached)


def _nothing() -> None:
    """Remember nothing: there is no checkpoint."""


def _with_reach(report: Report, policy: Optional[str], root: Optional[str]) -> Report:
    from avcdoctor.host import open_host  # noqa: PLC0415 - only for those who ask
    from avcdoctor.review.reach import with_reach  # noqa: PLC0415 - likewise

    return with_reach(report, open_host(policy, root))


def _with_newer(report: Report, given: Optional[Path]) -> Report:
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


def summarize(report: Report, incidents: int, *, verbose: bool) -> None:
    """Say on standard error what was read, what could not be, and (verbose) which lines and why.

    Args:
        report: as it is shown.
        incidents: how many there are in all.
        verbose: show the lines that could not be read.
    """
    from avcdoctor.render import words  # noqa: PLC0415 - needed once there is a report

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
