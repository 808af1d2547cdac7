"""EACCES without a record, and programs that look at owner and mode themselves."""

import pytest

from avcdoctor.triage import judge


def leading(log):
    return judge(log.encode()).incidents[0]


@pytest.mark.parametrize(
    ("log", "kind", "proof"),
    [
        ("till[1]: open /srv/a: Permission denied", "permission-denied", "errno"),
        ("till[1]: /srv/a is not writable", "permission-denied", "errno"),
        ("till[1]: /srv/key must be owned by root", "own-check", "named"),
        ("till[1]: key /srv/key has too open permissions", "own-check", "named"),
        ("till[1]: open /tmp/till.lock: Permission denied", "protected-file", "errno"),
        ("sh: 1: cannot create /var/tmp/out: Permission denied", "protected-file", "errno"),
    ],
)
def test_kinds(log, kind, proof):
    one = leading(log)
    assert (one.layer, one.explanation.kind, one.proof) == ("dac", kind, proof)


@pytest.mark.parametrize(
    "log", ["till[1]: open /tmp/till/lock: Permission denied", "till[1]: open /srv/tmp/a: Permission denied"]
)
def test_what_lies_deeper_is_no_shared_file(log):
    assert leading(log).explanation.kind == "permission-denied"


def test_the_kernels_protection_is_named_and_chmod_is_not_the_way():
    explanation = leading("sh: 1: cannot create /tmp/out: Permission denied").explanation
    assert "fs.protected_regular" in explanation.cause
    assert "chmod does not help" in explanation.remedies[0].title
    assert "chmod 1777 /tmp" in explanation.remedies[2].title
    assert explanation.likely


def test_a_home_directory_makes_the_units_sandbox_a_suspect():
    explanation = leading("till[1]: open /home/kim/a: Permission denied").explanation
    assert "ProtectHome=" in explanation.remedies[1].title


def test_a_unix_socket_is_its_owners_or_selinuxs():
    explanation = leading('till[1]: Unable to connect to "unix:///run/till/till.sock": Permission denied').explanation
    assert "/run/till/till.sock" in explanation.title
    assert "connectto" in explanation.title


def test_running_a_program_has_three_suspects():
    explanation = leading("till[1]: fork/exec /opt/till/run: permission denied").explanation
    assert [remedy.kind for remedy in explanation.remedies] == ["dac", "restorecon"]
    assert "noexec" in explanation.title


def test_selinux_is_never_called_unlikely_for_a_bare_eacces():
    one = leading("till[1]: open /srv/a: Permission denied")
    assert one.undecided
    assert not [ruled for ruled in one.ruled_out if ruled.layer == "selinux"]


@pytest.mark.parametrize(("path", "first"), [("/etc/shadow", "keep-denied"), ("/srv/till/day", "dac")])
def test_no_right_to_a_secret_is_handed_out(path, first):
    remedies = judge(f"till[1]: open {path}: Permission denied".encode()).incidents[0].explanation.remedies
    assert remedies[0].kind == first
