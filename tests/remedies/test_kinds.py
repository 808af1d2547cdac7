"""Every kind of remedy: reached by a log, with typed actions, their inverses and honest simulations."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from avcdoctor.model import REMEDY_KINDS
from tests.denials import explained, incident_of, kinds, remedy_of
from tests.remedies.corpus import BY_KIND, faults


def test_every_kind_has_a_log() -> None:
    assert set(BY_KIND) == set(REMEDY_KINDS)


@pytest.mark.parametrize("kind", REMEDY_KINDS)
def test_every_kind_is_reached(system: Host, kind: str) -> None:
    incident = incident_of(BY_KIND[kind], system)
    assert kind in kinds(incident)
    assert faults(incident) == []


@pytest.mark.policy
@pytest.mark.parametrize("kind", REMEDY_KINDS)
def test_promises_hold_with_a_whole_distribution_s_policy(debian_system: Host, kind: str) -> None:
    for incident in explained(BY_KIND[kind], debian_system).incidents:
        assert faults(incident) == []


@pytest.mark.parametrize("kind", REMEDY_KINDS)
def test_promises_hold_without_any_policy(no_policy: Host, kind: str) -> None:
    for incident in explained(BY_KIND[kind], no_policy).incidents:
        assert faults(incident) == []
        assert {one.simulation.before for one in incident.remedies} == {"unknown"}


@pytest.mark.parametrize(
    ("kind", "applicability"),
    [
        ("restorecon", "review"),  # no machine confirms what the log says; see test_protect.py
        ("fcontext", "review"),
        ("exec-type", "review"),
        ("move", "review"),
        ("boolean", "review"),
        ("port", "review"),
        ("module", "review"),
        ("dontaudit", "review"),
        ("container-label", "manual"),
        ("domain-transition", "manual"),
        ("mount-option", "manual"),
        ("dac", "review"),
        ("constraint", "manual"),
        ("app-fix", "manual"),
        ("package-update", "manual"),
        ("policy-update", "manual"),
        ("keep-denied", "manual"),
    ],
)
def test_who_may_apply_it(system: Host, kind: str, applicability: str) -> None:
    assert remedy_of(incident_of(BY_KIND[kind], system), kind).applicability == applicability


@pytest.mark.parametrize("kind", ["restorecon", "fcontext", "exec-type", "move", "boolean", "port", "module"])
def test_what_works_is_simulated_before_it_is_offered(system: Host, kind: str) -> None:
    simulation = remedy_of(incident_of(BY_KIND[kind], system), kind).simulation
    assert (simulation.before, simulation.after) == ("denied", "allowed")
    assert simulation.policy == "Example's targeted policy"


@pytest.mark.parametrize("kind", ["restorecon", "fcontext", "boolean", "port", "module"])
def test_what_nobody_can_check_is_called_unknown(no_policy: Host, kind: str) -> None:
    found = [one for one in incident_of(BY_KIND[kind], no_policy).remedies if one.kind == kind]
    assert all(one.simulation.after == "unknown" for one in found)


def test_a_boolean_says_whom_it_concerns(system: Host) -> None:
    grants = remedy_of(incident_of(BY_KIND["boolean"], system), "boolean").grants
    assert "httpd_can_network_connect_db" in grants[0]
    assert "httpd_sys_script_t" in grants[0]


def test_a_module_says_for_whom_it_holds(system: Host) -> None:
    grants = remedy_of(incident_of(BY_KIND["module"], system), "module").grants
    assert "every program in redis_t" in grants[-1]


def test_a_moved_script_is_never_put_over_another(system: Host) -> None:
    move = remedy_of(incident_of(BY_KIND["move"], system), "move")
    assert move.actions[0].argv[:3] == ("mv", "-nT", "--")


def test_keeping_a_denial_grants_nothing(system: Host) -> None:
    kept = remedy_of(incident_of(BY_KIND["keep-denied"], system), "keep-denied")
    assert kept.simulation.after == "denied"
    assert kept.grants == ("nothing",)
