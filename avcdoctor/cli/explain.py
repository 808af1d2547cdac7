"""`avcdoctor explain`: what was denied, why, and the smallest right ways out."""

from pathlib import Path
from typing import Annotated, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.asked import Asked, asking
from avcdoctor.cli.declare import option
from avcdoctor.cli.filters import filtered
from avcdoctor.cli.here import uses_selinux
from avcdoctor.errors import UsageError
from avcdoctor.gate.filters import Filters
from avcdoctor.render import FORMATS
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
@asking
def explain(
    logs: options.Logs = None,
    *,
    filters: Filters,
    asked: Asked,
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
        asked: who judges what came when.
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
    from avcdoctor.cli.work import explain as work  # noqa: PLC0415 - the help must not wait for the policy's libraries

    _check(format_, sort, json_lines=json_lines)
    logs, root = work.split(logs or [], asked.root)
    asked = asked._replace(root=root)
    report, remember = work.found(logs, asked, checkpoint)
    if newer or newer_from is not None:
        report = work.with_newer(report, newer_from)
    if reach:
        report = work.reaching(report, asked)
    shown = work.counted(report, filters, ignore, baseline)
    if write_ignore is not None:
        return work.write_ignore(shown, write_ignore)
    form = "json-lines" if json_lines else format_
    paged = form in ("text", "list") and file is None and not no_pager and output.is_paged()
    color = output.wants_color(no_color) and file is None
    output.emit(work.rendered(shown, form, color=color, verbose=verbose, paged=paged, sort=sort), file, paged=paged)
    remember()
    if not quiet:
        work.summarize(shown, len(report.incidents), verbose=verbose)
    for reason in report.input.failed:
        output.note(f"avcdoctor: {reason}")
    if not logs and not asked.root and not work.recognised(report) and not uses_selinux():
        output.note("avcdoctor: this machine does not use SELinux; name a log from one that does")
    return work.exit_code(shown, exit_zero=exit_zero)


def _check(format_: str, sort: str, *, json_lines: bool) -> None:
    if format_ not in FORMATS:
        raise UsageError(f"there is no format {format_!r}", f"one of: {', '.join(FORMATS)}")
    if sort not in SORTS:
        raise UsageError(f"there is no order {sort!r}", f"one of: {', '.join(SORTS)}")
    if json_lines and format_ not in ("text", "list"):
        raise UsageError(f"--json-lines is a form of the list, not of {format_}")
