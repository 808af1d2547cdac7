"""Options that our own small policy has for a few domains only: what it lacks, a system's policy may have."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from avcdoctor.host import Host, open_host
from avcdoctor.model import Proposal
from avcdoctor.remedies import boolean
from avcdoctor.remedies.site import Site
from tests.denials import denied, diagnosed, incident_of, kinds, remedy_of
from tests.machines import system_at


@pytest.fixture(scope="module")
def ours() -> Host:
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    return open_host(policy="reference")


def test_its_silence_about_a_domain_does_not_refute_an_option(ours: Host) -> None:
    log = denied("sshd_t", "nfs_t", "file", "read", comm="sshd", name="authorized_keys", dev="0:41", ino=7)
    incident = incident_of(log, ours)
    assert kinds(incident)[0] == "boolean"
    assert remedy_of(incident, "boolean").simulation.after == "unknown"


def test_its_values_are_nobody_s(ours: Host) -> None:
    label = "staff_u:staff_r:staff_t:s0"
    log = denied(label, label, "process", "ptrace", comm="gdb")
    assert remedy_of(incident_of(log, ours), "boolean").actions[0].parameters["name"] == "deny_ptrace"


def test_what_opens_far_more_than_the_incident_is_told(debian_system: Host) -> None:
    every_port = denied("sshd_t", "vnc_port_t", "tcp_socket", "name_bind", comm="sshd", src=5900)
    told = remedy_of(incident_of(every_port, debian_system), "boolean").wide
    assert re.fullmatch(r"sshd_port_forwarding opens [0-9]{3} kinds of object to sshd_t", told)
    databases = denied("httpd_t", "postgresql_port_t", "tcp_socket", "name_connect", comm="php-fpm", dest=5432)
    assert remedy_of(incident_of(databases, debian_system), "boolean").wide == ""


CHECKS = """
(type app_t) (call process_domain (app_t))
(type check_t) (call process_domain (check_t))
(type check_exec_t) (call executable (check_exec_t))
(type app_data_t) (call ordinary_file (app_data_t))
(allow check_t app_data_t (file (getattr open read)))
(boolean app_separate_checks false)
(booleanif app_separate_checks
    (true
        (typetransition app_t check_exec_t process check_t)
        (allow app_t check_t (process (transition)))))
"""


@pytest.mark.parametrize(("permissions", "after"), [("read open", "allowed"), ("write open", "denied")])
def test_an_option_that_gives_a_program_another_domain_is_judged_there(
    tmp_path: Path, permissions: str, after: str
) -> None:
    host = system_at(tmp_path, CHECKS)
    log = denied("app_t", "app_data_t", "file", permissions, comm="check", name="state")
    finding = diagnosed(log, host).finding
    asked = Proposal("boolean", {"name": "app_separate_checks", "value": True})
    remedy = boolean.build(Site(finding, asked, host))
    assert remedy is not None
    assert remedy.simulation.after == after
