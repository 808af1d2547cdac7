"""Levels, users and roles: the field that differs is named, and no allow rule is offered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.diagnose.causes.constraint import categories, dominates, sensitivity
from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, words_of

SIGNAL = denied(
    "system_u:system_r:container_t:s0:c1,c2", "system_u:system_r:container_t:s0:c3,c4", "process", "signal", comm="kill"
)
CREATE = denied(
    "unconfined_u:system_r:sshd_t:s0",
    "system_u:object_r:sshd_var_run_t:s0",
    "file",
    "create",
    comm="sshd",
    name="a.pid",
)


@pytest.mark.parametrize(("log", "field"), [(SIGNAL, "level"), (CREATE, "user")], ids=["level", "user"])
def test_the_field_that_differs_is_named(system: Host, log: str, field: str) -> None:
    incident = diagnosed(log, system)
    assert incident.finding.cause == "constraint"
    assert f"the {field}" in incident.finding.why
    assert kinds(incident) == ["constraint"]
    assert "module" in [one.kind for one in incident.finding.ruled_out]


def test_both_values_are_shown(system: Host) -> None:
    shown = " ".join(diagnosed(SIGNAL, system).finding.evidence)
    assert "s0:c1,c2" in shown
    assert "s0:c3,c4" in shown


@pytest.mark.policy
def test_a_whole_distribution_s_constraint_is_found(debian_system: Host) -> None:
    log = denied(
        "system_u:system_r:svirt_t:s0:c1,c2", "system_u:object_r:svirt_image_t:s0:c3,c4", "file", "read", comm="qemu"
    )
    incident = diagnosed(log, debian_system)
    assert "module" not in kinds(incident)
    assert "s0:c3,c4" in " ".join(incident.finding.evidence)


def test_equal_fields_are_no_constraint(system: Host) -> None:
    same = denied("system_u:system_r:sshd_t:s0", "system_u:object_r:sshd_var_run_t:s0", "file", "entrypoint", name="a")
    assert diagnosed(same, system).finding.cause != "constraint"


def test_what_the_types_refuse_is_not_blamed_on_the_level(system: Host) -> None:
    log = denied("system_u:system_r:redis_t:s0", "system_u:object_r:named_zone_t:s0:c5", "file", "read", name="a.zone")
    assert diagnosed(log, system).finding.cause != "constraint"


@pytest.mark.parametrize(
    ("level", "numbers"),
    [
        ("s0", set()),
        ("s0:c1,c5", {1, 5}),
        ("s0:c1.c4", {1, 2, 3, 4}),
        ("s0-s0:c0.c2,c9", {0, 1, 2, 9}),
        ("", set()),
        ("SystemLow", set()),
    ],
)
def test_categories_of_the_upper_end(level: str, numbers: set[int]) -> None:
    assert categories(level) == numbers


def test_categories_of_the_lower_end() -> None:
    assert categories("s0:c3-s0:c0.c9", high=False) == {3}


def test_sensitivities() -> None:
    assert (sensitivity("s2-s15:c0"), sensitivity("s2-s15:c0", high=False), sensitivity("")) == (15, 2, 0)


LEVELS = st.builds(
    lambda number, names: f"s{number}" + (":" + ",".join(f"c{one}" for one in sorted(names)) if names else ""),
    st.integers(0, 15),
    st.sets(st.integers(0, 1023), max_size=4),
)


@given(LEVELS, LEVELS, LEVELS)
def test_dominance_is_an_order(first: str, second: str, third: str) -> None:
    assert dominates(first, first)
    if dominates(first, second) and dominates(second, third):
        assert dominates(first, third)
    if dominates(first, second) and dominates(second, first):
        assert (sensitivity(first), categories(first)) == (sensitivity(second), categories(second))


def test_categories_do_not_bind_what_d_bus_asks_for_itself(no_policy: Host) -> None:
    log = denied("httpd_t", "staff_u:staff_r:app_t:s0:c1,c2", "dbus", "send_msg", comm="httpd")
    assert diagnosed(log, no_policy).finding.cause != "constraint"


def test_other_sensitivities_do(no_policy: Host) -> None:
    log = denied("system_u:system_r:httpd_t:s0", "system_u:system_r:app_t:s3", "dbus", "send_msg", comm="httpd")
    assert diagnosed(log, no_policy).finding.cause == "constraint"


def test_a_file_made_for_another_selinux_user_meets_a_constraint(no_policy: Host) -> None:
    log = denied("copier_t", "unconfined_u:object_r:etc_t:s0", "file", "create", comm="cp", name="config")
    incident = diagnosed(log, no_policy)
    assert incident.finding.cause == "constraint"
    assert "-a" in words_of(incident)


@pytest.mark.parametrize("source", ["useradd_t", "copier_t"], ids=["who may", "for his own user"])
def test_who_makes_files_as_himself_meets_none(no_policy: Host, source: str) -> None:
    user = "unconfined_u" if source == "useradd_t" else "system_u"
    log = denied(source, f"{user}:object_r:etc_t:s0", "file", "create", comm="cp", name="config")
    assert diagnosed(log, no_policy).finding.cause != "constraint"


@pytest.mark.parametrize(("permission", "refused"), [("write", True), ("read", False)])
def test_nothing_is_written_to_a_lower_sensitivity(no_policy: Host, permission: str, refused: bool) -> None:
    log = denied("user_u:user_r:app_t:s2", "user_u:object_r:data_t:s0", "file", permission, comm="cp", name="a.txt")
    assert (diagnosed(log, no_policy).finding.cause == "constraint") is refused


@pytest.mark.parametrize(("level", "cause"), [("s15:c0.c1023", "constraint"), ("s0:c0.c1023", "already-allowed")])
def test_the_levels_of_an_mls_log_count_where_the_policy_at_hand_has_one_sensitivity(
    system: Host, level: str, cause: str
) -> None:
    source = f"system_u:system_r:sshd_t:{level}"
    incident = diagnosed(denied(source, "sshd_var_run_t", "file", "write", comm="sshd", name="sshd.pid"), system)
    assert incident.finding.cause == cause


@pytest.mark.parametrize(
    ("process", "thing", "permission", "advice"),
    [
        ("s15", "s0", "write", "nothing flow down"),
        ("s0", "s3", "write", "write at one's own level only"),
        ("s0", "s3", "read", "a level that dominates s3"),
    ],
    ids=["write down", "write up", "read up"],
)
def test_the_advice_goes_the_way_the_data_would_have_gone(
    log_alone: Host, process: str, thing: str, permission: str, advice: str
) -> None:
    source, target = f"system_u:system_r:sshd_t:{process}", f"system_u:object_r:sshd_var_run_t:{thing}"
    incident = diagnosed(denied(source, target, "file", permission, comm="sshd", name="sshd.pid"), log_alone)
    assert incident.finding.cause == "constraint"
    assert advice in words_of(incident)
