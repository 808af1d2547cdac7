"""`avcdoctor tail`: follows the live trail, explains each new incident once, and counts the rest."""

from pathlib import Path
from typing import Annotated, Optional

from avcdoctor.cli import options
from avcdoctor.cli.declare import argument, option
from avcdoctor.errors import UsageError

EXAMPLES = """\
  avcdoctor tail                                 this host's audit log, from now on
  avcdoctor tail /var/log/audit/audit.log --from-start
  avcdoctor tail --ignore known.yaml --on-incident /usr/local/bin/page-me
  avcdoctor tail --every 60s                     once a minute, what came again
  avcdoctor tail --journal                       where no auditd runs
  avcdoctor tail --format json --checkpoint /var/lib/avcdoctor/tail.json
  ausearch --raw -m AVC | avcdoctor tail -       standard input, until it ends
"""
FORMATS = ("text", "json")


Log = Annotated[
    Optional[str],
    argument(
        metavar="[LOG|-]", help="An audit log, or - for standard input. Without it: this host's.", show_default=False
    ),
]
FromStart = Annotated[bool, option("--from-start", help="Begin with what is in the log already.")]
Journal = Annotated[bool, option("--journal", help="Follow the journal instead of a file.")]
Plugin = Annotated[bool, option("--plugin", help="Run by auditd: read standard input, write JSON lines to syslog.")]
Every = Annotated[Optional[str], option("--every", metavar="TIME", help="Say what came again: 60s, 5m, 1h.")]
Checkpoint = Annotated[
    Optional[Path],
    option("--checkpoint", metavar="FILE", help="Remember in FILE how far it got, and go on there next time."),
]
OnIncident = Annotated[
    Optional[str],
    option("--on-incident", metavar="COMMAND", help="Run COMMAND for each new incident, with its JSON as input."),
]
Format = Annotated[str, option("--format", "-f", metavar="FORMAT", help="text, or json: one object per line.")]


def tail(
    log: Log = None,
    *,
    from_start: FromStart = False,
    journal: Journal = False,
    plugin: Plugin = False,
    every: Every = None,
    checkpoint: Checkpoint = None,
    policy: options.PolicyFile = None,
    rules: options.Rules = None,
    ignore: options.Ignore = None,
    on_incident: OnIncident = None,
    format_: Format = "text",
    quiet: options.Quiet = False,
    no_color: options.NoColor = False,
) -> int:
    """Follow the audit trail: explain each new incident once, then only count it.

    Survives rotation, truncation and a log that is not there yet. Ends with a summary on Ctrl-C or SIGTERM.

    Args:
        log: the log to follow, or `-`.
        from_start: begin with what is in the log already.
        journal: follow the journal instead.
        plugin: standard input to syslog, as auditd runs its plugins.
        every: how often to say what came again.
        checkpoint: a file that remembers how far it got.
        policy: a compiled policy to ask.
        rules: more directories with rule packs.
        ignore: a file of known denials that are not told of.
        on_incident: a program and its arguments, separated by blanks.
        format_: `text` or `json`.
        quiet: no summary on standard error.
        no_color: no colours.

    Returns:
        The exit code: 130 after Ctrl-C; see `avcdoctor.tail.loop.Loop.exit_code` otherwise.

    Raises:
        UsageError: options that contradict each other.
        InputError: the checkpoint can't be read, or there is no journal.
    """
    from avcdoctor.cli.work import tail as work  # noqa: PLC0415 - the help must not wait for it

    if format_ not in FORMATS:
        raise UsageError(f"there is no format {format_!r}", "text or json")
    if journal and (log or checkpoint or plugin):
        raise UsageError("--journal follows the journal, so no log, checkpoint or plugin goes with it")
    if (plugin or log == "-") and checkpoint:
        raise UsageError("standard input can't be gone back to, so it has no checkpoint")
    place = work.Place("-" if plugin else log, from_start=from_start, journal=journal, checkpoint=checkpoint)
    speaker = work.speaker(
        plugin=plugin,
        as_json=plugin or format_ == "json",
        policy=policy,
        rules=rules,
        ignore=ignore,
        on_incident=on_incident,
        no_color=no_color,
        own_log=plugin or work.is_own(log),
    )
    return work.follow(place, speaker, every, ends_well=plugin or journal, quiet=quiet)
