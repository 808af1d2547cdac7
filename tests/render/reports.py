"""Hand-made reports that exercise everything a renderer has to show."""

from dataclasses import replace

from avcdoctor.model import (
    Action,
    Buckets,
    Context,
    Counted,
    Denial,
    EventId,
    Finding,
    Group,
    HostSeen,
    Incident,
    InputSummary,
    PolicyInfo,
    Remedy,
    Report,
    RuledOut,
    Simulation,
    Unreadable,
)

MOMENT = 1_754_989_442_101  # 2025-08-12 09:04:02.101 UTC
HOUR = 3_600_000

ALLOWED = Simulation("denied", "allowed", "the script's own domain may do all of this", "avcdoctor's reference policy")
DENIED = Simulation("denied", "denied", "a constraint still refuses it", "avcdoctor's reference policy")
UNKNOWN = Simulation(
    "unknown", "unknown", "this policy does not know keepalived_t", "Debian's default policy (version 33)"
)

HOSTILE_PATH = "/srv/$(reboot)/a b'c\\n\\x1b[31mred"  # as the reader hands it over: already safe to show
HOSTILE_RAW = "/srv/$(reboot)/a b'c\n\x1b[31mred\udcff"
MARKUP = "[/home/x]<script>alert(1)</script>`|*_@team_*"

SCRIPT = "/etc/keepalived/check.sh"
SCRIPT_PATTERN = r"/etc/keepalived/check\.sh"
SCRIPT_TYPE = "keepalived_unconfined_script_exec_t"


def denial(serial: int, path: str, comm: str = "check.sh") -> Denial:
    """A denial as the reader makes it."""
    return Denial(
        event=EventId("", MOMENT, serial),
        record_type="AVC",
        permissions=("getattr",),
        source=Context("system_u", "system_r", "keepalived_t", "s0"),
        target=Context("system_u", "object_r", "ping_exec_t", "s0"),
        tclass="file",
        comm=comm,
        path=path,
        raw=(
            f'type=AVC msg=audit(1754989442.101:{serial}): avc:  denied  {{ getattr }} for  pid=7 comm="{comm}"',
            f"type=SYSCALL msg=audit(1754989442.101:{serial}): arch=c000003e syscall=4 success=no exit=-13",
        ),
    )


def script_incident() -> Incident:
    """The keepalived story: one rule, several groups, three remedies in order."""
    groups = (
        Group(
            provenance="kernel",
            source="keepalived_t",
            target="ping_exec_t",
            tclass="file",
            permissions={"getattr": 180, "execute": 8},
            count=188,
            first=MOMENT,
            last=MOMENT + 5 * HOUR,
            objects=(Counted("/usr/bin/ping", 188),),
            processes=(Counted("check.sh", 188),),
            examples=(denial(501, "/usr/bin/ping"),),
        ),
        *(
            Group(
                "keepalived_t",
                f"{name}_exec_t",
                "file",
                {"getattr": 2},
                2,
                MOMENT,
                MOMENT,
                objects=(Counted(f"/usr/sbin/{name}", 2),),
                provenance="kernel",
            )
            for name in ("ifconfig", "netutils", "hostname", "journalctl", "mount")
        ),
    )
    label = Remedy(
        kind="exec-type",
        title="label the script as a keepalived script",
        applicability="review",
        lasting=True,
        resolves=198,
        simulation=ALLOWED,
        grants=("the script then runs in keepalived_unconfined_script_t, which is unconfined",),
        actions=(
            Action(
                "fcontext-add",
                ("semanage", "fcontext", "-a", "-f", "f", "-t", SCRIPT_TYPE, SCRIPT_PATTERN),
                {"pattern": SCRIPT_PATTERN, "type": SCRIPT_TYPE, "file_type": "f"},
            ),
            Action("restorecon", ("restorecon", "-v", SCRIPT), {"path": SCRIPT, "recursive": False}),
        ),
        undo=(
            Action(
                "fcontext-delete",
                ("semanage", "fcontext", "-d", "-f", "f", SCRIPT_PATTERN),
                {"pattern": SCRIPT_PATTERN, "file_type": "f"},
            ),
            Action("restorecon", ("restorecon", "-v", SCRIPT), {"path": SCRIPT, "recursive": False}),
        ),
        notes=("chcon does the same until the next relabel: good for a trial, no more.",),
    )
    move = Remedy(
        kind="move",
        title="move it to /usr/libexec/keepalived, where the policy expects keepalived's scripts",
        applicability="manual",
        lasting=True,
        resolves=198,
        simulation=ALLOWED,
        actions=(Action("manual", (), {"text": f"Move {SCRIPT} and change keepalived.conf."}),),
    )
    module = Remedy(
        kind="module",
        title="a local module; the script stays confined",
        applicability="review",
        lasting=True,
        resolves=188,
        simulation=UNKNOWN,
        grants=("keepalived_t may run ping and use raw sockets",),
        actions=(
            Action(
                "module-install",
                ("semodule", "-i", "avcdoctor_keepalived_ping.cil"),
                {
                    "name": "avcdoctor_keepalived_ping",
                    "cil": "(allow keepalived_t ping_exec_t\n  (file (getattr execute read open map)))\n",
                },
            ),
        ),
        undo=(
            Action(
                "module-remove", ("semodule", "-r", "avcdoctor_keepalived_ping"), {"name": "avcdoctor_keepalived_ping"}
            ),
        ),
    )
    finding = Finding(
        cause="wrong-domain",
        title="keepalived's check script may not run /usr/bin/ping",
        why=f"{SCRIPT} is labelled etc_t. keepalived may run such a file, but there is no transition for it, so the "
        "script stays in keepalived_t, which may not use ping.",
        groups=groups,
        rule="KEEPALIVED001",
        evidence=(f"{SCRIPT} is labelled etc_t", "etc_t has no transition from keepalived_t"),
        next="allowing getattr alone would only move the failure to execute.",
        ruled_out=(RuledOut("restorecon", "etc_t is that path's default"), RuledOut("boolean", "none grants this")),
        never=(
            "setenforce 0 switches off all protection for one script",
            "chcon -t keepalived_t: no file can carry it",
        ),
        warnings=("keep the script writable by root only",),
        see=("keepalived(8)",),
    )
    return Incident("k3f9a1", finding, (label, move, module))


