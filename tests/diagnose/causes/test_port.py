"""Ports: which type a port has now, -a or -m, binding kept apart from connecting."""

from __future__ import annotations

from typing import Tuple

import pytest

from avcdoctor.host import Host
from avcdoctor.model import Incident
from tests.denials import denied, incident_of, kinds, remedy_of


def bind(domain: str, type_: str, port: int, comm: str = "app") -> str:
    return denied(domain, type_, "tcp_socket", "name_bind", comm=comm, src=port, call="bind")


def command(incident: Incident) -> Tuple[str, ...]:
    return remedy_of(incident, "port").actions[0].argv


@pytest.mark.parametrize(
    ("domain", "type_", "port", "wanted"),
    [
        ("httpd_t", "unreserved_port_t", 8999, "http_port_t"),
        ("httpd_t", "reserved_port_t", 82, "http_port_t"),
        ("sshd_t", "unreserved_port_t", 2222, "ssh_port_t"),
        ("redis_t", "unreserved_port_t", 6999, "redis_port_t"),
        ("named_t", "unreserved_port_t", 5399, "dns_port_t"),
    ],
)
def test_a_port_of_nobody_s_is_added_to_the_service_s_own(
    system: Host, domain: str, type_: str, port: int, wanted: str
) -> None:
    incident = incident_of(bind(domain, type_, port, domain[:-2]), system)
    assert kinds(incident)[0] == "port"
    assert command(incident) == ("semanage", "port", "-a", "-t", wanted, "-p", "tcp", str(port))
    assert remedy_of(incident, "port").simulation.after == "allowed"


def test_a_port_of_another_service_s_is_modified_and_the_loss_told(system: Host) -> None:
    incident = incident_of(bind("httpd_t", "postgresql_port_t", 5432, "httpd"), system)
    assert command(incident)[2] == "-m"
    warned = " ".join((*incident.finding.warnings, *remedy_of(incident, "port").notes))
    assert "postgresql_port_t" in warned
    assert "-a" in warned


@pytest.mark.policy
def test_so_it_is_with_a_whole_distribution_s_policy(debian_system: Host) -> None:
    incident = incident_of(bind("httpd_t", "unreserved_port_t", 8999, "apache2"), debian_system)
    assert command(incident)[:5] == ("semanage", "port", "-a", "-t", "http_port_t")


def test_connecting_is_a_matter_of_an_option(system: Host) -> None:
    log = denied("httpd_t", "unreserved_port_t", "tcp_socket", "name_connect", comm="httpd", dest=9999)
    incident = incident_of(log, system)
    assert incident.finding.cause != "port"
    assert kinds(incident)[0] == "boolean"


def test_two_ports_are_both_typed(system: Host) -> None:
    log = bind("httpd_t", "unreserved_port_t", 8999, "httpd")
    log += denied("httpd_t", "unreserved_port_t", "tcp_socket", "name_bind", comm="httpd", src=9444, serial=2)
    remedy = remedy_of(incident_of(log, system), "port")
    assert [action.argv[-1] for action in remedy.actions] == ["8999", "9444"]
    assert [action.argv[-1] for action in remedy.undo] == ["9444", "8999"]
    assert remedy.resolves == 2
    assert "8999 and 9444" in remedy.title


def test_ports_picked_by_chance_are_not_typed_one_by_one(system: Host) -> None:
    log = "".join(
        denied(
            "httpd_t", "unreserved_port_t", "tcp_socket", "name_bind", comm="httpd", src=9000 + serial, serial=serial
        )
        for serial in range(1, 40)
    )
    remedy = remedy_of(incident_of(log, system), "port")
    assert remedy.applicability == "manual"
    assert "39 different ports" in remedy.simulation.why


@pytest.mark.parametrize("log", [
    bind("httpd_t", "unreserved_port_t", 0),
    denied("httpd_t", "node_t", "tcp_socket", "node_bind", comm="httpd", saddr="10.0.0.1"),
    denied("httpd_t", "httpd_t", "udp_socket", "create", comm="httpd"),
], ids=["any free port", "an address", "no port at all"])  # fmt: skip
def test_no_port_no_port_s_remedy(system: Host, log: str) -> None:
    assert "port" not in kinds(incident_of(log, system))


def test_a_service_without_a_port_of_its_own_gets_nobody_s(system: Host) -> None:
    assert "port" not in kinds(incident_of(bind("auditd_t", "unreserved_port_t", 7777), system))


@pytest.mark.policy
def test_a_policy_that_lacks_the_port_s_type_says_nothing_of_another_machine(debian_system: Host) -> None:
    log = denied("mongod_t", "unreserved_port_t", "tcp_socket", "name_bind", comm="mongod", src=27030)
    assert kinds(incident_of(log, debian_system))[0] == "port"
