"""Options that our own small policy has for a few domains only: what it lacks, a system's policy may have."""

from __future__ import annotations

import shutil

import pytest

from avcdoctor.host import Host, open_host
from tests.denials import denied, incident_of, kinds, remedy_of


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
