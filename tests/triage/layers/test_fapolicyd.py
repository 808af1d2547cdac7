"""Executions refused by trust."""

import pytest

from avcdoctor.triage import judge


def leading(log):
    return judge(log.encode()).incidents[0]


@pytest.mark.parametrize(
    ("log", "layer"),
    [
        (
            "rule=9 dec=deny_audit perm=execute auid=1 pid=2 exe=/usr/bin/bash : path=/srv/a ftype=x trust=0",
            "fapolicyd",
        ),
        ("type=FANOTIFY msg=audit(1700000003.2:11): resp=2", "fapolicyd"),
        ("type=FANOTIFY msg=audit(1700000003.2:11): resp=1 fan_type=0", None),
        ("rule=9 dec=allow perm=execute exe=/usr/bin/bash : path=/srv/a", None),
        ("bash: /srv/a: Operation not permitted", "fapolicyd"),
        ("bash: /usr/bin/ping: Operation not permitted", "capability"),
        ("bash: /srv/a: Permission denied", "dac"),
    ],
)
def test_by_record_and_by_error(log, layer):
    verdict = judge(log.encode())
    assert (verdict.layer or None) == layer


def test_a_record_of_the_trail_is_the_only_finding_of_its_event():
    log = (
        'type=SYSCALL msg=audit(1700000003.2:11): arch=c000003e syscall=59 success=no exit=-1 uid=0 comm="till"\n'
        'type=PATH msg=audit(1700000003.2:11): item=0 name="/opt/till/run" inode=7 nametype=NORMAL\n'
        "type=FANOTIFY msg=audit(1700000003.2:11): resp=2\n"
    )
    verdict = judge(log.encode())
    assert [one.layer for one in verdict.incidents] == ["fapolicyd"]
    seen = verdict.incidents[0].observations[0]
    assert (seen.process, seen.path) == ("till", "/opt/till/run")


def test_the_shells_error_belongs_to_the_record_of_the_same_file():
    log = (
        "bash: /srv/a: Operation not permitted\n"
        "rule=9 dec=deny_audit perm=execute auid=1 pid=2 exe=/usr/bin/bash : path=/srv/a ftype=x trust=0\n"
    )
    verdict = judge(log.encode())
    assert len(verdict.incidents) == 1
    assert verdict.incidents[0].proof == "record"
    assert verdict.incidents[0].explanation.remedies[0].actions[0].argv == ("fapolicyd-cli", "--file", "add", "/srv/a")