def hostile_incident() -> Incident:
    """Names that whoever runs a process has chosen to hurt: terminal, shell, HTML, Markdown, and not UTF-8."""
    group = Group(
        provenance="kernel",
        hosts=(HostSeen("web<1>", 3),),
        host_set=1,
        source="httpd_t",
        target="default_t",
        tclass="dir",
        permissions={"read": 2, "search": 1},
        count=3,
        first=MOMENT + 30 * HOUR,
        last=MOMENT + 31 * HOUR,
        permissive=1,
        objects=(
            Counted(HOSTILE_PATH, 2),
            Counted(MARKUP, 1),
            Counted("/tmp/\x1b]0;owned\x07", 1),
            Counted("/four", 1),
        ),
        processes=(Counted("nginx\nsetenforce 0", 3),),
        examples=(denial(900, HOSTILE_PATH, "\x1b[2Jnginx"),),
    )
    restore = Remedy(
        kind="restorecon",
        title=f"put back the label of {MARKUP}",
        applicability="safe",
        lasting=True,
        resolves=3,
        simulation=ALLOWED,
        actions=(
            Action("restorecon", ("restorecon", "-v", "--", HOSTILE_RAW), {"path": HOSTILE_RAW, "recursive": False}),
        ),
        undo=(
            Action("restorecon", ("restorecon", "-v", "--", HOSTILE_RAW), {"path": HOSTILE_RAW, "recursive": False}),
        ),
    )
    finding = Finding(
        cause="wrong-label",
        title=f"nginx may not read {HOSTILE_PATH}",
        why=f"{HOSTILE_PATH} and {MARKUP} are labelled default_t; the policy says httpd_sys_content_t.",
        groups=(group,),
        evidence=(f"{MARKUP} carries default_t",),
    )
    return Incident("h05711", finding, (restore,))


def refused_incident() -> Incident:
    """The answer is no."""
    group = Group(
        "httpd_t", "shadow_t", "file", {"read": 1}, 1, MOMENT, MOMENT, objects=(Counted("/etc/shadow", 1),),
        processes=(Counted("httpd", 1),), provenance="kernel",
    )  # fmt: skip
    keep = Remedy(
        kind="keep-denied",
        title="keep it denied, and find out who asked",
        applicability="manual",
        lasting=True,
        resolves=0,
        simulation=Simulation("denied", "denied", "", ""),
        actions=(Action("manual", (), {"text": "Look at the web server's access log of that second."}),),
    )
    finding = Finding(
        cause="dangerous",
        title="a web server tried to read the password hashes in /etc/shadow",
        why="No web server needs this file. This is what SELinux is for.",
        groups=(group,),
        never=("an allow rule for shadow_t",),
    )
    return Incident("no5bad", finding, (keep,))


