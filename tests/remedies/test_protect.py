"""The gate before every remedy, asked about single actions and about whole incidents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avcdoctor.actions import make
from avcdoctor.actions.registry import canonical
from avcdoctor.host import Host
from avcdoctor.model import Action
from avcdoctor.remedies.protect import refusal
from tests.denials import denied, diagnosed, kinds
from tests.machines import system_at
from tests.privileges import needs_root


def act(do: str, **parameters: object) -> Action:
    return canonical(Action(do, (), parameters))  # type: ignore[arg-type]


REFUSED = {
    "a label for the secret": act("fcontext-add", pattern="/etc/shadow", type="etc_t", file_type="f"),
    "the secret, escaped": act("fcontext-add", pattern=r"/etc/ssh/ssh_host_rsa\_key", type="etc_t", file_type="f"),
    "a tree with secrets": act("fcontext-add", pattern="/etc(/.*)?", type="httpd_sys_content_t", file_type="a"),
    "an expression that reaches one": act("fcontext-modify", pattern="/e?tc/sh.*", type="etc_t", file_type="a"),
    "all of the system": act("fcontext-add", pattern="/.*", type="var_t", file_type="a"),
    "an equivalence": act("fcontext-equal-add", path="/etc", like="/var/www"),
    "restoring to another type": act("restorecon", path="/etc/shadow", recursive=False, type="httpd_sys_content_t"),
    "moving it away": act("file-move", path="/etc/shadow", to="/var/www/html/shadow"),
    "moving something over it": act("file-move", path="/tmp/x", to="/etc/sudoers.d/x"),
    "its mode": act("chmod", path="/etc/shadow", mode="0644"),
    "its owner": act("chown", path="/usr/bin/su", owner="nobody", group="nobody"),
    "its level": act("chcon-level", path="/etc/gshadow", level="s0", recursive=False),
    "its text": act("text-replace", path="/etc/ssh/sshd_config", old="/a", new="/b"),
    "a module for its type": act("module-install", name="avcdoctor_x", cil="(allow httpd_t shadow_t (file (read)))"),
    "a module for the memory": act(
        "module-install", name="avcdoctor_x", cil="(allow snmpd_t memory_device_t (chr_file (read)))"
    ),
    "one bad rule of two": act(
        "module-install",
        name="avcdoctor_x",
        cil="(allow httpd_t var_t (file (read)))(allow httpd_t fixed_disk_device_t (blk_file (write)))",
    ),
}

PASSED = {
    "content": act("fcontext-add", pattern="/srv/www(/.*)?", type="httpd_sys_content_t", file_type="a"),
    "a script": act("fcontext-add", pattern=r"/etc/keepalived/check\.sh", type="bin_t", file_type="f"),
    "homes": act("fcontext-equal-add", path="/export/home", like="/home"),
    "the right label": act("restorecon", path="/etc/shadow", recursive=False, type="shadow_t"),
    "whatever the policy says": act("restorecon", path="/etc/shadow", recursive=False),
    "a key as a key": act("fcontext-add", pattern="/srv/tls/private/a", type="cert_t", file_type="f"),
    "who may already": act("module-install", name="avcdoctor_x", cil="(allow sshd_t sshd_key_t (file (read)))"),
    "hiding it": act("module-install", name="avcdoctor_x", cil="(dontaudit httpd_t shadow_t (file (read)))"),
    "looking at a program": act(
        "module-install", name="avcdoctor_x", cil="(allow named_t ping_exec_t (file (getattr)))"
    ),
    "a boolean": act("boolean-set", name="httpd_can_network_connect", value=True),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_action_on_a_protected_object_is_refused(system: Host, name: str) -> None:
    assert refusal(system, (REFUSED[name],)) is not None


@pytest.mark.parametrize("name", PASSED)
def test_an_ordinary_action_passes(system: Host, name: str) -> None:
    assert refusal(system, (PASSED[name],)) is None


def test_a_rule_and_its_restorecon_are_judged_together(system: Host) -> None:
    done = make.fcontext("/srv/ssh/.ssh/authorized_keys", False, "ssh_home_t")
    assert refusal(system, done) is None


@needs_root
def test_what_the_disk_says_counts_for_a_plan_too(tmp_path: Path) -> None:
    host = system_at(tmp_path)
    place = tmp_path / "var/www/html/private.pem"
    place.parent.mkdir(parents=True)
    place.write_text("x")
    os.setxattr(place, "security.selinux", b"system_u:object_r:cert_t:s0\0")
    assert refusal(host, (act("restorecon", path="/var/www/html/private.pem", recursive=False),)) is not None


@needs_root
def test_safe_needs_the_machine_s_own_word(tmp_path: Path) -> None:
    host = system_at(tmp_path)
    path = "/var/www/html/page.html"
    place = tmp_path / path.lstrip("/")
    place.parent.mkdir(parents=True)
    place.write_text("x")
    os.setxattr(place, "security.selinux", b"system_u:object_r:user_home_t:s0\0")

    def applicability(inode: int) -> str:
        log = denied("httpd_t", "user_home_t", "file", "read", comm="httpd", path=path, dev="vda1", ino=inode)
        return diagnosed(log, host).remedies[0].applicability

    assert applicability(place.stat().st_ino) == "safe"
    assert applicability(place.stat().st_ino + 1) == "review"


def test_the_right_label_is_put_back_for_whoever_may_use_it(system: Host) -> None:
    log = denied("sshd_t", "etc_t", "file", "read", comm="sshd", path="/etc/ssh/ssh_host_rsa_key")
    incident = diagnosed(log, system)
    assert kinds(incident) == ["restorecon"]
    assert incident.remedies[0].actions[0].parameters["type"] == "sshd_key_t"


def test_it_stays_denied_for_whoever_may_not(system: Host) -> None:
    log = denied("httpd_t", "etc_t", "file", "read", comm="httpd", path="/etc/ssh/ssh_host_rsa_key")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "danger"
    assert kinds(incident) == ["keep-denied"]


@pytest.mark.policy
def test_an_agent_that_comes_past_a_disk_gets_no_module(debian_system: Host) -> None:
    log = denied("snmpd_t", "fixed_disk_device_t", "blk_file", "open", comm="snmpd", path="/dev/sda")
    incident = diagnosed(log, debian_system)
    assert kinds(incident)[0] == "policy-update"
    assert "module" not in kinds(incident)


def test_a_container_reaches_no_process_that_is_not_confined(system: Host) -> None:
    for tclass, asked in (("unix_stream_socket", "connectto"), ("process", "ptrace"), ("fd", "use")):
        incident = diagnosed(denied("container_t", "unconfined_t", tclass, asked, comm="app"), system)
        assert "module" not in kinds(incident), tclass


def test_a_service_that_would_reach_one_is_told_of_the_danger(system: Host) -> None:
    log = denied(
        "redis_t", "unconfined_service_t", "unix_stream_socket", "connectto", comm="redis-server", path="/run/x"
    )
    modules = [one for one in diagnosed(log, system).remedies if one.kind == "module"]
    assert all(any(note.startswith("danger:") for note in one.notes) for one in modules)
    confined = denied("redis_t", "named_t", "unix_stream_socket", "connectto", comm="redis-server", path="/run/x")
    for one in diagnosed(confined, system).remedies:
        assert not any(note.startswith("danger:") for note in one.notes)
