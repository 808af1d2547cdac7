"""What `avcdoctor tail` does: opens the trail, and lets the announcer speak until it ends."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import List, NamedTuple, Optional, Union

from avcdoctor import output
from avcdoctor.gate.ignore import load
from avcdoctor.sources.files import AUDIT_DIRECTORY, configured_log
from avcdoctor.sources.journal import follow_command
from avcdoctor.sources.times import seconds
from avcdoctor.tail.announcer import Speaker, lines_to_syslog
from avcdoctor.tail.loop import Loop
from avcdoctor.tail.notify import Notifier
from avcdoctor.tail.sources import FileSource, PipeSource, Signals

INTERRUPTED = 130


class Place(NamedTuple):
    """What is followed, and from where on.

    Args:
        log: the log, `-` for standard input, None for this host's own.
        from_start: begin with what is in the log already.
        journal: follow the journal instead.
        checkpoint: a file that remembers how far it got.
    """

    log: Optional[str]
    from_start: bool
    journal: bool
    checkpoint: Optional[Path]


def is_own(log: Optional[str]) -> bool:
    """Whether a log is this host's own trail."""
    return log is None or log.startswith(AUDIT_DIRECTORY)


def speaker(
    *,
    plugin: bool,
    as_json: bool,
    policy: Optional[str],
    rules: Optional[List[Path]],
    ignore: Optional[Path],
    on_incident: Optional[str],
    no_color: bool,
    own_log: bool,
) -> Speaker:
    """Who tells of new incidents, as the options want it.

    Raises:
        AvcdoctorError: the ignore file or the program can't be used.
    """
    return Speaker(
        lines_to_syslog() if plugin else _write,
        as_json=as_json,
        policy=policy,
        rules=rules or [],
        color=output.wants_color(no_color) and not plugin,
        known=load(ignore) if ignore is not None else (),
        notifier=Notifier(on_incident) if on_incident is not None else None,
        own_log=own_log,
    )


def follow(place: Place, announcer: Speaker, every: Optional[str], *, ends_well: bool, quiet: bool) -> int:
    """Follow until the end of the input or a signal; gives the exit code.

    Raises:
        InputError: the checkpoint can't be read, or there is no journal.
    """
    interval = seconds(every) if every else None
    with Signals() as signals:
        loop = Loop(_source(place, signals), announcer, signals, interval, quiet=quiet)
        loop.run()
        if signals.caught == signal.SIGINT:
            return INTERRUPTED
        return 0 if ends_well else loop.exit_code()


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _source(place: Place, signals: Signals) -> Union[FileSource, PipeSource]:
    if place.journal:
        # Ctrl-C goes to the whole terminal group; journalctl is to stay until it was read to its end.
        process = subprocess.Popen(follow_command(), stdout=subprocess.PIPE, start_new_session=True)
        return PipeSource(signals, process)
    if place.log == "-":
        return PipeSource(signals)
    path = place.log or configured_log()
    if Path(path).is_dir():
        path = str(Path(path) / "audit.log")
    return FileSource(path, signals, place.from_start, place.checkpoint)
