"""Missing privileges: EPERM, and EACCES for a port below 1024."""

import pytest

from avcdoctor.triage import judge
from avcdoctor.triage.layers.capability import low_port, needed


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("chroot /a", "CAP_SYS_CHROOT"),
        ("mlockall failed", "CAP_IPC_LOCK"),
        ("setgroups: no", "CAP_SETGID"),
        ("adjtimex", "CAP_SYS_TIME"),
        ("chown /a", "CAP_CHOWN"),
        ("hello", ""),
    ],
)
def test_what_an_operation_needs(message, name):
    assert needed(message) == name


@pytest.mark.parametrize(
    ("message", "port"), [("bind: 0.0.0.0:80", "80"), ("bind: 0.0.0.0:8080", ""), ("at 10:80", "")]
)
def test_ports_that_need_one(message, port):
    assert low_port(message) == port


def test_a_port_can_be_guarded_by_selinux_too():
    verdict = judge(b"webd[1]: listen tcp :80: bind: permission denied\n")
    assert (verdict.layer, verdict.selinux) == ("capability", "unknown")
    assert verdict.incidents[0].undecided
    titles = " ".join(remedy.title for remedy in verdict.incidents[0].explanation.remedies)
    assert "above 1023" in titles


@pytest.mark.parametrize(
    ("path", "layer"), [("/proc/17/io", "capability"), ("/proc/17/stat", "dac"), ("/proc/io", "dac")]
)
def test_what_proc_shows_to_few(path, layer):
    verdict = judge(f"till[1]: open {path}: permission denied".encode())
    assert verdict.layer == layer
    assert ("CAP_SYS_PTRACE" in verdict.incidents[0].explanation.title) == (layer == "capability")


def test_root_has_every_capability_so_that_its_eperm_is_selinuxs_as_likely():
    root = judge(b"keepalived[1]: setrlimit: Operation not permitted\n")
    other = judge(b"webd[1]: setrlimit: Operation not permitted\n")
    assert (root.selinux, other.selinux) == ("unknown", "unknown")
    assert "tclass=capability" in other.selinux_why
    assert (root.incidents[0].explanation.likely, other.incidents[0].explanation.likely) == (False, True)


def test_chown_on_a_network_file_system_is_the_servers():
    explanation = (
        judge(b"chown: changing ownership of '/var/lib/till': Operation not permitted\n").incidents[0].explanation
    )
    assert "root_squash" in explanation.remedies[-1].title
