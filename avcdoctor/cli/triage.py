"""`avcdoctor triage`: which layer stops a service, SELinux or one of those that only look like it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, List, Optional, Tuple

from avcdoctor import output
from avcdoctor.cli.declare import argument, option
from avcdoctor.cli.options import NoColor, Output, PolicyFile, Root, Rules, Since, Verbose
from avcdoctor.errors import InputError, UsageError
from avcdoctor.model import safe_text

if TYPE_CHECKING:
    from avcdoctor.host import Host
    from avcdoctor.model import Report
    from avcdoctor.triage.gather import Evidence
    from avcdoctor.triage.model import Triage
    from avcdoctor.triage.unit import UnitFacts

_SAMPLE = 1 << 16  # bytes by which a file that is no log is known

EXAMPLES = """\
  avcdoctor triage haproxy                         its journal, audit records, settings and paths
  avcdoctor triage --log /var/log/syslog           a log alone: which layer does it speak of?
  journalctl -b -u nginx | avcdoctor triage --log -
  avcdoctor triage keepalived --root /mnt/image    a service of an offline system or a sosreport
  avcdoctor triage sosreport-web1.tar.xz           everything that a sosreport speaks of
"""

Service = Annotated[
    Optional[str],
    argument(
        metavar="[SERVICE]",
        help="A service of this host or of --root, whose unit and paths are looked at; or a sosreport.",
    ),
]
LogFiles = Annotated[
    Optional[List[str]],
    option("--log", metavar="FILE", help="A log of any kind, or - for standard input. May be given repeatedly."),
]
AuditFiles = Annotated[Optional[List[str]], option("--audit", metavar="FILE", help="An audit log of the same time.")]
Format = Annotated[str, option("--format", "-f", metavar="FORMAT", help="text or json.")]


def triage(
    service: Service = None,
    *,
    log: LogFiles = None,
    audit: AuditFiles = None,
    since: Since = None,
    root: Root = None,
    policy: PolicyFile = None,
    rules: Rules = None,
    form: Format = "text",
    file: Output = None,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Name the layer that stops a program: SELinux, or one of the many that only look like it.

    Reads messages and audit records, says for each layer why it is the one or is not, and goes on to explain the
    denials when it is SELinux. With a SERVICE or --root, its settings and the paths it names are looked at as well.

    Args:
        service: a unit's name, or a sosreport.
        log: log files; - is standard input.
        audit: audit logs.
        since: a time in ausearch's words or ISO 8601; for the journal and the audit trail of a service.
        root: an offline root.
        policy: a compiled policy to ask.
        rules: more directories with rules.
        form: text or json.
        file: where the report goes.
        verbose: everything that was seen.
        no_color: never use colours.

    Returns:
        The exit code: 1 when a cause was found, 3 when there was nothing to find one in, 0 otherwise.

    Raises:
        UsageError: nothing to look at, an unknown format or service.
        InputError: a log can't be read.
    """
    from avcdoctor.render import json as report_json  # noqa: PLC0415 - the help must not wait for it
    from avcdoctor.render import text as report_text  # noqa: PLC0415 - likewise
    from avcdoctor.render import triage as render  # noqa: PLC0415 - likewise

    if form not in ("text", "json"):
        raise UsageError(f"unknown format {form!r}", "triage knows text and json")
    service, root = _system(service, root)
    if not (service or log or audit or root):
        raise UsageError("nothing to look at", "name a service, or give --log FILE (- for standard input)")
    host = _host(policy, root) if service or root else None
    names = [*(log or []), *(audit or [])]
    verdict, evidence = _judged(service, host, names, since, rules)
    report = _explained(verdict, evidence, host, policy, names) if verdict.layer == "selinux" else None
    if form == "json":
        output.emit(render.json(verdict, report_json.document(report) if report else None), file)
    else:
        color = output.wants_color(no_color) and file is None
        width = output.terminal_width()
        shown = render.text(verdict, width=width, color=color, verbose=verbose, explained=report is not None)
        if report is not None:
            shown += "\n" + report_text.text(report, width=width, color=color, verbose=verbose)
        output.emit(shown, file)
    return _exit_code(verdict, evidence, service)


