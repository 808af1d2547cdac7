"""Who runs it: transitions that were stopped, services without a domain, peers started by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host, open_host
from avcdoctor.host.sockets import Server
from avcdoctor.model import Context
from tests.denials import denied, diagnosed, kinds, words_of
from tests.machines import system_at

NNP = denied("redis_t", "ping_t", "process2", "nnp_transition", comm="redis-server")
NOSUID = denied("redis_t", "ping_t", "process2", "nosuid_transition", comm="redis-server")
UNIT = denied("init_t", "user_home_t", "file", "execute", comm="(myapp)", path="/opt/myapp/bin/run")
ALONE = denied("init_t", "shadow_t", "tcp_socket", "name_bind", comm="myapp", call="bind", exe="/opt/myapp/run", src=80)
PEER = denied("httpd_t", "unconfined_t", "unix_stream_socket", "connectto", comm="httpd", path="/run/app/app.sock")


@pytest.mark.parametrize(
    ("log", "cause", "kind"),
    [
        (NNP, "transition-blocked", "domain-transition"),
        (NOSUID, "transition-blocked", "mount-option"),
        (UNIT, "unit-program-label", "restorecon"),
        (PEER, "peer-wrong-domain", "domain-transition"),
    ],
    ids=["NoNewPrivileges", "nosuid", "a unit's program", "a peer started by hand"],
)
def test_each_case(system: Host, log: str, cause: str, kind: str) -> None:
    incident = diagnosed(log, system)
    assert incident.finding.cause == cause
    assert kinds(incident)[0] == kind


def test_no_new_privileges_names_what_implies_it(system: Host) -> None:
    assert "PrivateDevices=" in words_of(diagnosed(NNP, system))


def test_the_setting_of_the_unit_is_named(tmp_path: Path) -> None:
    machine = system_at(tmp_path)
    unit = tmp_path / "etc/systemd/system/redis.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nUser=redis\nPrivateDevices=yes\nExecStart=/usr/bin/redis-server\n")
    log = denied(
        "redis_t",
        "ping_t",
        "process2",
        "nnp_transition",
        comm="redis-server",
        call="execve",
        exe="/usr/bin/redis-server",
    )
    told = "redis.service sets PrivateDevices, which turns NoNewPrivileges on"
    assert told in diagnosed(log, machine, own_log=True).finding.evidence
    assert told not in diagnosed(log, machine).finding.evidence
    unit.write_text("[Service]\nUser=redis\nExecStart=/usr/bin/redis-server\n")
    assert told not in diagnosed(log, open_host(root=str(tmp_path)), own_log=True).finding.evidence


@pytest.mark.policy
def test_a_service_in_systemd_s_own_domain(debian_system: Host) -> None:
    log = denied(
        "init_t", "http_port_t", "tcp_socket", "name_bind", comm="myapp", call="bind", exe="/opt/myapp/run", src=80
    )
    incident = diagnosed(log, debian_system)
    assert incident.finding.cause == "no-own-domain"
    assert kinds(incident)[0] == "domain-transition"
    assert "/opt/myapp/run" in words_of(incident)


@pytest.mark.parametrize(
    "log",
    [
        denied("init_t", "tmp_t", "sock_file", "write", comm="systemd", call="connect", exe="/usr/lib/systemd/systemd"),
        denied("httpd_t", "redis_t", "unix_stream_socket", "connectto", comm="httpd", path="/run/app/app.sock"),
        denied("httpd_t", "unconfined_t", "unix_stream_socket", "connectto", comm="httpd", path="/home/jo/app.sock"),
        denied("init_t", "user_home_t", "file", "read", comm="(myapp)", path="/opt/myapp/bin/run"),
        denied("redis_t", "ping_t", "process", "transition", comm="redis-server"),
    ],
    ids=["systemd itself", "a service's socket", "a socket in a home", "only read", "a plain transition"],
)
def test_near_misses(system: Host, log: str) -> None:
    near = ("transition-blocked", "unit-program-label", "no-own-domain", "peer-wrong-domain")
    assert diagnosed(log, system).finding.cause not in near


LOST = denied(
    "httpd_t",
    "unconfined_service_t",
    "unix_stream_socket",
    "connectto",
    comm="nginx",
    path="/run/postgresql/.s.PGSQL.5432",
)


@pytest.mark.parametrize(
    ("program", "action"),
    [("/usr/lib/postgresql/15/bin/postgres", "restorecon"), ("/opt/pg/postgres", "fcontext-add")],
    ids=["its own path", "a path of one's own"],
)
def test_a_server_whose_program_lost_its_label(
    system: Host, monkeypatch: pytest.MonkeyPatch, program: str, action: str
) -> None:
    context = Context("system_u", "system_r", "unconfined_service_t", "s0")
    monkeypatch.setattr(system, "server", lambda path: Server(238, program, context))
    incident = diagnosed(LOST, system, own_log=True)
    remedy = incident.remedies[0]
    assert (remedy.kind, remedy.simulation.after) == ("domain-transition", "allowed")
    assert remedy.actions[0].do == action
    assert "postgresql_exec_t" in remedy.actions[0].argv or remedy.actions[0].parameters["type"] == "postgresql_exec_t"
    assert "module" not in kinds(incident)


@pytest.mark.parametrize("program", ["/opt/myapp/bin/serve", "", "/usr/sbin/sshd"])
def test_a_server_that_the_policy_means_otherwise_is_left_alone(
    system: Host, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """It has no domain in the policy, or one that the client may not talk to either."""
    context = Context("system_u", "system_r", "unconfined_service_t", "s0")
    monkeypatch.setattr(system, "server", lambda path: Server(238, program, context))
    assert diagnosed(LOST, system, own_log=True).finding.cause != "peer-wrong-domain"


def test_who_asks_the_policy_for_others_is_not_the_one_refused(system: Host) -> None:
    log = (
        "type=USER_AVC msg=audit(1767225601.000:9): pid=600 uid=81 auid=4294967295 ses=4294967295 "
        "subj=system_u:system_r:system_dbusd_t:s0 msg='avc:  denied  { send_msg } for msgtype=method_return dest=:1.2 "
        "spid=1 tpid=7 scontext=system_u:system_r:init_t:s0 tcontext=system_u:system_r:redis_t:s0 tclass=dbus "
        'permissive=0 exe="/usr/bin/dbus-daemon" sauid=81 hostname=? addr=? terminal=?\'\n'
    )
    assert diagnosed(log, system).finding.cause != "no-own-domain"


def test_a_compiler_as_it_runs_is_not_systemd(system: Host) -> None:
    log = denied("init_t", "system_u:system_r:init_t:s0", "process", "execmem", comm="java")
    assert diagnosed(log, system).finding.cause == "no-own-domain"


@pytest.mark.parametrize(("program", "first"), [("bwrap", "policy-update"), ("sh", "mount-option")])
def test_a_sandbox_s_nosuid_is_the_policy_s_business(system: Host, program: str, first: str) -> None:
    log = denied("httpd_t", "ping_t", "process2", "nosuid_transition", comm=program)
    assert kinds(diagnosed(log, system))[0] == first


def test_no_unit_is_blamed_where_the_policy_grants_the_change(system: Host) -> None:
    log = denied("unconfined_t", "ping_t", "process2", "nnp_transition", comm="sh")
    assert diagnosed(log, system).finding.cause == "already-allowed"


def test_a_program_that_a_pattern_put_into_another_s_domain_gets_its_own_label(system: Host) -> None:
    source = "unconfined_u:system_r:ping_t:s0"
    log = denied(
        source, "httpd_exec_t", "file", "entrypoint", comm="webtool", path="/usr/sbin/httpd", dev="dm-0", ino=3
    )
    incident = diagnosed(log, system)
    assert incident.finding.cause == "strange-domain"
    assert kinds(incident)[0] == "exec-type"
    assert "module" not in kinds(incident)


def test_a_unit_that_asks_for_a_domain_is_no_accident(system: Host) -> None:
    log = denied(
        "ping_t", "httpd_exec_t", "file", "entrypoint", comm="(httpd)", path="/usr/sbin/httpd", dev="dm-0", ino=3
    )
    assert diagnosed(log, system).finding.cause != "strange-domain"


def test_a_container_s_own_program_is_no_stranger(system: Host) -> None:
    log = denied("unconfined_u:system_r:ping_t:s0", "container_file_t", "file", "entrypoint", comm="exe", path="/bin/a")
    assert diagnosed(log, system).finding.cause != "strange-domain"


@pytest.mark.parametrize(("comm", "strange"), [("supervisord", True), ("systemd", False), ("(supervisord)", False)])
def test_what_a_process_in_systemd_s_domain_does_with_itself_shows_that_it_is_not_systemd(
    system: Host, comm: str, strange: bool
) -> None:
    found = diagnosed(denied("init_t", "init_t", "process", "setpgid", comm=comm), system).finding
    assert (found.cause == "no-own-domain") is strange


@pytest.mark.parametrize(
    ("asked", "told", "first", "others"),
    [
        ("nnp_transition", "NoNewPrivileges", "domain-transition", {"policy-update", "module"}),
        ("nosuid_transition", "mounted nosuid", "mount-option", {"policy-update", "module"}),
        ("nnp_transition nosuid_transition", "and its program", "domain-transition", {"mount-option", "module"}),
    ],
)
def test_the_two_barriers_are_told_apart(system: Host, asked: str, told: str, first: str, others: set[str]) -> None:
    incident = diagnosed(denied("redis_t", "ping_t", "process2", asked, comm="redis-server"), system)
    assert told in incident.finding.title
    assert kinds(incident)[0] == first
    assert others <= set(kinds(incident))
    assert ("NoNewPrivileges" in incident.finding.why) is ("nnp_transition" in asked)
    assert ("mounted nosuid" in incident.finding.why) is ("nosuid_transition" in asked)


def test_a_kernel_that_does_not_say_which_barrier_it_was_is_not_guessed_at(system: Host) -> None:
    log = (
        "type=SELINUX_ERR msg=audit(1767225601.000:1): op=security_bounded_transition seresult=denied "
        "oldcontext=system_u:system_r:redis_t:s0 newcontext=system_u:system_r:ping_t:s0\n"
        "type=SYSCALL msg=audit(1767225601.000:1): arch=c000003e syscall=59 success=yes exit=0 a0=0 a1=0 a2=0 a3=0 "
        'items=0 ppid=1 pid=7 auid=0 uid=0 gid=0 tty=(none) ses=1 comm="ping" exe="/usr/bin/ping" '
        "subj=system_u:system_r:redis_t:s0 key=(null)\n"
    )
    incident = diagnosed(log, system)
    assert "NoNewPrivileges, or its program" in incident.finding.title
    assert {"domain-transition", "mount-option"} <= set(kinds(incident))


def test_the_unit_s_program_is_named_and_not_systemd_s_child(no_policy: Host) -> None:
    incident = diagnosed(denied("init_t", "ping_t", "process2", "nosuid_transition", comm="(pinger)"), no_policy)
    assert incident.finding.title.startswith("systemd can't start pinger in ping_t")
