"""Capabilities: dac_override points at a file's owner and mode; others are told in words."""

from __future__ import annotations

import pytest

from avcdoctor.diagnose.case import Case
from avcdoctor.diagnose.causes import capability
from avcdoctor.host import Host
from tests.denials import NOTHING_KNOWN, Touched, denied, incident_of, kinds, reading_of, words_of


def wants(name: str, **more: object) -> str:
    return denied("redis_t", "redis_t", "capability", name, comm="redis-server", **more)  # type: ignore[arg-type]


STRANGERS = (Touched("/srv/app/data.db", 0o100600, 1001, 1001, "var_t"),)


@pytest.mark.parametrize("name", ["dac_override", "dac_read_search", "fowner"])
def test_owner_and_mode_are_looked_at_before_any_rule(system: Host, name: str) -> None:
    incident = incident_of(wants(name, call="openat", touched=STRANGERS), system)
    assert incident.finding.cause == "ownership"
    assert kinds(incident)[0] == "dac"
    assert "module" not in kinds(incident)
    assert "owner 1001" in " ".join(incident.finding.evidence)
    assert "0600" in " ".join(incident.finding.evidence)
    assert "/srv/app/data.db" in incident.finding.title


def test_root_is_let_in_as_the_group_and_back(system: Host) -> None:
    remedy = incident_of(wants("dac_read_search", call="openat", touched=STRANGERS), system).remedies[0]
    assert remedy.applicability == "review"
    assert [action.argv for action in remedy.actions] == [
        ("chown", "-h", "--", "1001:root", "/srv/app/data.db"),
        ("chmod", "0640", "--", "/srv/app/data.db"),
    ]
    assert [action.argv[-2:] for action in remedy.undo] == [
        ("--", "/srv/app/data.db"),
        ("1001:1001", "/srv/app/data.db"),
    ]
    assert remedy.undo[0].argv[1] == "0600"


def test_writing_needs_more_than_reading(system: Host) -> None:
    remedy = incident_of(wants("dac_override", call="openat", touched=STRANGERS), system).remedies[0]
    assert remedy.actions[1].parameters["mode"] == "0660"


def test_without_a_path_record_it_says_how_to_find_the_file(system: Host) -> None:
    incident = incident_of(wants("dac_override"), system)
    assert kinds(incident) == ["dac"]
    assert "auditctl -w" in words_of(incident)


def test_a_file_of_root_s_own_is_no_wrong_owner(system: Host) -> None:
    own = (Touched("/etc/redis/redis.conf", 0o100400, 0, 0, "redis_conf_t"),)
    assert incident_of(wants("dac_override", call="openat", touched=own), system).finding.cause != "ownership"


def test_a_kernel_s_file_has_no_owner_to_put_right(system: Host) -> None:
    kernel = (Touched("/proc/7/environ", 0o100400, 1001, 1001, "domain"),)
    assert incident_of(wants("dac_override", call="openat", touched=kernel), system).finding.cause != "ownership"


def test_a_label_nobody_knows_asks_for_mac_admin(system: Host) -> None:
    log = denied("redis_t", "redis_t", "capability2", "mac_admin", comm="restorecon", capability=33)
    incident = incident_of(log, system)
    assert incident.finding.cause == "unknown-label"
    assert kinds(incident) == ["app-fix"]
    assert "mac_admin" in " ".join(incident.finding.never)


@pytest.mark.parametrize(
    ("name", "word"), [("net_admin", "network"), ("sys_ptrace", "processes"), ("sys_module", "kernel code")]
)
def test_what_a_capability_is_for_is_told(system: Host, name: str, word: str) -> None:
    assert word in incident_of(wants(name), system).finding.why


def test_two_capabilities_in_one_record_are_both_told(system: Host) -> None:
    group = reading_of(wants("net_admin sys_ptrace")).groups[0]
    told = capability.meaning(Case(group, system, NOTHING_KNOWN))
    assert "network" in told
    assert "processes" in told


def test_what_is_no_capability_means_nothing(system: Host) -> None:
    group = reading_of(denied("redis_t", "etc_t", "file", "write", name="x")).groups[0]
    assert capability.meaning(Case(group, system, NOTHING_KNOWN)) == ""


def test_a_kernel_s_file_below_a_sandbox_s_root_is_known_by_its_label(system: Host) -> None:
    kernel = (Touched("/newroot/proc/sys/kernel/x", 0o100200, 0, 0, "sysctl_t"),)
    log = wants("dac_override", call="openat", uid=1000, touched=kernel)
    assert incident_of(log, system).finding.cause != "ownership"


@pytest.mark.parametrize(("comm", "label"), [("chcon", True), ("apparmor_parser", False)])
def test_mac_admin_is_about_a_label_unless_apparmor_loads_its_profiles(system: Host, comm: str, label: bool) -> None:
    log = denied("initrc_t", "initrc_t", "capability2", "mac_admin", comm=comm, capability=33)
    assert (incident_of(log, system).finding.cause == "unknown-label") is label