def bare_incident() -> Incident:
    """Nothing known but the denial: no time, no object, no remedy; permissive throughout."""
    group = Group("foo_t", "bar_t", "process2", {"nnp_transition": 7}, 7, permissive=7, provenance="kernel")
    return Incident(
        "ba4e00", Finding("unknown", "foo_t may not nnp_transition bar_t", "Nothing is known of it.", (group,))
    )


def full() -> Report:
    """A report with everything in it."""
    return Report(
        policy=PolicyInfo(
            origin="host",
            name="Debian's default policy (version 33)",
            path="/etc/selinux/default/policy/policy.33",
            version=33,
            mls=True,
            types=4000,
            rules=130_520,
            unknown_types=("keepalived_t", "ping_exec_t", "a_t", "b_t", "c_t", "d_t"),
            notes=("For keepalived_t the reference policy was asked instead.",),
        ),
        input=InputSummary(
            files=("/var/log/audit/audit.log", "/var/log/audit/audit.log.1", "a b\x1b.log", "d.log"),
            records=12_345,
            denials=209,
            granted=2,
            unreadable=2,
            unreadable_examples=(
                Unreadable("audit.log:17", "no class", "type=AVC msg=audit(1:2): avc: denied { \x1b[31m"),
                Unreadable("audit.log:18", "cut short", "type=AVC"),
            ),
            warnings=("audit.log.2 can't be read: permission denied",),
            first=MOMENT,
            last=MOMENT + 31 * HOUR,
        ),
        incidents=(refused_incident(), script_incident(), hostile_incident(), bare_incident()),
        cover=(("k3f9a1", 0), ("h05711", 0)),
        warnings=("The log is older than the policy.",),
    )


def single() -> Report:
    """One incident, all on one day, as a newcomer meets it."""
    policy = PolicyInfo("reference", "avcdoctor's reference policy")
    return Report(
        policy, InputSummary(("audit.log",), 990, 198), (script_incident(),), cover=(("k3f9a1", 0),)
    )  # fmt: skip


def nothing() -> Report:
    """Nothing was denied, and no policy was at hand."""
    return Report(PolicyInfo("none", "no policy"), InputSummary(("audit.log",), 12, 0), ())


def many(count: int = 9) -> Report:
    """More incidents than fit on a page."""
    incidents = tuple(
        Incident(
            f"id{number:04}", Finding("unknown", f"a{number}_t may not write b_t", "Nothing is known of it.", groups)
        )
        for number in range(count)
        for groups in [(Group(f"a{number}_t", "b_t", "file", {"write": 1}, 1, MOMENT, MOMENT, provenance="kernel"),)]
    )
    return Report(PolicyInfo("none", "no policy"), InputSummary(("audit.log",), count, count), incidents)


def storm(count: int) -> Report:
    """Incidents of every kind from several hosts, as a bad day brings them."""
    kinds = (script_incident, hostile_incident, bare_incident, refused_incident)
    incidents = tuple(_varied(kinds[0 if number % 7 else number % 4](), number) for number in range(count))
    denials = sum(incident.denials for incident in incidents)
    hosts = tuple(f"web{number:02}.example.com" for number in range(5))
    summary = InputSummary(("audit.log",), 12_345, denials, first=MOMENT, last=MOMENT + 40 * HOUR, hosts=hosts)
    return Report(PolicyInfo("host", "Debian's default policy (version 33)"), summary, incidents)


def _varied(incident: Incident, number: int) -> Incident:
    """The same story once more: another id, host, time and number of denials."""
    groups = tuple(
        replace(
            group,
            provenance="kernel",
            hosts=(HostSeen(f"web{number % 5:02}.example.com", 1),) if number % 3 else (),
            host_set=1 << number % 5 if number % 3 else 0,
            count=group.count + 37 * number % 101,
            permissive=group.count + 37 * number % 101 if number % 11 == 5 else 0,
            first=None if group.first is None else group.first + number * 60_000,
            last=None if group.last is None else group.last + number * 60_000,
            times=Buckets(100_000, tuple((MOMENT + hour * HOUR, 1 + hour * number % 9) for hour in range(0, 24, 3))),
        )
        for group in incident.finding.groups
    )
    kept = incident.remedies if number % 5 else incident.remedies[2:] or incident.remedies
    finding = replace(incident.finding, groups=groups, title=f"{incident.finding.title} ({number})")
    return Incident(f"{number:08x}", finding, kept)


ALL = {"full": full, "single": single, "nothing": nothing, "many": many}
