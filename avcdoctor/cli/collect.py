"""`avcdoctor collect`: what a host sends to `avcdoctor fleet`: a small report, explained where the policy is."""

from pathlib import Path
from typing import Annotated

from avcdoctor import output
from avcdoctor.cli import options
from avcdoctor.cli.declare import option
from avcdoctor.cli.progress import Progress
from avcdoctor.errors import InputError

EXAMPLES = """\
  avcdoctor collect -o web1.json.gz                this host's audit trail, explained with its policy
  avcdoctor collect --since today -o web1.json.gz  only what came today
  avcdoctor fleet 'reports/*.json.gz'              where the reports of all hosts are
"""
Target = Annotated[
    Path, option("--output", "-o", metavar="FILE", help="Where to write the report, NAME.json.gz.", show_default=False)
]


def collect(
    logs: options.Logs = None,
    *,
    file: Target,
    policy: options.PolicyFile = None,
    root: options.Root = None,
    since: options.Since = None,
    until: options.Until = None,
    rules: options.Rules = None,
    quiet: options.Quiet = False,
) -> int:
    """Write this host's report for avcdoctor fleet: incidents, causes and remedies, and no record of the log.

    The file is small, packed, and readable by its owner alone. Only reads otherwise.

    Args:
        logs: audit logs, as for explain.
        file: where to write it.
        policy: a compiled policy to ask.
        root: an offline root.
        since: a time in ausearch's words or ISO 8601.
        until: likewise.
        rules: more directories with rule packs.
        quiet: no summary on standard error.

    Returns:
        0, also where denials were found.

    Raises:
        InputError: nothing that could be read holds audit records; then no file is written.
        AvcdoctorError: a log or the policy can't be read.
    """
    from avcdoctor import api  # noqa: PLC0415 - the help must not wait for the policy's libraries
    from avcdoctor.gate.verdict import recognised  # noqa: PLC0415 - likewise
    from avcdoctor.private import write_private  # noqa: PLC0415 - likewise
    from avcdoctor.render import words  # noqa: PLC0415 - likewise
    from avcdoctor.render.collected import collected  # noqa: PLC0415 - likewise
    from avcdoctor.sources.times import parse_time  # noqa: PLC0415 - likewise

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
    if not recognised(report):
        raise InputError(f"nothing was written: {words.nothing(report)}")
    data = collected(report)
    write_private(file, data)
    if not quiet:
        output.note(words.input_sentence(report.input, len(report.incidents)))
        output.note(f"{len(data):,} bytes in {file}")
    for reason in report.input.failed:
        output.note(f"avcdoctor: {reason}")
    return 0