def _exit_code(verdict: "Triage", evidence: "Evidence", service: Optional[str]) -> int:
    """1 where a layer was found; what could not be read is never fine, and one line says what it is instead."""
    from avcdoctor.read.shapes.nothing import NO_RECORDS, found_instead  # noqa: PLC0415 - most logs hold something

    if verdict.incidents:
        return 1
    what, hint = found_instead(evidence.data[:_SAMPLE])
    if verdict.recognised and what == NO_RECORDS:
        return 0
    if not evidence.sources:
        output.note(f"avcdoctor: nothing was read: {'; '.join(map(safe_text, evidence.notes))}")
        return InputError.exit_code
    where = ", ".join(map(safe_text, evidence.sources))
    if service:
        what, hint = f"holds nothing about {safe_text(service)}", "give its messages with --log, or an earlier --since"
    elif what == NO_RECORDS:
        what, hint = "holds neither audit records nor messages of a log", "journalctl -b | avcdoctor triage --log -"
    output.note(f"avcdoctor: {where} {what}; {hint}")
    return InputError.exit_code


def _system(service: Optional[str], root: Optional[str]) -> Tuple[Optional[str], Optional[str]]:
    """The service and the root, where a sosreport or a system's directory is named in the service's place."""
    if not service or ("/" not in service and not Path(service).exists()):
        return service, root
    from avcdoctor.sources.roots import split  # noqa: PLC0415 - most name a service

    names, found = split([service], root)
    return (names[0] if names else None), found


def _host(policy: Optional[str], root: Optional[str]) -> "Host":
    from avcdoctor.host import open_host  # noqa: PLC0415 - a log alone needs no host

    return open_host(policy, root)


def _judged(
    service: Optional[str], host: Optional["Host"], names: List[str], since: Optional[str], rules: Rules
) -> Tuple["Triage", "Evidence"]:
    from avcdoctor.triage import judge  # noqa: PLC0415 - the help must not wait for the rules
    from avcdoctor.triage.gather import Evidence, of_root, read_logs  # noqa: PLC0415 - likewise
    from avcdoctor.triage.packs import broken, rules_with  # noqa: PLC0415 - likewise
    from avcdoctor.triage.probe import look  # noqa: PLC0415 - likewise

    unit = _unit(service, host)
    evidence = Evidence(read_logs(names), tuple(names))
    if host is not None and not names:
        evidence = _of_service(host, service, unit, since) if service else of_root(host)
    verdict = judge(evidence.data, rules_with(rules or []), audited=evidence.audited)
    verdict = replace(verdict, sources=evidence.sources, notes=(*evidence.notes, *broken(rules or [])))
    return (look(verdict, host, unit) if host is not None else verdict), evidence


def _of_service(host: "Host", service: str, unit: Optional["UnitFacts"], since: Optional[str]) -> "Evidence":
    from avcdoctor.sources.times import parse_time  # noqa: PLC0415 - only a service has a time
    from avcdoctor.triage.configuration import complaints  # noqa: PLC0415 - likewise
    from avcdoctor.triage.gather import of_service  # noqa: PLC0415 - likewise

    found = of_service(host, service, unit, parse_time(since) if since else None)
    return replace(found, data=found.data + complaints(host, service))


def _unit(service: Optional[str], host: Optional["Host"]) -> Optional["UnitFacts"]:
    from avcdoctor.triage.unit import unit_facts  # noqa: PLC0415 - only a service has one

    if not service or host is None:
        return None
    unit = unit_facts(host, service)
    if unit is None and host.files.is_gone(f"/etc/{service.partition('.')[0]}"):
        raise UsageError(f"there is no service {service!r} here", "systemctl list-units --type=service names them")
    return unit


def _explained(
    verdict: "Triage", evidence: "Evidence", host: Optional["Host"], policy: Optional[str], names: List[str]
) -> Optional["Report"]:
    """What `explain` says of the denials in the evidence; None when they can't be read as records."""
    from avcdoctor import api  # noqa: PLC0415 - only SELinux's own failures need it
    from avcdoctor.read.pasted import read_bytes  # noqa: PLC0415 - likewise

    if not verdict.blocked and not any(one.explanation.kind == "permissive" for one in verdict.incidents):
        return None
    reading = read_bytes(evidence.data, evidence.sources)
    machine = host or _host(policy, None)
    own_log = api.is_own(names, reading, machine)
    return api.report(reading, machine, api.knowledge(), own_log=own_log) if reading.groups else None
