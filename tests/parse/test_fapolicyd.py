"""fapolicyd's refusals are read from its own lines and from the audit trail; what it allows is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.parse.fapolicyd import Decision, decided, recorded
from avcdoctor.parse.records import split_records

EVENT = (
    b'type=SYSCALL msg=audit(1700000003.250:11): arch=c000003e syscall=59 success=no exit=-1 comm="till"\n'
    b'type=PATH msg=audit(1700000003.250:11): item=0 name="/opt/till/run" inode=7 nametype=NORMAL\n'
    b"type=FANOTIFY msg=audit(1700000003.250:11): resp=2 fan_type=1 fan_info=3 subj_trust=1 obj_trust=0"
)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "fapolicyd[9]: rule=13 dec=deny_audit perm=execute auid=1 exe=/usr/bin/bash : path=/srv/a ftype=x trust=0",
            Decision("execute", "bash", "/srv/a"),
        ),
        (
            "rule=7 dec=deny perm=open pid=2 exe=/usr/bin/python3.9 : path=/srv/a b.py",
            Decision("open", "python3.9", "/srv/a b.py"),
        ),
        (
            "dec=deny_syslog perm=any comm=till exe=/bin/x : path=/srv/trust=1 trust=0",
            Decision("any", "till", "/srv/trust=1"),
        ),
        ("rule=7 dec=deny perm=execute", Decision("execute")),
    ],
)
def test_the_daemon_s_own_lines(line: str, told: Decision) -> None:
    assert decided(line) == told


@pytest.mark.parametrize(
    "line",
    [
        "rule=9 dec=allow perm=execute exe=/usr/bin/bash : path=/srv/a",
        "rule=9 dec=allow_audit perm=execute exe=/usr/bin/bash : path=/srv/dec=deny",
        "dec=deny and nothing else",
        "decided=deny perm=execute",
    ],
)
def test_what_is_no_refusal(line: str) -> None:
    assert decided(line) is None


def test_a_record_has_its_event_s_program_and_path() -> None:
    records = [record for line in EVENT.split(b"\n") for record in split_records(line)]
    assert [recorded(one, records) for one in records] == [None, None, Decision("execute", "till", "/opt/till/run")]


@pytest.mark.parametrize(("response", "refused"), [(b"2", True), (b"deny", True), (b"1", False), (b"allow", False)])
def test_a_record_alone(response: bytes, refused: bool) -> None:
    records = split_records(b"type=FANOTIFY msg=audit(1700000003.250:11): resp=" + response)
    assert recorded(records[0], records) == (Decision() if refused else None)


@given(st.text(alphabet="decpath=: /rmxy\t", max_size=300))
def test_no_text_is_too_much(text: str) -> None:
    told = decided("dec=deny " + text)
    assert told is None or isinstance(told.path, str)
