"""`avcdoctor triage`: which layer stops a service, SELinux or one of those that only look like it."""

from typing import Annotated, List, Optional

import typer

from avcdoctor.cli import output
from avcdoctor.cli.options import NoColor, Output, Verbose
from avcdoctor.errors import UsageError

EXAMPLES = """\
  avcdoctor triage --log /var/log/syslog           a log: which layer does it speak of?
  journalctl -b -u haproxy | avcdoctor triage --log -
"""

Format = Annotated[str, typer.Option("--format", metavar="FORMAT", help="text or json.")]
LogFiles = Annotated[
    Optional[List[str]],
    typer.Option(
        "--log", metavar="FILE", help="A log of any kind, or - for standard input; may be given more than once."
    ),
]


def triage(
    *,
    log: LogFiles = None,
    form: Format = "text",
    file: Output = None,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Name the layer that stops a program: SELinux, or one of the many that only look like it.

    Reads messages and audit records, and says for each layer why it is the one or is not.

    Args:
        log: log files; - is standard input.
        form: text or json.
        file: where the report goes.
        verbose: everything that was seen.
        no_color: never use colours.

    Returns:
        The exit code: 1 when a cause was found, 0 when nothing was.

    Raises:
        UsageError: no log, or an unknown format.
        InputError: a log can't be read.
    """
    from avcdoctor.render import triage as render  # noqa: PLC0415 - the help must not wait for it
    from avcdoctor.triage import judge  # noqa: PLC0415 - likewise
    from avcdoctor.triage.gather import read_logs  # noqa: PLC0415 - likewise

    if form not in ("text", "json"):
        raise UsageError(f"unknown format {form!r}", "triage knows text and json")
    if not log:
        raise UsageError("no log to look at", "give --log FILE, or --log - for standard input")
    verdict = judge(read_logs(log))
    if form == "json":
        output.emit(render.json(verdict), file)
    else:
        color = output.wants_color(no_color) and file is None
        output.emit(render.text(verdict, width=output.terminal_width(), color=color, verbose=verbose), file)
    return 1 if verdict.incidents else 0
