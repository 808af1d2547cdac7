"""Labels that hold for a whole mount: an option or the mount's context, never restorecon or a label rule."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, remedy_of


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
