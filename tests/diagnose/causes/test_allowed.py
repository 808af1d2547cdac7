"""A denial that the policy at hand does not know any more."""

from __future__ import annotations

import pytest

from avcdoctor.diagnose.case import Case
from avcdoctor.diagnose.causes import allowed
from avcdoctor.host import Host
from avcdoctor.knowledge.weakening import withheld
from tests.denials import denied, diagnosed, kinds, reading_of, shipped, words_of

BIND = denied("httpd_t", "http_port_t", "tcp_socket", "name_bind", comm="httpd", src=8009)
ZONE = denied("named_t", "named_zone_t", "file", "write", comm="named", name="example.org.zone")


def test_what_the_policy_allows_is_an_old_log(system: Host) -> None:
    incident = diagnosed(BIND, system)
    assert incident.finding.cause == "already-allowed"
    assert kinds(incident) == ["policy-update"]
    assert incident.remedies[0].simulation.before == "allowed"


def test_a_permission_that_is_missing_is_none(system: Host) -> None:
    missing = denied("httpd_t", "http_port_t", "tcp_socket", "name_bind recv_msg", comm="httpd", src=8009)
    assert diagnosed(missing, system).finding.cause != "already-allowed"


def test_another_system_cannot_be_judged_by_the_reference_policy(log_alone: Host) -> None:
    assert diagnosed(BIND, log_alone).finding.cause != "already-allowed"


def test_what_an_option_allows_here_names_the_option(system: Host) -> None:
    incident = diagnosed(ZONE, system)
    assert incident.finding.cause == "boolean"
    assert "named_write_master_zones" in incident.finding.why
    action = incident.remedies[0].actions[0]
    assert action.argv == ("setsebool", "-P", "named_write_master_zones", "on")


@pytest.mark.policy
@pytest.mark.parametrize("own", [True, False], ids=["this machine's log", "another's"])
def test_what_is_always_allowed_here_may_be_an_option_elsewhere(debian_system: Host, own: bool) -> None:
    log = denied("guest_t", "user_home_t", "file", "execute", comm="bash", path="/home/kim/tool", dev="dm-0", ino=9)
    group = reading_of(log).groups[0]
    found = allowed.diagnose(Case(group, debian_system, shipped(), (group,), own))
    assert found is not None
    assert found.cause == ("already-allowed" if own else "boolean")


@pytest.mark.policy
def test_an_option_that_the_policy_has_without_needing_it_here_is_not_the_answer_elsewhere(
    debian_system: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = denied("guest_t", "user_home_t", "file", "execute", comm="bash", path="/home/kim/tool", dev="dm-0", ino=9)
    monkeypatch.setattr("avcdoctor.diagnose.causes.boolean.told_by_packs", lambda case: [("user_ping", True)])
    policy = debian_system.policy
    assert policy is not None and "user_ping" in policy.booleans
    group = reading_of(log).groups[0]
    found = allowed.diagnose(Case(group, debian_system, shipped(), (group,), False))
    assert found is not None and found.cause == "already-allowed"


def test_nothing_is_said_of_a_loaded_policy_where_none_is(system: Host) -> None:
    incident = diagnosed(BIND, system)
    assert "loaded" not in incident.finding.why + words_of(incident)
    assert incident.remedies[0].simulation.after == "allowed"


def test_a_log_that_was_only_written_says_so(system: Host) -> None:
    logged = denied("httpd_t", "http_port_t", "tcp_socket", "name_bind", comm="httpd", src=8009, permissive=1)
    why = diagnosed(logged, system).finding.why
    assert "only logged, not refused" in why
    assert withheld(why) == why


@pytest.mark.parametrize(("permission", "cause"), [("lock", "already-allowed"), ("link", "boolean")])
def test_an_option_that_is_on_explains_a_log_from_elsewhere_only_if_it_is_about_this(
    options: Host, permission: str, cause: str
) -> None:
    log = denied("app_t", "app_data_t", "file", permission, name="state")
    incident = diagnosed(log, options)
    assert incident.finding.cause == cause
    assert kinds(incident)[0] == ("boolean" if cause == "boolean" else "policy-update")
    assert ("input_everywhere" in " ".join(incident.finding.evidence)) is (cause != "boolean")
