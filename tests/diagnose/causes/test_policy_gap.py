"""What is left when nothing is wrong on the machine: the policy lacks a rule."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, remedy_of

GAP = denied("redis_t", "httpd_sys_content_t", "file", "read", comm="redis-server", path="/var/www/html/a.html")


def test_an_update_or_a_report_first_a_minimal_module_until_then(system: Host) -> None:
    incident = diagnosed(GAP, system)
    assert incident.finding.cause == "policy-gap"
    assert kinds(incident)[:2] == ["policy-update", "module"]
    told = " ".join(str(action.parameters["text"]) for action in incident.remedies[0].actions)
    assert "--format markdown" in told
    assert "No rule of" in incident.finding.why


def test_what_was_ruled_out_is_told(system: Host) -> None:
    found = {one.kind: one.why for one in diagnosed(GAP, system).finding.ruled_out}
    assert "default" in found["restorecon"]
    assert "boolean" in found


def test_the_module_brings_the_whole_operation(system: Host) -> None:
    grants = remedy_of(diagnosed(GAP, system), "module").grants
    assert grants[0] == "allow redis_t httpd_sys_content_t:file { getattr open read };"


def test_only_logged_is_told_from_refused(system: Host) -> None:
    log = GAP.replace("permissive=0", "permissive=1")
    assert "permissive" in diagnosed(log, system).finding.why
    assert "permissive" not in diagnosed(GAP, system).finding.why


def test_types_the_policy_lacks_are_named(system: Host) -> None:
    log = denied("strange_t", "httpd_sys_content_t", "file", "read", comm="strange", name="a")
    incident = diagnosed(log, system)
    assert any("strange_t is not a type of" in line for line in incident.finding.evidence)
    assert remedy_of(incident, "module").simulation.after == "unknown"


def test_no_policy_at_all_is_told(no_policy: Host) -> None:
    assert "no policy at hand: not checked against one" in diagnosed(GAP, no_policy).finding.evidence


@pytest.mark.parametrize(("source", "first"), [("passt_t", "policy-update"), ("pasta_t", "package-update")])
def test_a_service_s_own_package_comes_first_only_where_the_policy_lacks_its_domain(
    options: Host, source: str, first: str
) -> None:
    incident = diagnosed(denied(source, "app_data_t", "file", "read open", comm="passt", name="x"), options)
    assert kinds(incident)[0] == first
    assert "package-update" in kinds(incident)


def test_a_policy_that_lacks_the_types_is_not_the_one_that_refused(system: Host, no_policy: Host) -> None:
    log = denied("strange_t", "httpd_sys_content_t", "file", "read", comm="strange", name="a")
    incident = diagnosed(log, system)
    assert "does not know strange_t" in incident.finding.why
    assert "look as they should" not in incident.finding.why
    assert "--root" in incident.finding.why
    assert "does not know" not in diagnosed(log, no_policy).finding.why
    assert "does not know" not in diagnosed(GAP, system).finding.why


@pytest.mark.parametrize("level", ["s0", "s0:c1"])
def test_no_user_role_or_level_is_blamed_where_the_policy_allows_it(log_alone: Host, level: str) -> None:
    log = denied("kernel_t", "etc_t", "dir", "relabelto", comm="remount", name="upper")
    log = log.replace("kernel_t:s0", f"kernel_t:{level}")
    finding = diagnosed(log, log_alone).finding
    assert "user, role or level" not in finding.why
    assert "another policy" in finding.why
    assert not [one for one in finding.ruled_out if one.kind == "boolean"]
