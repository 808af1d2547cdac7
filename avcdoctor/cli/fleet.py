"""`avcdoctor fleet`: many hosts at once, from logs, sosreports or the reports they made of themselves."""

import sys
from pathlib import Path
from typing import Annotated, Any, List, Optional

from avcdoctor import output
from avcdoctor.cli import explain as one_host
from avcdoctor.cli import options
from avcdoctor.cli.declare import argument, option
from avcdoctor.cli.filters import filtered
from avcdoctor.errors import InputError, UsageError
from avcdoctor.gate.filters import Filters

FORMATS = ("text", "list", "json", "markdown", "html")
EXAMPLES = """\
  avcdoctor fleet /srv/logs                             a folder with one folder a host
  avcdoctor fleet central.log                           a central log that names its hosts (node=)
  avcdoctor fleet 'reports/*.json'                      reports made by: explain --format json
  avcdoctor fleet 's3://logs/*/audit.log' --host-from 'logs/{host}/audit.log'
  avcdoctor fleet /srv/logs --scheduler tcp://host:8786   workers elsewhere that see the same paths
"""

Sources = Annotated[
    List[str],
    argument(
        metavar="SOURCE...", help="Folders, globs or URLs of logs, sosreports and JSON reports.", show_default=False
    ),
]
HostFrom = Annotated[
    str, option("--host-from", metavar="PATTERN", help="Where in a path the host's name is: 'hosts/{host}/audit.log*'.")
]
Scheduler = Annotated[str, option("--scheduler", metavar="ADDRESS", help="A dask scheduler.")]
Workers = Annotated[int, option("--workers", metavar="N", help="Processes here; 0 is one for each core.", min=0)]
Inventory = Annotated[
    Optional[Path], option("--inventory", metavar="FILE", help="YAML: which policy or root judges which hosts.")
]
Format = Annotated[str, option("--format", "-f", metavar="FORMAT", help=f"One of: {', '.join(FORMATS)}.")]


@filtered
def fleet(
    sources: Sources,
    *,
    filters: Filters,
    host_from: HostFrom = "",
    scheduler: Scheduler = "",
    workers: Workers = 0,
    inventory: Inventory = None,
    policy: options.PolicyFile = None,
    root: options.Root = None,
    since: options.Since = None,
    until: options.Until = None,
    rules: options.Rules = None,
    ignore: options.Ignore = None,
    baseline: one_host.Baseline = None,
    form: Format = "text",
    sort: one_host.Sort = "host",
    file: options.Output = None,
    exit_zero: options.ExitZero = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    no_color: options.NoColor = False,
) -> int:
    """Explain the denials of many hosts at once: which incidents, on how many hosts, and what to do about each.

    Logs are read and merged; a sosreport is explained with the policy in it; a JSON report keeps its host's verdict.
    Needs the extra [fleet] (dask and fsspec).

    Args:
        sources: folders, globs or URLs.
        filters: which incidents to show.
        host_from: a path pattern with {host}.
        scheduler: the address of a scheduler.
        workers: how many processes of this machine.
        inventory: which policy judges which hosts.
        policy: a compiled policy for hosts without another.
        root: an offline root for hosts without another.
        since: a time in ausearch's words or ISO 8601.
        until: likewise.
        rules: more directories with rule packs.
        ignore: a file of known denials, each with a reason.
        baseline: an earlier JSON report, whose incidents are left out.
        form: one of `FORMATS`.
        sort: the order of the list.
        file: where to write the report.
        exit_zero: exit with 0 although denials were found.
        quiet: no summary on standard error.
        verbose: everything.
        no_color: no colours.

    Returns:
        The exit code, see `avcdoctor.gate.verdict.exit_code`.

    Raises:
        UsageError: an unknown format or order.
        AvcdoctorError: nothing could be read, or the engine, a policy or the inventory can't be had.
    """
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.fleet import classes, engine, work  # noqa: PLC0415 - likewise
    from avcdoctor.fleet import sources as inputs  # noqa: PLC0415 - likewise
    from avcdoctor.gate import verdict  # noqa: PLC0415 - likewise
    from avcdoctor.sources.times import parse_time  # noqa: PLC0415 - likewise

    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", f"one of: {', '.join(FORMATS)}")
    if sort not in one_host.SORTS:
        raise UsageError(f"there is no order {sort!r}", f"one of: {', '.join(one_host.SORTS)}")
    known_hosts = classes.inventory(inventory) if inventory is not None else ()
    found, unlisted = inputs.find(sources, host_from)
    if not found:
        raise InputError("; ".join(unlisted) or "the sources hold no file")
    part = engine.run(
        work.batches(found),
        since=parse_time(since) if since else None,
        until=parse_time(until) if until else None,
        policy=policy or "",
        scheduler=scheduler,
        workers=workers,
        progress=_progress(),
    )
    for reason in unlisted:
        part.fail("", reason)
        part.inputs += 1
    if part.failures >= part.inputs:
        raise InputError(f"no input could be read: {'; '.join(part.failed)}")
    names = part.gathered.grouper.hosts()
    report = classes.judged(
        part, classes.classes_of(names, known_hosts, policy or "", root or ""), api.knowledge(rules or [])
    )
    shown = verdict.counted(report, filters, ignore, baseline)
    color = output.wants_color(no_color) and file is None
    output.emit(one_host.rendered(shown, form, color=color, verbose=verbose, paged=False, sort=sort), file)
    if not quiet:
        output.note(f"{len(shown.input.hosts):,} hosts in {part.inputs:,} inputs")
        one_host.summarize(shown, len(report.incidents), verbose=verbose)
    return verdict.exit_code(shown, exit_zero=exit_zero)


def _progress() -> Any:
    """Say on a terminal how far it is; say nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, total: None

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done:,} of {total:,} batches" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return tell
