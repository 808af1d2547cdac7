"""`chcon -t DOMAIN FILE`: a process type is no file type."""

from __future__ import annotations

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds

RELABEL = denied("unconfined_t", "keepalived_t", "file", "relabelto", comm="chcon", name="check.sh", dev="vda1", ino=7)


def test_a_domain_is_told_from_a_file_type(system: Host) -> None:
    incident = diagnosed(RELABEL, system)
    assert incident.finding.cause == "process-type"
    assert kinds(incident) == ["app-fix"]
    assert "file_type" in incident.finding.why
    assert "module" in {one.kind for one in incident.finding.ruled_out}


def test_the_file_system_refuses_it_as_well(system: Host) -> None:
    label = "system_u:object_r:keepalived_t:s0"
    log = denied(label, "fs_t", "filesystem", "associate", comm="chcon", name="check.sh", dev="vda1", ino=7)
    assert diagnosed(log, system).finding.cause == "process-type"


def test_a_file_type_is_another_matter(system: Host) -> None:
    log = denied("httpd_t", "etc_t", "file", "relabelto", comm="app", name="x", dev="vda1", ino=7)
    assert diagnosed(log, system).finding.cause != "process-type"


def test_a_device_s_type_is_told_from_a_file_type(system: Host) -> None:
    log = denied(
        "unconfined_t", "removable_device_t", "file", "relabelto", comm="chcon", name="a.tpl", dev="vda1", ino=7
    )
    incident = diagnosed(log, system)
    assert incident.finding.cause == "process-type"
    assert kinds(incident) == ["app-fix"]


def test_a_node_gets_a_device_s_type(system: Host) -> None:
    log = denied(
        "udev_t", "removable_device_t", "blk_file", "relabelto", comm="udevd", name="sdb", dev="devtmpfs", ino=7
    )
    assert diagnosed(log, system).finding.cause != "process-type"
