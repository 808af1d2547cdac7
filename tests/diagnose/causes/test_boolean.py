"""Booleans: the narrowest first, pairs only where none helps alone, off where off is what helps."""

from __future__ import annotations

from typing import List, Tuple

import pytest

from avcdoctor.host import Host
from avcdoctor.model import Incident
from tests.denials import denied, diagnosed, incident_of, kinds, remedy_of

POSTGRES = denied("httpd_t", "postgresql_port_t", "tcp_socket", "name_connect", comm="php-fpm", dest=5432)


def turned(incident: Incident) -> List[Tuple[str, str]]:
    """(boolean, value) of each boolean remedy's first action, in order."""
    found = [one.actions[0].parameters for one in incident.remedies if one.kind == "boolean"]
    return [(str(one["name"]), str(one["value"])) for one in found]


def test_the_service_s_own_option_for_this_comes_first(system: Host) -> None:
    incident = incident_of(POSTGRES, system)
    assert incident.finding.cause == "boolean"
    assert kinds(incident)[0] == "boolean"
    assert turned(incident)[0] == ("httpd_can_network_connect_db", "on")


@pytest.mark.policy
def test_so_it_does_with_a_whole_distribution_s_policy(debian_system: Host) -> None:
    assert turned(incident_of(POSTGRES, debian_system))[0] == ("httpd_can_network_connect_db", "on")


def test_without_any_policy_the_tables_of_facts_know_it(no_policy: Host) -> None:
    incident = incident_of(POSTGRES, no_policy)
    assert turned(incident)[0] == ("httpd_can_network_connect_db", "on")
    assert incident.remedies[0].simulation.after == "unknown"


def test_the_one_that_opens_less_comes_first(options: Host) -> None:
    incident = incident_of(denied("app_t", "http_port_t", "tcp_socket", "name_connect", dest=80), options)
    assert turned(incident)[0] == ("app_narrow", "on")


def test_two_that_help_only_together_are_turned_together(options: Host) -> None:
    incident = incident_of(denied("app_t", "app_data_t", "file", "read open", path="/srv/app/x"), options)
    remedy = remedy_of(incident, "boolean")
    assert [dict(one.parameters) for one in remedy.actions] == [
        {"name": "app_first", "value": "on"},
        {"name": "app_second", "value": "on"},
    ]
    assert remedy.simulation.after == "allowed"
    assert [one.parameters["value"] for one in remedy.undo] == ["off", "off"]


def test_off_where_off_is_what_helps(options: Host) -> None:
    incident = incident_of(denied("app_t", "app_data_t", "file", "append open", path="/srv/app/x"), options)
    assert turned(incident) == [("app_protect", "off")]


def test_one_that_concerns_half_the_system_is_not_the_answer_for_a_port(system: Host) -> None:
    incident = incident_of(
        denied("sshd_t", "unreserved_port_t", "tcp_socket", "name_bind", comm="sshd", src=2222), system
    )
    assert kinds(incident)[0] == "port"
    assert "nis_enabled" not in " ".join(str(one.parameters) for one in incident.remedies[0].actions)


def test_a_boolean_that_is_on_already_does_not_help_and_is_not_offered(system: Host) -> None:
    """httpd_enable_cgi is on: what is denied now it can't be the answer for."""
    incident = incident_of(
        denied("httpd_t", "httpd_sys_script_exec_t", "file", "write", comm="httpd", path="/var/www/cgi-bin/a.pl"),
        system,
    )
    assert "httpd_enable_cgi" not in [name for name, _value in turned(incident)]


def test_what_no_option_grants_is_no_boolean(system: Host) -> None:
    log = denied("redis_t", "httpd_sys_content_t", "file", "read", comm="redis-server", path="/var/www/html/a.html")
    incident = diagnosed(log, system)
    assert incident.finding.cause != "boolean"
    assert "boolean" not in kinds(incident)
    assert "boolean" in [one.kind for one in incident.finding.ruled_out]


def test_an_option_meant_for_something_else_comes_after_the_one_meant_for_this(system: Host) -> None:
    log = denied("httpd_t", "http_port_t", "tcp_socket", "name_connect", comm="php-fpm", dest=443)
    first = incident_of(log, system).remedies[0].actions[0]
    assert first.parameters["name"] == "httpd_can_network_relay"


@pytest.mark.parametrize(("path", "meant"), [("/dev/tty1", True), ("/dev/ttyUSB0", False), ("/dev/rfcomm0", False)])
def test_an_option_about_terminals_is_not_for_serial_lines(no_policy: Host, path: str, meant: bool) -> None:
    log = denied("gpsd_t", "tty_device_t", "chr_file", "open", comm="gpsd", path=path, dev="devtmpfs", ino=9)
    names = [name for name, _value in turned(diagnosed(log, no_policy))]
    assert ("daemons_use_tty" in names) is meant


def test_a_debugger_refused_its_own_domain_shows_which_option_was_turned(no_policy: Host) -> None:
    log = denied("staff_u:staff_r:staff_t:s0", "staff_u:staff_r:staff_t:s0", "process", "ptrace", comm="gdb")
    assert turned(diagnosed(log, no_policy)) == [("deny_ptrace", "off")]
