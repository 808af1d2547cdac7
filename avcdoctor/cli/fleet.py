"""`avcdoctor fleet`: many hosts at once, from logs, sosreports or the reports they made of themselves."""

from pathlib import Path
from typing import Annotated, List, Optional

from avcdoctor import output, render
from avcdoctor.cli import explain as one_host
from avcdoctor.cli import options
from avcdoctor.cli.asked import Asked, asking
from avcdoctor.cli.declare import argument, option
from avcdoctor.cli.filters import filtered
from avcdoctor.errors import UsageError
from avcdoctor.gate.filters import Filters
from avcdoctor.render.rank import SORTS

FORMATS = tuple(one for one in render.FORMATS if one != "shell")  # a script changes the one machine it runs on
EXAMPLES = """\
  avcdoctor fleet /srv/logs                             a folder with one folder a host
  avcdoctor fleet central.log                           a central log that names its hosts (node=)
  avcdoctor fleet 'reports/*.json.gz'                   reports that hosts made by: avcdoctor collect
  avcdoctor fleet 's3://logs/*/audit.log' --host-from 'logs/{host}/audit.log'
  avcdoctor fleet /srv/logs --format ansible -o fix/    a playbook and an inventory with a group for each incident
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
Output = Annotated[
    Optional[Path], option("--output", "-o", metavar="FILE", help="Write the report to FILE; ansible: to a directory.")
]
AllowReview = Annotated[bool, option("--allow-review", help="In the playbook, also what grants something new.")]
AllowModules = Annotated[
    bool, option("--allow-modules", help="In the playbook, with --allow-review, also local modules.")
]
TrustLog = Annotated[
    bool, option("--trust-log", help="In the playbook, also hosts that only text tells, such as syslog.")
]


@filtered
@asking
def fleet(
    sources: Sources,
    *,
    filters: Filters,
    host_from: HostFrom = "",
    scheduler: Scheduler = "",
    workers: Workers = 0,
    inventory: Inventory = None,
    asked: Asked,
    ignore: options.Ignore = None,
    baseline: one_host.Baseline = None,
    form: Format = "text",
    sort: one_host.Sort = "host",
    file: Output = None,
    allow_review: AllowReview = False,
    allow_modules: AllowModules = False,
    trust_log: TrustLog = False,
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
        asked: what came when, and who judges the hosts without another policy.
        ignore: a file of known denials, each with a reason.
        baseline: an earlier JSON report, whose incidents are left out.
        form: one of `FORMATS`.
        sort: the order of the list.
        file: where to write the report, or the directory of the playbook and its inventory.
        allow_review: also plan remedies that grant something new.
        allow_modules: also plan local modules.
        trust_log: also plan for hosts of which only text tells.
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
    from avcdoctor.cli.work import fleet as work  # noqa: PLC0415 - the help must not wait for the policy's libraries

    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", f"one of: {', '.join(FORMATS)}")
    if sort not in SORTS:
        raise UsageError(f"there is no order {sort!r}", f"one of: {', '.join(SORTS)}")
    if form == "ansible" and file is None:
        raise UsageError("a playbook and its inventory are files of one directory", "add -o DIR")
    report, inputs = work.judged(sources, asked, host_from, inventory, scheduler, workers)
    shown = work.counted(report, filters, ignore, baseline)
    if form == "ansible" and file is not None:
        work.write_playbook(shown, file, allow_review=allow_review, allow_modules=allow_modules, trust_log=trust_log)
        return work.exit_code(shown, exit_zero=exit_zero)
    color = output.wants_color(no_color) and file is None
    output.emit(work.rendered(shown, form, color=color, verbose=verbose, paged=False, sort=sort), file)
    if not quiet:
        output.note(f"{work.extent(shown, inputs)}")
        work.summarize(shown, len(report.incidents), verbose=verbose)
    return work.exit_code(shown, exit_zero=exit_zero)
