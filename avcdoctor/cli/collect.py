"""`avcdoctor collect`: what a host sends to `avcdoctor fleet`: a small report, explained where the policy is."""

from pathlib import Path
from typing import Annotated

from avcdoctor.cli import options
from avcdoctor.cli.asked import Asked, asking
from avcdoctor.cli.declare import option

EXAMPLES = """\
  avcdoctor collect -o web1.json.gz                this host's audit trail, explained with its policy
  avcdoctor collect --since today -o web1.json.gz  only what came today
  avcdoctor fleet 'reports/*.json.gz'              where the reports of all hosts are
"""
Target = Annotated[
    Path, option("--output", "-o", metavar="FILE", help="Where to write the report, NAME.json.gz.", show_default=False)
]


@asking
def collect(
    logs: options.Logs = None,
    *,
    file: Target,
    asked: Asked,
    quiet: options.Quiet = False,
) -> int:
    """Write this host's report for avcdoctor fleet: incidents, causes and remedies, and no record of the log.

    The file is small, packed, and readable by its owner alone. Only reads otherwise.

    Args:
        logs: audit logs, as for explain.
        file: where to write it.
        asked: who judges what came when.
        quiet: no summary on standard error.

    Returns:
        0, also where denials were found.

    Raises:
        InputError: nothing that could be read holds audit records; then no file is written.
        AvcdoctorError: a log or the policy can't be read.
    """
    from avcdoctor.cli.work import collect as work  # noqa: PLC0415 - the help must not wait for the policy's libraries

    work.collect(logs, asked, file, quiet=quiet)
    return 0
