"""Android's apps: their own platform keeps them away, and nobody on the device can change that."""

from __future__ import annotations

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds

SYSFS = "u:object_r:sysfs_net:s0"


def test_an_app_is_told_to_use_the_platform(system: Host) -> None:
    log = denied("u:r:untrusted_app_27:s0:c78,c256", SYSFS, "dir", "search", comm="app", name="net", dev="sysfs", ino=3)
    incident = diagnosed(log, system)
    assert incident.finding.cause == "android-app"
    assert kinds(incident) == ["keep-denied", "app-fix"]


def test_a_daemon_of_the_device_is_the_maker_s_matter(system: Host) -> None:
    log = denied("u:r:charger:s0", SYSFS, "dir", "search", comm="charger", name="net", dev="sysfs", ino=3)
    assert diagnosed(log, system).finding.cause != "android-app"


def test_a_service_of_that_name_elsewhere_is_no_app(system: Host) -> None:
    log = denied("untrusted_app", "sysfs_t", "dir", "search", comm="app", name="net", dev="sysfs", ino=3)
    assert diagnosed(log, system).finding.cause != "android-app"
