"""Labels that differ from the policy's default for a real path."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, explained, kinds, only, remedy_of

MOVED = denied("httpd_t", "user_home_t", "file", "read open", comm="httpd", path="/var/www/html/a.html", dev="dm-0")


def test_the_policy_s_own_label_is_put_back(system: Host) -> None:
    incident = diagnosed(MOVED, system)
    assert incident.finding.cause == "wrong-label"
    first = incident.remedies[0]
    assert (first.kind, first.applicability, first.lasting) == ("restorecon", "review", True)
    assert first.actions[0].argv == ("restorecon", "-v", "/var/www/html/a.html")
    assert first.simulation.before == "denied"
    assert first.simulation.after == "allowed"
    shown = " ".join(incident.finding.evidence)
    assert "user_home_t" in shown
    assert "httpd_sys_content_t" in shown


@pytest.mark.policy
def test_so_it_is_with_a_whole_distribution_s_policy(debian_system: Host) -> None:
    incident = diagnosed(MOVED, debian_system)
    assert kinds(incident)[0] == "restorecon"
    assert incident.remedies[0].simulation.after == "allowed"


def test_without_any_policy_it_is_told_and_not_proven(no_policy: Host) -> None:
    incident = diagnosed(MOVED, no_policy)
    assert kinds(incident)[0] == "restorecon"
    assert incident.remedies[0].simulation.after == "unknown"


def test_several_files_are_one_incident_and_each_is_named(system: Host) -> None:
    log = "".join(
        denied("httpd_t", "user_home_t", "file", "read", comm="httpd", path=f"/var/www/html/{name}.html", serial=serial)
        for serial, name in enumerate("abc", 1)
    )
    log += denied("httpd_t", "user_home_t", "dir", "search", comm="httpd", path="/var/www/html/d", serial=9)
    incident = only(explained(log, system))
    restored = [action.argv[-1] for action in remedy_of(incident, "restorecon").actions]
    assert set(restored) == {"/var/www/html/a.html", "/var/www/html/b.html", "/var/www/html/c.html", "/var/www/html/d"}
    assert remedy_of(incident, "restorecon").resolves == 4


def test_a_label_that_is_right_is_never_restored(system: Host) -> None:
    log = denied("redis_t", "httpd_sys_content_t", "file", "read", comm="redis-server", path="/var/www/html/a.html")
    incident = diagnosed(log, system)
    assert "restorecon" not in kinds(incident)
    assert "default" in " ".join(one.why for one in incident.finding.ruled_out if one.kind == "restorecon")


def test_a_default_label_that_would_be_denied_too_is_ruled_out(system: Host) -> None:
    log = denied("redis_t", "user_home_t", "file", "write", comm="redis-server", path="/var/www/html/a.html")
    incident = diagnosed(log, system)
    assert "restorecon" not in kinds(incident)
    assert "httpd_sys_content_t would not be allowed either" in " ".join(one.why for one in incident.finding.ruled_out)


@pytest.mark.parametrize(
    ("path", "device"),
    [
        ("socket:[4711]", "sockfs"),
        ("pipe:[4711]", "pipefs"),
        ("/memfd:doublemapper (deleted)", "tmpfs"),
        ("anon_inode:[eventpoll]", "anon_inodefs"),
        ("/proc/7/status", "proc"),
        ("/sys/kernel/mm/transparent_hugepage/enabled", "sysfs"),
        ("/var/www/html/a.html (deleted)", "dm-0"),
        ("/SYSV00000000 (deleted)", "tmpfs"),
    ],
)
def test_what_has_no_label_on_a_disk_is_not_relabelled(system: Host, path: str, device: str) -> None:
    log = denied(
        "httpd_t", "user_home_t", "file", "read write", comm="httpd", path=path.replace(" ", "\\040"), dev=device
    )
    log = log.replace("\\040", " ")
    assert not {"restorecon", "fcontext"} & set(kinds(diagnosed(log, system)))


def test_a_label_carried_from_a_home_when_only_the_name_is_known(system: Host) -> None:
    log = denied("redis_t", "user_home_t", "file", "read", comm="redis-server", name="extra.conf", dev="dm-0", ino=99)
    incident = diagnosed(log, system)
    assert incident.finding.cause == "wrong-label"
    assert incident.remedies[0].kind == "restorecon"
    assert incident.remedies[0].applicability == "manual"
    assert "-inum 99" in " ".join(str(one.parameters["text"]) for one in incident.remedies[0].actions)


def test_a_confined_user_s_own_home_is_no_wrong_label(system: Host) -> None:
    log = denied("user_u:user_r:user_t:s0", "user_home_t", "file", "execmod", comm="app", name="lib.so")
    assert diagnosed(log, system).finding.cause != "wrong-label"


def test_a_file_of_people_s_homes_is_no_wrong_label_for_who_serves_them(no_policy: Host) -> None:
    log = denied("ftpd_t", "user_home_t", "file", "read", comm="vsftpd", name="notes.txt", dev="dm-0", ino=99)
    assert diagnosed(log, no_policy).finding.cause != "wrong-label"


def test_a_type_of_its_own_gives_way_to_no_generic_one_on_another_machine(system: Host) -> None:
    log = denied("httpd_t", "ping_exec_t", "file", "execute_no_trans", comm="app", path="/usr/bin/newtool", dev="dm-0")
    assert "restorecon" not in kinds(diagnosed(log, system))


@pytest.mark.parametrize("path", ["/sys", "/"])
def test_the_mount_points_of_a_root_of_one_s_own_are_not_the_system_s(system: Host, path: str) -> None:
    log = denied("redis_t", "tmp_t", "dir", "mounton", comm="app", path=path, dev="overlay")
    assert "restorecon" not in kinds(diagnosed(log, system))


def test_a_name_the_policy_knows_below_the_directory_that_the_label_tells(no_policy: Host) -> None:
    log = denied("sendmail_t", "var_spool_t", "dir", "write", comm="sendmail", name="mqueue", dev="dm-0", ino=9)
    incident = diagnosed(log, no_policy)
    assert incident.finding.cause == "wrong-label"
    assert incident.remedies[0].actions[0].argv == ("restorecon", "-v", "/var/spool/mqueue")


def test_what_is_being_created_has_no_label_to_restore(no_policy: Host) -> None:
    log = denied("app_t", "etc_t", "file", "create", comm="cp", name="config")
    assert "restorecon" not in kinds(diagnosed(log, no_policy))


def test_what_has_no_label_was_not_moved_there(system: Host) -> None:
    incident = diagnosed(MOVED.replace("user_home_t", "unlabeled_t"), system)
    assert incident.finding.title.endswith("it carries no label")
    assert "mv" not in incident.finding.why
    assert incident.remedies[0].actions[0].argv == ("restorecon", "-v", "/var/www/html/a.html")
    assert "tar keep labels" in diagnosed(MOVED, system).finding.why


@pytest.mark.parametrize(
    ("device", "search"),
    [
        ("dm-0", "`findmnt -rno TARGET /dev/dm-0 | xargs -I '{}' find '{}' -xdev -inum 99`"),
        ("nvme0n1p3", "/dev/nvme0n1p3 |"),
        ("tmpfs", "`find / -path /proc -prune -o -inum 99 -print`"),
        ("sda1;reboot", "`find / -path /proc -prune -o -inum 99 -print`"),
        ("0:52", "`find / -path /proc -prune -o -inum 99 -print`"),
    ],
)
def test_a_file_without_a_path_is_looked_for_where_its_device_is_mounted(
    system: Host, device: str, search: str
) -> None:
    log = denied("httpd_t", "user_home_t", "file", "read", comm="httpd", name="app.html", dev=device, ino=99)
    incident = diagnosed(log, system)
    assert search in " ".join(str(one.parameters.get("text")) for one in incident.remedies[0].actions)
