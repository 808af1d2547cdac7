"""What attackers want: the denial is right, nothing is offered that would grant it."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, explained, incident_of, kinds

DANGERS = {
    "a web server at the password hashes": denied(
        "httpd_t", "shadow_t", "file", "read", comm="php-fpm", path="/etc/shadow"
    ),
    "a database at them": denied("redis_t", "shadow_t", "file", "getattr", comm="redis-server", path="/etc/shadow"),
    "a name server at root's keys": denied(
        "named_t", "ssh_home_t", "file", "open", comm="named", path="/root/.ssh/id_rsa"
    ),
    "a shell tool in a network service": denied(
        "redis_t", "admin_home_t", "file", "open", comm="cat", path="/root/notes"
    ),
    "a web server reading its logs": denied(
        "httpd_t", "httpd_log_t", "file", "read", comm="php-fpm", name="access_log"
    ),
    "su leaving a file behind": denied(
        "user_u:user_r:user_su_t:s0", "user_tmp_t", "file", "create", comm="su", name="sh"
    ),
    "a user's program in /tmp": denied(
        "user_u:user_r:user_t:s0", "user_tmp_t", "file", "execute", comm="sh", path="/tmp/a"
    ),
    "a user in root's home": denied(
        "staff_u:staff_r:staff_t:s0", "admin_home_t", "dir", "search", comm="ls", name="root"
    ),
    "page zero": denied("redis_t", "redis_t", "memprotect", "mmap_zero", comm="redis-server"),
    "an executable heap": denied("redis_t", "redis_t", "process", "execheap", comm="redis-server"),
    "switching enforcement": denied("redis_t", "security_t", "security", "setenforce", comm="redis-server"),
    "loading a policy": denied("named_t", "security_t", "security", "load_policy", comm="named"),
    "kernel code by a web server": denied("httpd_t", "httpd_t", "system", "module_load", comm="insmod"),
    "runcon into a service's domain": denied(
        "httpd_t", "bin_t", "file", "entrypoint", comm="runcon", path="/usr/bin/id"
    ),
    "a container as a virtual machine": denied("container_runtime_t", "svirt_t", "process", "transition", comm="runc"),
}

HARMLESS = {
    "sshd checks a password": denied("sshd_t", "shadow_t", "file", "write", comm="sshd", path="/etc/shadow"),
    "walking through ~/.ssh": denied("named_t", "ssh_home_t", "dir", "search", comm="named", name=".ssh"),
    "the service itself, no shell tool": denied(
        "redis_t", "admin_home_t", "file", "open", comm="redis-server", name="a.rdb"
    ),
    "another service's logs": denied("redis_t", "httpd_log_t", "file", "read", comm="redis-server", name="access_log"),
    "a user's own home": denied("user_u:user_r:user_t:s0", "user_home_t", "file", "relabelto", comm="sh", name="a"),
    "an executable stack": denied("redis_t", "redis_t", "process", "execstack", comm="redis-server"),
    "asking the policy": denied("redis_t", "security_t", "security", "compute_av", comm="redis-server"),
    "another program than runcon": denied("httpd_t", "bin_t", "file", "entrypoint", comm="sh", path="/usr/bin/id"),
}


@pytest.mark.parametrize("name", DANGERS)
def test_a_danger_is_kept_denied(system: Host, name: str) -> None:
    incident = incident_of(DANGERS[name], system)
    assert kinds(incident)[0] == "keep-denied"
    assert not {"module", "boolean", "fcontext", "restorecon", "port"} & set(kinds(incident))
    first = incident.remedies[0]
    assert first.simulation.after == "denied"
    assert first.applicability == "manual"
    assert first.actions, "a person is told how to look closer"


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_harmless_or_another_matter_is_no_danger(system: Host, name: str) -> None:
    assert incident_of(HARMLESS[name], system).finding.cause != "danger"


@pytest.mark.policy
def test_so_it_is_with_a_whole_distribution_s_policy(debian_system: Host) -> None:
    assert kinds(incident_of(DANGERS["a web server at the password hashes"], debian_system)) == ["keep-denied"]


def test_without_any_policy_too(no_policy: Host) -> None:
    assert kinds(incident_of(DANGERS["a web server at the password hashes"], no_policy)) == ["keep-denied"]


def test_a_danger_beside_an_ordinary_denial_keeps_an_incident_of_its_own(system: Host) -> None:
    ordinary = denied("httpd_t", "user_home_t", "file", "read", comm="httpd", path="/var/www/html/a.html", serial=2)
    report = explained(DANGERS["a web server at the password hashes"] + ordinary, system)
    causes = {one.finding.cause for one in report.incidents}
    assert len(report.incidents) == 2
    assert causes >= {"wrong-label"}


def test_a_secret_s_label_in_a_strange_place_may_be_a_hard_link(system: Host) -> None:
    log = denied("httpd_t", "shadow_t", "file", "read", comm="httpd", path="/var/www/html/page.html")
    incident = diagnosed(log, system)
    assert kinds(incident) == ["keep-denied"]
    assert not any(action.argv for remedy in incident.remedies for action in remedy.actions)
    assert any("stat -c %h" in str(action.parameters["text"]) for action in incident.remedies[0].actions)


@pytest.mark.parametrize(
    ("source", "path", "stays"),
    [("smbd_t", "/root/.bashrc", True), ("ftpd_t", "/root", True), ("smbd_t", "/srv/share/a", False)],
)
def test_root_s_home_is_not_for_sharing(no_policy: Host, source: str, path: str, stays: bool) -> None:
    log = denied(source, "admin_home_t", "file", "getattr", comm="server", path=path, dev="dm-0", ino=9)
    assert (kinds(diagnosed(log, no_policy))[0] == "keep-denied") is stays


@pytest.mark.parametrize(
    ("target", "permission", "stays"),
    [
        ("user_cron_spool_t", "write", True),
        ("httpd_unit_file_t", "create", False),
        ("systemd_unit_file_t", "create", True),
        ("user_cron_spool_t", "getattr", False),
    ],
    ids=["a cron job", "the service's own unit", "another's unit", "only looked at"],
)
def test_what_a_service_would_leave_behind_to_be_run_later(
    no_policy: Host, target: str, permission: str, stays: bool
) -> None:
    log = denied("httpd_t", target, "file", permission, comm="php-fpm", name="x", dev="dm-0", ino=9)
    assert (kinds(diagnosed(log, no_policy))[0] == "keep-denied") is stays


@pytest.mark.parametrize(("source", "kept"), [("qatlib_t", False), ("httpd_t", True), ("user_t", True)])
def test_a_device_that_services_of_the_system_work_with_is_no_sign_of_a_break_in(
    system: Host, source: str, kept: bool
) -> None:
    log = denied(source, "vfio_device_t", "chr_file", "setattr", comm="chown", name="482", dev="devtmpfs")
    incident = diagnosed(log, system)
    assert (kinds(incident)[0] == "keep-denied") is kept
    assert "module" not in kinds(incident)
