"""Labels that hold for a whole mount: an option or the mount's context, never restorecon or a label rule."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, remedy_of, words_of


@pytest.mark.parametrize(
    ("target", "boolean"), [("nfs_t", "httpd_use_nfs"), ("cifs_t", "httpd_use_cifs"), ("fusefs_t", "httpd_use_fusefs")]
)
def test_the_option_for_that_file_system_comes_first(system: Host, target: str, boolean: str) -> None:
    log = denied("httpd_t", target, "file", "read open", comm="httpd", path="/mnt/share/a.html", dev="0:44")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "mount-label"
    assert remedy_of(incident, "boolean").actions[0].parameters["name"] == boolean
    assert kinds(incident)[0] == "boolean"
    assert "mount-option" in kinds(incident)
    assert not {"restorecon", "fcontext"} & set(kinds(incident))
    assert {"restorecon", "fcontext"} <= {one.kind for one in incident.finding.ruled_out}


def test_a_stick_gets_its_label_when_it_is_mounted(system: Host) -> None:
    log = denied("redis_t", "dosfs_t", "file", "read open", comm="redis-server", path="/media/a.rdb", dev="sdb1")
    incident = diagnosed(log, system)
    assert kinds(incident)[0] == "mount-option"
    assert "context=" in str(remedy_of(incident, "mount-option").actions[0].parameters["text"])


def test_a_label_carried_from_a_stick_onto_a_disk_is_a_wrong_label(system: Host) -> None:
    log = denied("redis_t", "dosfs_t", "file", "read", comm="redis-server", path="/var/lib/redis/a.rdb", dev="dm-0")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "wrong-label"
    assert kinds(incident)[0] == "restorecon"


def test_a_local_file_is_on_no_mount_of_that_kind(system: Host) -> None:
    log = denied("redis_t", "var_lib_t", "file", "read", comm="redis-server", path="/var/lib/redis/a.rdb", dev="dm-0")
    assert diagnosed(log, system).finding.cause != "mount-label"


def test_a_shared_folder_without_labels_is_told_by_its_device(system: Host) -> None:
    log = denied("redis_t", "unlabeled_t", "file", "read open", comm="redis-server", path="/mnt/a.rdb", dev="9p")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "mount-label"
    assert not {"restorecon", "fcontext"} & set(kinds(incident))
    disk = denied("redis_t", "unlabeled_t", "file", "read open", comm="redis-server", path="/mnt/a.rdb", dev="dm-0")
    assert diagnosed(disk, system).finding.cause == "unlabeled"


def test_no_label_is_proposed_for_a_library_on_nfs(system: Host) -> None:
    log = denied("httpd_t", "nfs_t", "file", "execmod", comm="httpd", path="/mnt/lib/a.so", dev="0:45")
    assert not {"restorecon", "fcontext"} & set(kinds(diagnosed(log, system)))


def test_a_kind_of_file_that_the_rules_forgot_is_the_policy_s_matter(system: Host) -> None:
    log = denied("redis_t", "nfs_t", "sock_file", "create", comm="redis-server", name="a.sock", dev="0:45")
    assert kinds(diagnosed(log, system))[0] in ("policy-update", "module")


def test_a_pod_hears_of_csi_and_a_plain_container_does_not(no_policy: Host) -> None:
    inside = "system_u:system_r:container_t:s0:c1,c2"
    pod = denied(inside, "nfs_t", "file", "read", comm="app", path="/var/lib/kubelet/pods/1/volumes/a", dev="0:45")
    plain = denied(inside, "nfs_t", "file", "read", comm="app", path="/data/a", dev="0:45")
    assert "seLinuxMount" in words_of(diagnosed(pod, no_policy))
    assert "seLinuxMount" not in words_of(diagnosed(plain, no_policy))


def test_the_firmware_s_partition_needs_no_other_label_for_the_system_s_own_tools(system: Host) -> None:
    log = denied("bootupd_t", "dosfs_t", "file", "rename", comm="bootupd", name="grub.cfg", dev="vda1", ino=3)
    assert kinds(diagnosed(log, system))[0] == "policy-update"
    stick = denied("redis_t", "dosfs_t", "file", "rename", comm="redis-server", name="a.rdb", dev="sdb1", ino=3)
    assert kinds(diagnosed(stick, system))[0] == "mount-option"
