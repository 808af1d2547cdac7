"""Executable types: where they lead, and what is allowed there."""

from __future__ import annotations

from avcdoctor.host import Host
from avcdoctor.model import Finding, Proposal
from avcdoctor.remedies import exec_type
from avcdoctor.remedies.site import Site
from tests.denials import denied, reading_of

PING = denied("keepalived_t", "ping_exec_t", "file", "getattr", comm="check.sh", path="/usr/bin/ping")


def site(log: str, type_: str, place: str, host: Host) -> Site:
    finding = Finding("wrong-domain", "title", "why", reading_of(log).groups)
    return Site(finding, Proposal("exec-type", {"type": type_, "place": place}), host)


def test_a_type_that_leads_to_a_domain_that_may_is_allowed(system: Host) -> None:
    remedy = exec_type.build(site(PING, "keepalived_unconfined_script_exec_t", "/etc/keepalived/check.sh", system))
    assert remedy.simulation.after == "allowed"
    assert "keepalived_unconfined_script_t" in remedy.grants[0]
    assert [action.do for action in remedy.actions] == ["fcontext-add", "restorecon"]
    assert [action.do for action in remedy.undo] == ["fcontext-delete", "restorecon"]


def test_a_type_that_leads_to_a_domain_that_may_not_is_refuted(system: Host) -> None:
    remedy = exec_type.build(site(PING, "iptables_exec_t", "/etc/keepalived/check.sh", system))
    assert remedy.simulation.after == "denied"
    assert remedy.resolves == 0


def test_a_type_that_leads_nowhere_is_refuted(system: Host) -> None:
    remedy = exec_type.build(site(PING, "bin_t", "/etc/keepalived/check.sh", system))
    assert remedy.simulation.after == "denied"


def test_without_a_path_a_person_has_to_find_the_script(system: Host) -> None:
    remedy = exec_type.build(site(PING, "keepalived_unconfined_script_exec_t", "", system))
    assert remedy.applicability == "manual"


def test_without_a_policy_nothing_is_promised(no_policy: Host) -> None:
    remedy = exec_type.build(site(PING, "keepalived_unconfined_script_exec_t", "/etc/keepalived/check.sh", no_policy))
    assert remedy.simulation.after == "unknown"
