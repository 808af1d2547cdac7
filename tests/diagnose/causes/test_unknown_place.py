"""Content in a place the policy does not know: the smallest fitting type of the service's own."""

from __future__ import annotations

from typing import Dict

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, incident_of, kinds, remedy_of

READS = denied("httpd_t", "default_t", "file", "read open", comm="httpd", path="/data/shop/index.html")
WRITES = denied("httpd_t", "default_t", "dir", "write add_name", comm="httpd", path="/data/shop/cache")


@pytest.mark.parametrize("known", [True, False], ids=["with the pack", "without"])
def test_reading_gets_a_type_that_is_only_read(system: Host, known: bool) -> None:
    incident = incident_of(READS, system) if known else diagnosed(READS, system)
    remedy = remedy_of(incident, "fcontext")
    assert kinds(incident)[0] == "fcontext"
    assert remedy.actions[0].argv == (
        *("semanage", "fcontext", "-a", "-f", "a", "-t", "httpd_sys_content_t", "/data/shop(/.*)?"),
    )
    assert remedy.actions[1].argv == ("restorecon", "-Rv", "/data/shop")
    assert remedy.simulation.after == "allowed"


def test_writing_gets_a_type_that_may_be_written_for_that_directory_alone(system: Host) -> None:
    remedy = remedy_of(incident_of(WRITES, system), "fcontext")
    assert remedy.actions[0].parameters["pattern"] == "/data/shop/cache(/.*)?"
    assert remedy.simulation.after == "allowed"


def test_plain_restorecon_is_ruled_out(system: Host) -> None:
    incident = diagnosed(READS, system)
    assert "restorecon" not in kinds(incident)
    assert "restorecon" in [one.kind for one in incident.finding.ruled_out]


def test_no_remedy_names_default_t_and_few_are_offered(system: Host) -> None:
    incident = diagnosed(READS, system)
    types = [str(action.parameters.get("type", "")) for one in incident.remedies for action in one.actions]
    assert "default_t" not in types
    assert len(incident.remedies) <= 6


@pytest.mark.policy
def test_so_it_is_with_a_whole_distribution_s_policy(debian_system: Host) -> None:
    remedy = remedy_of(incident_of(READS, debian_system), "fcontext")
    assert remedy.actions[0].parameters["type"] == "httpd_sys_content_t"


def test_a_directory_of_the_system_s_is_never_labelled_whole(system: Host) -> None:
    log = denied("httpd_t", "var_t", "file", "read", comm="httpd", path="/srv/a.html")
    remedy = remedy_of(diagnosed(log, system), "fcontext")
    assert remedy.actions[0].parameters["pattern"] == "/srv/a\\.html"
    assert remedy.actions[0].parameters["file_type"] == "f"


def test_homes_in_another_place_get_an_equivalence(system: Host) -> None:
    log = denied("sshd_t", "default_t", "file", "read", comm="sshd", path="/export/home/jo/.ssh/authorized_keys")
    incident = diagnosed(log, system)
    first = incident.remedies[0]
    assert first.kind == "fcontext"
    assert first.actions[0].argv == ("semanage", "fcontext", "-a", "-e", "/home", "/export/home")
    assert first.undo[0].argv == ("semanage", "fcontext", "-d", "/export/home")


def test_a_temporary_file_of_a_login_is_moved_not_allowed(system: Host) -> None:
    log = denied("redis_t", "user_tmp_t", "file", "read open", comm="redis-server", path="/tmp/import.rdb")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "temporary-file"
    assert kinds(incident)[0] in ("app-fix", "move")
    assert "module" not in kinds(incident)


def test_a_device_is_no_content(system: Host) -> None:
    log = denied("redis_t", "default_t", "chr_file", "read", comm="redis-server", path="/data/dev/odd")
    assert diagnosed(log, system).finding.cause != "unknown-place"


def test_a_type_of_somebody_s_own_is_known(system: Host) -> None:
    log = denied("redis_t", "named_zone_t", "file", "read", comm="redis-server", path="/data/x")
    assert diagnosed(log, system).finding.cause != "unknown-place"


@pytest.mark.parametrize(
    ("name", "label"), [("home", "home_root_t"), ("spool", "var_spool_t"), ("opt", "usr_t"), ("lib", "var_lib_t")]
)
def test_a_directory_of_the_whole_system_is_no_place_of_one_service(no_policy: Host, name: str, label: str) -> None:
    log = denied("httpd_t", label, "dir", "search", comm="httpd", name=name, dev="dm-0", ino=2)
    incident = incident_of(log, no_policy)
    assert not {"fcontext", "restorecon"} & set(kinds(incident)[:1])


def test_what_has_no_label_at_all_gets_its_default_first(no_policy: Host) -> None:
    log = denied("alsa_t", "unlabeled_t", "file", "read", comm="alsactl", name="asound.state", dev="dm-0", ino=9)
    incident = diagnosed(log, no_policy)
    assert incident.finding.cause == "unlabeled"
    assert kinds(incident)[0] == "restorecon"


def test_a_library_gets_a_library_s_type(no_policy: Host) -> None:
    log = denied("mysqld_t", "usr_t", "file", "execute", comm="mysqld", path="/usr/acme/bin/libacme.so.2", dev="dm-0")
    assert remedy_of(diagnosed(log, no_policy), "fcontext").actions[0].parameters["type"] == "lib_t"


