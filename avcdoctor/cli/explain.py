"""`avcdoctor explain`: what was denied, why, and the smallest right ways out."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, List, Optional

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.declare import option
from avcdoctor.cli.progress import Progress
from avcdoctor.errors import InputError, PolicyError, UsageError
from avcdoctor.model import Report

REPORTS = ("text", "json", "markdown", "html")
PLANS = ("ansible", "shell")  # the covering remedies as code
FORMATS = REPORTS + PLANS
EXAMPLES = """\
  avcdoctor explain                                the audit trail of this host, all rotated files
  avcdoctor explain --since recent                 only the last ten minutes
  avcdoctor explain audit.log audit.log.1          logs from another machine
  ausearch -m AVC --raw | avcdoctor explain -      standard input
  avcdoctor explain --root /mnt/image              an offline root: its logs, its policy, its labels
  avcdoctor explain --format html -o report.html audit.log
"""
Format = Annotated[
    str,
    option(
        "--format", "-f", metavar="FORMAT", show_default=True, help=f"How to write the report: {', '.join(FORMATS)}."
    ),
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


def explain(
    logs: options.Logs = None,
    *,
    policy: options.PolicyFile = None,
    root: options.Root = None,
    since: options.Since = None,
    until: options.Until = None,
    incident: options.Incidents = None,
    rules: options.Rules = None,
    reach: Reach = False,
    newer: Newer = False,
    newer_from: NewerFrom = None,
    format_: Format = "text",
    file: options.Output = None,
    exit_zero: options.ExitZero = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    """Explain what SELinux denied: one incident for each cause, why, and the smallest right remedies.

    Only reads, never changes anything. Exits with 1 when denials were found.

    Args:
        logs: audit logs; `-` is standard input, none is this host's own trail.
        policy: a compiled policy to ask.
        root: an offline root.
        since: a time in ausearch's words or ISO 8601.
        until: likewise.
        incident: ids (or their beginnings) of the incidents to show; all when left out.
        rules: more directories with rule packs.
        reach: say what each remedy makes reachable.
        newer: ask the newest policy that the package manager offers about policy gaps.
        newer_from: a policy, a package or a root to ask instead.
        format_: one of `FORMATS`.
        file: where to write the report.
        exit_zero: exit with 0 although denials were found.
        quiet: no summary on standard error.
        verbose: everything.
        no_color: no colours.

    Returns:
        The exit code: 0 nothing denied, 1 denials found.

    Raises:
        UsageError: an unknown format, time or incident.
        AvcdoctorError: a log or the policy can't be read.
    """
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.sources.times import parse_time  # noqa: PLC0415 - likewise

    if format_ not in FORMATS:
        raise UsageError(f"there is no format {format_!r}", f"one of: {', '.join(FORMATS)}")
    with Progress() as progress:
        report = api.explain(
            logs or [],
            policy=policy,
            root=root,
            since=parse_time(since) if since else None,
            until=parse_time(until) if until else None,
            rules=rules or [],
            progress=progress,
        )
    if newer or newer_from is not None:
        report = _with_newer(report, newer_from)
    if reach:
        report = _with_reach(report, policy, root)
    shown = only(report, incident or [])
    color = output.wants_color(no_color) and file is None
    output.emit(_rendered(shown, format_, color=color, verbose=verbose), file)
    if not quiet:
        summarize(report, verbose=verbose)
    for reason in report.input.failed:
        output.note(f"avcdoctor: {reason}")
    if report.input.failed:
        return InputError.exit_code
    return 1 if shown.incidents and not exit_zero else 0


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


def only(report: Report, wanted: List[str]) -> Report:
    """Keep the incidents whose ids begin with one of these; all of them when none is given.

    Args:
        report: what was found.
        wanted: ids, or beginnings of ids.

    Raises:
        UsageError: the report has no such incident.
    """
    if not wanted:
        return report
    for beginning in wanted:
        if not any(incident.id.startswith(beginning) for incident in report.incidents):
            there_are = ", ".join(incident.id for incident in report.incidents) or "none"
            raise UsageError(f"there is no incident {beginning!r} in this log", f"there are: {there_are}")
    kept = tuple(incident for incident in report.incidents if incident.id.startswith(tuple(wanted)))
    known = {incident.id for incident in kept}
    return replace(report, incidents=kept, cover=tuple(entry for entry in report.cover if entry[0] in known))


def summarize(report: Report, *, verbose: bool) -> None:
    """Say on standard error what was read, what could not be, and (verbose) which lines and why."""
    from avcdoctor.render import words  # noqa: PLC0415 - needed once there is a report

    output.note(words.input_sentence(report.input, len(report.incidents)))
    for warning in report.input.warnings:
        output.note(f"warning: {warning}")
    examples = report.input.unreadable_examples if verbose else ()
    for item in examples:
        output.note(f"  {words.unreadable_line(item)}")
    if report.input.unreadable > len(examples):
        more = "only the first lines are kept" if verbose else "-v shows the lines that could not be read"
        output.note(f"  {more}")


def _rendered(report: Report, format_: str, *, color: bool, verbose: bool) -> str:
    if format_ == "text":
        from avcdoctor.render.text import text  # noqa: PLC0415 - only the format that is asked for

        return text(report, width=output.terminal_width(), color=color, verbose=verbose)
    if format_ in PLANS:
        from avcdoctor.plan.choose import make_plan  # noqa: PLC0415 - likewise
        from avcdoctor.render import plans  # noqa: PLC0415 - likewise

        return plans.render(make_plan(report), format_)
    from avcdoctor.render import FORMATS as RENDERERS  # noqa: PLC0415 - likewise

    return RENDERERS[format_](report)
