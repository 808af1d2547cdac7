"""`avcdoctor fleet`: many hosts at once, from logs, sosreports or the reports they made of themselves."""

import sys
from pathlib import Path
from typing import Annotated, Any, List, Optional

from avcdoctor import output, render
from avcdoctor.cli import explain as one_host
from avcdoctor.cli import options
from avcdoctor.cli.declare import argument, option
from avcdoctor.cli.filters import filtered
from avcdoctor.errors import InputError, UsageError
from avcdoctor.gate.filters import Filters
from avcdoctor.model import Report
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
        policy: a compiled policy for hosts without another.
        root: an offline root for hosts without another.
        since: a time in ausearch's words or ISO 8601.
        until: likewise.
        rules: more directories with rule packs.
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
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.fleet import classes, engine, work  # noqa: PLC0415 - likewise
    from avcdoctor.fleet import sources as inputs  # noqa: PLC0415 - likewise
    from avcdoctor.gate import verdict  # noqa: PLC0415 - likewise
    from avcdoctor.render.words import plural  # noqa: PLC0415 - likewise
    from avcdoctor.sources.times import parse_time  # noqa: PLC0415 - likewise

    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}", f"one of: {', '.join(FORMATS)}")
    if sort not in SORTS:
        raise UsageError(f"there is no order {sort!r}", f"one of: {', '.join(SORTS)}")
    if form == "ansible" and file is None:
        raise UsageError("a playbook and its inventory are files of one directory", "add -o DIR")
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
    if form == "ansible" and file is not None:
        _write_playbook(shown, file, allow_review=allow_review, allow_modules=allow_modules, trust_log=trust_log)
        return verdict.exit_code(shown, exit_zero=exit_zero)
    color = output.wants_color(no_color) and file is None
    output.emit(one_host.rendered(shown, form, color=color, verbose=verbose, paged=False, sort=sort), file)
    if not quiet:
        output.note(f"{plural(len(shown.input.hosts), 'host')} in {plural(part.inputs, 'input')}")
        one_host.summarize(shown, len(report.incidents), verbose=verbose)
    return verdict.exit_code(shown, exit_zero=exit_zero)


def _write_playbook(report: Report, folder: Path, *, allow_review: bool, allow_modules: bool, trust_log: bool) -> None:
    from avcdoctor.plan.errors import EmptyPlanError  # noqa: PLC0415 - likewise
    from avcdoctor.plan.fleet import planned  # noqa: PLC0415 - only the format that is asked for
    from avcdoctor.render import plans  # noqa: PLC0415 - likewise
    from avcdoctor.render.plan_promise import kept_skipped  # noqa: PLC0415 - likewise
    from avcdoctor.render.words import plural  # noqa: PLC0415 - likewise

    try:
        found = planned(report, allow_review=allow_review, allow_modules=allow_modules, trust_log=trust_log)
    except EmptyPlanError as error:
        raise EmptyPlanError(kept_skipped(error.skipped)) from None
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in plans.fleet_files(found).items():
        output.emit(text, folder / name)
    hosts = {name for names in found.hosts.values() for name in names}
    what, whose = plural(len(found.plan.steps), "remedy", "remedies"), plural(len(hosts), "host")
    output.note(f"{what} for {whose} in {folder}; look before you run it:")
    output.note(f"  ansible-playbook -i {folder}/inventory.yml --check --diff {folder}/playbook.yml")
    for item in found.plan.skipped:
        output.note(f"left out {item.incident}: {item.why}")


def _progress() -> Any:
    """Say on a terminal how far it is; say nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda done, total: None

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done:,} of {total:,} inputs and parts of inputs" + ("\n" if done == total else ""))
        sys.stderr.flush()

    return tell
