"""System calls that a filter forbids."""

import pytest

from avcdoctor.triage import judge

RECORD = 'type=SECCOMP msg=audit(1700000000.1:7): uid=33 pid=9 comm="till" exe="/usr/bin/till" sig={} syscall=165'


@pytest.mark.parametrize(("signal", "word"), [("31", "killed"), ("0", "refused")])
def test_records(signal, word):
    verdict = judge(RECORD.format(signal).encode())
    seen = verdict.incidents[0].observations[0]
    assert (verdict.layer, verdict.selinux, seen.process, seen.proof) == ("seccomp", "false", "till", "record")
    assert word in seen.what
    assert verdict.incidents[0].explanation.remedies[0].actions[0].argv == ("ausyscall", "165")


@pytest.mark.parametrize(
    ("log", "layer"),
    [
        ("till[1]: Bad system call", "seccomp"),
        ("make: /bin/sh: Operation not permitted", "seccomp"),
        ("make: /srv/tool: Permission denied", "dac"),
        ("till[1]: pthread_create failed: Operation not permitted", "seccomp"),
        ("till[1]: pthread_create failed: Resource temporarily unavailable", ""),
        ("till[1]: killed by signal 9", ""),
    ],
)
def test_messages(log, layer):
    assert judge(log.encode()).layer == layer
