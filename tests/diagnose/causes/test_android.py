"""Android's apps: their own platform keeps them away, and nobody on the device can change that."""

from __future__ import annotations

import re

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, words_of

SYSFS = "u:object_r:sysfs_net:s0"


def test_an_app_is_told_to_use_the_platform(system: Host) -> None:
    log = denied("u:r:untrusted_app_27:s0:c78,c256", SYSFS, "dir", "search", comm="app", name="net", dev="sysfs", ino=3)
    incident = diagnosed(log, system)
    assert incident.finding.cause == "android-app"
    assert kinds(incident) == ["keep-denied", "app-fix"]


def test_a_daemon_of_the_device_is_the_maker_s_matter(system: Host) -> None:
    log = denied("u:r:charger:s0", SYSFS, "dir", "search", comm="charger", name="net", dev="sysfs", ino=3)
    incident = diagnosed(log, system)
    assert incident.finding.cause == "image-policy" and "Android's own policy" in incident.finding.title
    assert kinds(incident) == ["app-fix", "policy-update"]
    told = words_of(incident)
    assert "audit2allow -p policy" in told and "BOARD_VENDOR_SEPOLICY_DIRS" in told
    assert not set(re.findall(r"\w+", told)) & {"dnf", "apt", "semanage", "restorecon", "semodule", "setsebool"}


def test_a_user_of_that_name_with_another_role_is_not_androids(system: Host) -> None:
    log = denied("u:system_r:charger_t:s0", "u:object_r:etc_t:s0", "dir", "search", comm="x", name="net", ino=3)
    assert diagnosed(log, system).finding.cause != "image-policy"


def test_a_service_of_that_name_elsewhere_is_no_app(system: Host) -> None:
    log = denied("untrusted_app", "sysfs_t", "dir", "search", comm="app", name="net", dev="sysfs", ino=3)
    assert diagnosed(log, system).finding.cause != "android-app"