def test_a_program_in_an_unknown_place_gets_a_program_s_type(no_policy: Host) -> None:
    log = denied("snmpd_t", "etc_t", "file", "execute", comm="sh", path="/etc/acme/disks", dev="dm-0", ino=9)
    assert kinds(diagnosed(log, no_policy))[0] == "exec-type"


@pytest.mark.parametrize("permission", ["watch", "map"])
def test_where_only_watching_is_refused_the_label_is_right(no_policy: Host, permission: str) -> None:
    log = denied("xdm_t", "var_lib_t", "dir", permission, comm="shell", path="/var/lib/acme", dev="dm-0")
    assert diagnosed(log, no_policy).finding.cause != "unknown-place"


def test_a_person_s_runtime_directory_was_not_left_behind(no_policy: Host) -> None:
    log = denied("sssd_t", "user_tmp_t", "dir", "search", comm="krb5_child", name="1000", dev="tmpfs", ino=9)
    assert diagnosed(log, no_policy).finding.cause != "temporary-file"


def test_what_lies_in_dev_is_no_content(no_policy: Host) -> None:
    log = denied("syslogd_t", "device_t", "fifo_file", "write", comm="syslogd", name="xconsole", dev="tmpfs", ino=9)
    incident = diagnosed(log, no_policy)
    assert incident.finding.cause == "wrong-label"
    assert kinds(incident)[0] == "restorecon"


def test_the_place_of_one_file_is_offered_to_no_other(system: Host) -> None:
    log = denied("keepalived_t", "etc_t", "file", "append", comm="keepalived", name="state", dev="dm-0", ino=9)
    incident = incident_of(log, system)
    assert kinds(incident)
    assert ".pid" not in repr(incident.remedies)


@pytest.mark.parametrize("asked", [{"path": "/var/log/shop/access.log"}, {"name": "shop_access.log"}])
def test_a_service_s_log_gets_the_service_s_own_log_type(system: Host, asked: Dict[str, str]) -> None:
    log = denied("httpd_t", "var_log_t", "file", "append", comm="nginx", dev="dm-0", ino=7, **asked)
    remedy = remedy_of(diagnosed(log, system), "fcontext")
    assert "httpd_log_t" in remedy.title
    if "path" in asked:
        assert remedy.actions[0].parameters["pattern"] == "/var/log/shop(/.*)?"


def test_who_reads_the_logs_of_others_does_not_take_them_over(system: Host) -> None:
    log = denied("httpd_t", "var_log_t", "file", "read open", comm="httpd", path="/var/log/messages")
    assert diagnosed(log, system).finding.cause != "unknown-place"


def test_the_directory_of_all_logs_keeps_its_label(system: Host) -> None:
    log = denied("httpd_t", "var_log_t", "dir", "write add_name", comm="nginx", path="/var/log")
    assert "fcontext" not in kinds(diagnosed(log, system))


def test_a_name_alone_is_no_known_place_where_the_policy_expects_nothing(system: Host) -> None:
    log = denied("httpd_t", "default_t", "file", "read", comm="httpd", name="httpd.conf", dev="dm-0", ino=7)
    assert "restorecon" not in kinds(diagnosed(log, system))


def test_a_file_moved_from_tmp_gets_its_place_s_label_first(system: Host) -> None:
    log = denied(
        "redis_t", "user_tmp_t", "file", "open", comm="redis-server", path="/etc/httpd/conf/a.conf", dev="dm-0"
    )
    incident = diagnosed(log, system)
    assert incident.finding.cause == "wrong-label"
    assert incident.remedies[0].kind == "restorecon"
    left = denied("redis_t", "user_tmp_t", "file", "open", comm="redis-server", path="/tmp/a.conf", dev="dm-0")
    assert diagnosed(left, system).finding.cause == "temporary-file"


@pytest.mark.parametrize(
    ("path", "label", "kind"),
    [
        ("/var/lib/rpm/libpgsql.so.2", "rpm_var_lib_t", "fcontext"),
        ("/var/lib/rpm/pgsql.db", "rpm_var_lib_t", ""),
        ("/tmp/libpgsql.so", "user_tmp_t", ""),
    ],
    ids=["library", "data", "in /tmp"],
)
def test_a_library_among_other_things_needs_the_label_of_libraries(
    system: Host, path: str, label: str, kind: str
) -> None:
    incident = diagnosed(denied("redis_t", label, "file", "execute", comm="redis-server", path=path), system)
    labelled = [one for one in incident.remedies if one.kind == "fcontext" and "lib_t" in one.title]
    assert bool(labelled) is bool(kind)


@pytest.mark.parametrize(("path", "place"), [("/sysroot/.release.json", False), ("/data/.release.json", True)])
def test_the_disk_below_a_deployed_image_is_not_relabelled(system: Host, path: str, place: bool) -> None:
    log = denied("httpd_t", "root_t", "file", "getattr read open", comm="httpd", path=path)
    incident = diagnosed(log, system)
    assert (incident.finding.cause == "unknown-place") is place
    commands = [action.argv for remedy in incident.remedies for action in remedy.actions]
    assert any(path.rsplit("/", 1)[0] in " ".join(argv) for argv in commands) is place


@pytest.mark.parametrize(("permission", "temporary"), [("mounton", False), ("write", True)])
def test_a_mount_point_is_no_temporary_file(system: Host, permission: str, temporary: bool) -> None:
    log = denied("httpd_t", "tmp_t", "dir", permission, comm="httpd", path="/tmp/half-made")
    assert (diagnosed(log, system).finding.cause == "temporary-file") is temporary
