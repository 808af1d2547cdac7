"""Descriptors that a program inherited: silence or a fix of the parent, never access."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, words_of

LOG = "/var/log/httpd/error_log"


@pytest.mark.parametrize(
    ("tclass", "permissions"),
    [("file", "append"), ("unix_stream_socket", "read write"), ("fd", "use"), ("fifo_file", "write")],
)
def test_a_refusal_at_execve_is_a_leak(system: Host, tclass: str, permissions: str) -> None:
    target = "httpd_log_t" if tclass == "file" else "httpd_t"
    more = {"path": LOG} if tclass == "file" else {}
    log = denied("ping_t", target, tclass, permissions, comm="ping", call="execve", **more)
    incident = diagnosed(log, system)
    assert incident.finding.cause == "leaked-descriptor"
    assert kinds(incident)[:2] == ["dontaudit", "app-fix"]
    assert "module" not in kinds(incident)


@pytest.mark.parametrize(
    ("permissions", "call"),
    [("append open", "openat"), ("append", "openat"), ("append open", "execve"), ("getattr", "execve")],
    ids=["opened", "used later", "opened at execve", "only looked at"],
)
def test_what_the_program_asked_for_itself_is_none(system: Host, permissions: str, call: str) -> None:
    log = denied("ping_t", "httpd_log_t", "file", permissions, comm="ping", call=call, path=LOG)
    assert diagnosed(log, system).finding.cause != "leaked-descriptor"


PERSON = "unconfined_u:unconfined_r:iptables_t:s0"


def test_what_a_shell_opened_for_a_tool_is_no_wish_of_the_tool(log_alone: Host) -> None:
    log = denied(PERSON, "user_home_t", "file", "write", comm="iptables", path="/home/bob/rules.txt", dev="vda1", ino=7)
    incident = diagnosed(log, log_alone)
    assert incident.finding.cause == "leaked-descriptor"
    assert kinds(incident)[0] == "dontaudit"
    assert "module" not in kinds(incident)


def test_what_a_tool_opens_itself_is_its_wish(log_alone: Host) -> None:
    log = denied(
        PERSON, "user_home_t", "file", "read open", comm="iptables", path="/home/bob/rules.txt", dev="vda1", ino=7
    )
    assert diagnosed(log, log_alone).finding.cause != "leaked-descriptor"


def test_what_was_never_asked_for_is_not_given_by_a_label(system: Host) -> None:
    log = denied(
        "redis_t", "var_lock_t", "file", "write", comm="redis-server", call="execve", path="/run/lock/deploy.lock"
    )
    incident = diagnosed(log, system)
    assert incident.finding.cause == "leaked-descriptor"
    assert not {"fcontext", "move", "boolean", "module"} & set(kinds(incident))


def test_a_file_of_another_service_s_that_was_never_opened_was_handed_over(system: Host) -> None:
    log = denied(
        "ping_t", "keepalived_var_run_t", "file", "write", comm="ping", path="/run/vrrp.pid", dev="tmpfs", ino=3
    )
    incident = diagnosed(log, system)
    assert incident.finding.cause == "leaked-descriptor"
    assert kinds(incident)[0] == "app-fix"
    assert "module" not in kinds(incident)


def test_a_file_that_is_being_opened_is_asked_for(system: Host) -> None:
    log = denied("ping_t", "keepalived_var_run_t", "file", "write", comm="ping", name="vrrp.pid", dev="tmpfs", ino=3)
    assert diagnosed(log, system).finding.cause != "leaked-descriptor"


KEEPALIVED = {"comm": "ping", "path": "socket:[41]", "dev": "sockfs", "ino": 41}


@pytest.mark.parametrize("tclass", ["unix_stream_socket", "netlink_route_socket", "tcp_socket", "fifo_file"])
def test_a_socket_or_pipe_of_another_domain_that_was_not_connected_to_was_handed_over(
    system: Host, tclass: str
) -> None:
    where = {**KEEPALIVED, "path": "pipe:[41]", "dev": "pipefs"} if tclass == "fifo_file" else KEEPALIVED
    target = "system_u:system_r:keepalived_t:s0"
    incident = diagnosed(denied("ping_t", target, tclass, "read write", **where), system)
    assert incident.finding.cause == "leaked-descriptor"
    assert kinds(incident)[0] == "app-fix"
    assert "module" not in kinds(incident)


@pytest.mark.parametrize(
    ("source", "target", "permissions"),
    [("ping_t", "keepalived_t", "connectto"), ("ping_t", "init_t", "read write"), ("sshd_t", "sshd_net_t", "write")],
    ids=["called", "what systemd hands out", "parts of one service"],
)
def test_what_is_called_or_handed_over_on_purpose_is_none(
    system: Host, source: str, target: str, permissions: str
) -> None:
    log = denied(source, target, "unix_stream_socket", permissions, **KEEPALIVED)
    assert diagnosed(log, system).finding.cause != "leaked-descriptor"


def test_a_descriptor_from_before_the_policy_is_mended_where_it_was_opened(system: Host) -> None:
    incident = diagnosed(denied("sshd_t", "kernel_t", "fd", "use", comm="sshd", path="/usr/lib/libnsl.so.2"), system)
    assert incident.finding.cause == "leaked-descriptor"
    assert kinds(incident)[0] == "app-fix"
    assert "boolean" not in kinds(incident)
    assert "kernel_t" in words_of(incident)


def test_a_descriptor_that_another_service_passes_is_the_policy_s_business(system: Host) -> None:
    incident = diagnosed(denied("ping_t", "keepalived_t", "fd", "use", comm="ping", path="/dev/null"), system)
    assert incident.finding.cause == "policy-gap"


@pytest.mark.parametrize(("opened", "cause"), [(False, "leaked-descriptor"), (True, "policy-gap")])
def test_a_device_that_was_never_opened_was_handed_over(system: Host, opened: bool, cause: str) -> None:
    where = {"name": "udmabuf"} if opened else {"path": "/dev/udmabuf"}
    log = denied("ping_t", "sound_device_t", "chr_file", "read write", comm="ping", dev="devtmpfs", ino=9, **where)
    assert diagnosed(log, system).finding.cause == cause


@pytest.mark.parametrize(("source", "call"), [("ping_t", "recvmsg"), ("system_dbusd_t", "")])
def test_what_came_in_a_message_was_meant(system: Host, source: str, call: str) -> None:
    log = denied(source, "keepalived_t", "unix_stream_socket", "read write", call=call, **KEEPALIVED)
    assert diagnosed(log, system).finding.cause != "leaked-descriptor"


def test_a_session_s_file_handed_to_systemd_in_a_message_was_not_left_behind(log_alone: Host) -> None:
    log = denied("init_t", "user_tmp_t", "file", "write", comm="systemd", path="/tmp/x/out", dev="tmpfs", ino=31)
    incident = diagnosed(log, log_alone)
    assert incident.finding.cause == "leaked-descriptor"
    assert "session" in incident.finding.title
    assert kinds(incident)[0] == "app-fix"
    assert "| cat > FILE" in words_of(incident)
    assert "module" not in kinds(incident)


@pytest.mark.parametrize(
    "log",
    [
        denied("init_t", "user_tmp_t", "file", "write", comm="systemd", name="out", dev="tmpfs", ino=31),
        denied("init_t", "user_tmp_t", "file", "write open", comm="systemd", path="/tmp/x/out", dev="tmpfs", ino=31),
        denied("init_t", "tmp_t", "file", "write", comm="systemd", path="/tmp/x/out", dev="tmpfs", ino=31),
    ],
    ids=["opened by name", "opened", "nobody's session"],
)
def test_what_systemd_opens_itself_came_in_no_message(log_alone: Host, log: str) -> None:
    assert diagnosed(log, log_alone).finding.cause != "leaked-descriptor"
