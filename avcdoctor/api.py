"""The main job as one function: logs in, report out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional, Sequence, Tuple

from avcdoctor import diagnose, read, remedies
from avcdoctor.host import Host, open_host
from avcdoctor.knowledge import Knowledge, load
from avcdoctor.model import Reading, Report
from avcdoctor.resources import policies_dir
from avcdoctor.sources.files import AUDIT_DIRECTORY, configured_log
from avcdoctor.sources.roots import split

if TYPE_CHECKING:
    from avcdoctor.sources.checkpoint import Position

SELINUX_FILES = "/sys/fs/selinux/enforce"
USER_RULES = Path("/etc/avcdoctor/rules.d")


def explain(
    paths: Sequence[str] = (),
    *,
    host: Optional[Host] = None,
    policy: Optional[str] = None,
    root: Optional[str] = None,
    since: Optional[int] = None,
    until: Optional[int] = None,
    rules: Sequence[Path] = (),
    progress: Optional[Callable[[int], None]] = None,
    only_vouched: bool = False,
) -> Report:
    """Read logs and explain every denial.

    Args:
        paths: log files; "-" is standard input; none means the host's own audit trail. A sosreport, packed or not, or
            another system's directory is an offline root.
        host: facts to use; opened from `policy` and `root` when not given.
        policy: a binary policy, "reference", or None for the host's own.
        root: the top of an offline system.
        since: milliseconds since the epoch; earlier denials are left out.
        until: milliseconds since the epoch; later denials are left out.
        rules: further directories with rule packs.
        progress: called now and then with the number of bytes read since the last call.
        only_vouched: leave out denials that stand only in text which anybody could have written.

    Raises:
        InputError: a log can't be read.
        PolicyError: the policy can't be read.
    """
    paths, root = split(paths, root)
    machine = host or open_host(policy, root)
    reading = read.read(paths, since=since, until=until, root=root, progress=progress)
    reading = reading.vouched() if only_vouched else reading
    found = report(reading, machine, knowledge(rules), own_log=is_own(paths, reading, machine))
    return _without_all_clear(found, machine)


def _without_all_clear(found: Report, machine: Host) -> Report:
    """Where SELinux was switched off, nothing can have been denied: that is a failed look, and no good news."""
    if machine.mode != "disabled" or found.incidents:
        return found
    reason = "SELinux was switched off on that machine, so that nothing could be denied"
    return replace(found, input=replace(found.input, failed=(*found.input.failed, reason)))


def explain_on(
    position: Optional[Position],
    path: Optional[str] = None,
    *,
    policy: Optional[str] = None,
    rules: Sequence[Path] = (),
    warn: Callable[[str], None] = lambda _: None,
) -> Tuple[Report, Optional[Position]]:
    """Explain what came to a log since it was read last.

    Args:
        position: where the last run ended; None for the first run.
        path: the log; none means the host's own.
        policy: a binary policy, "reference", or None for the host's own.
        rules: further directories with rule packs.
        warn: told in words when something may be missing.

    Returns:
        The report, and where the next run goes on.

    Raises:
        InputError: the log can't be read.
        PolicyError: the policy can't be read.
    """
    from avcdoctor.read.resume import read_on  # noqa: PLC0415 - a reader of its own, for --checkpoint alone

    machine = open_host(policy, None)
    reading, reached = read_on(path or configured_log(), position, warn)
    own_log = is_own([path] if path else [], reading, machine)
    return report(reading, machine, knowledge(rules), own_log=own_log), reached


def knowledge(rules: Sequence[Path] = ()) -> Knowledge:
    """The shipped rule packs, the administrator's own, and further directories."""
    return load((policies_dir() / "rules", USER_RULES, *rules))


def is_own(paths: Sequence[str], reading: Reading, host: Host) -> bool:
    """Whether a host wrote the logs that were read, so that its files are those they are about.

    Args:
        paths: as they were named; none means the host's own trail.
        reading: what they hold.
        host: the machine that is asked for facts.
    """
    return all(path.startswith(AUDIT_DIRECTORY) for path in paths) or _fits(reading, host)


def _fits(reading: Reading, host: Host) -> bool:
    """Whether a log that was named is most likely this machine's: it runs SELinux and knows every type of the log."""
    policy = host.policy
    if policy is None or not host.live or not host.files.exists(SELINUX_FILES):
        return False
    return all(policy.has_type(group.source) and policy.has_type(group.target) for group in reading.groups)


def report(reading: Reading, host: Host, known: Knowledge, *, own_log: bool = False) -> Report:
    """Diagnose what was read.

    Args:
        reading: the groups and the summary.
        host: facts to use.
        known: the rule packs.
        own_log: the host wrote the log, so that its files are those the log is about.
    """
    incidents = remedies.propose(diagnose.find(reading.groups, host, known, own_log=own_log), host, own_log=own_log)
    info = host.info
    policy = host.policy
    types = sorted({name for group in reading.groups for name in (group.source, group.target) if name})
    unknown: Tuple[str, ...] = tuple(name for name in types if policy is None or not policy.has_type(name))
    return Report(
        policy=type(info)(**{**info.__dict__, "unknown_types": unknown}),
        input=reading.summary,
        incidents=incidents,
        cover=remedies.cover(incidents),
        warnings=(*(str(error) for error in known.errors), *diagnose.notes(host, own_log)),
    )
