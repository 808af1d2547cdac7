"""AppArmor's records are read whatever printed them; notices and other text are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.parse.apparmor import apparmor_record

OPEN = 'apparmor="DENIED" operation="open" profile="/usr/sbin/tally" name={} pid=4 comm={} requested_mask="r"'


@pytest.mark.parametrize(
    ("name", "target"),
    [('"/srv/a"', "/srv/a"), ("2F7372762F6120622E747874", "/srv/a b.txt"), ('"/srv/x=1 y"', "/srv/x=1 y")],
)
def test_what_was_asked_for(name: str, target: str) -> None:
    record = apparmor_record("audit: type=1400 audit(1.2:3): " + OPEN.format(name, '"tally"'))
    assert record is not None
    assert (record.target, record.profile, record.allowed) == (target, "/usr/sbin/tally", False)
    assert record.fields["requested_mask"] == "r"


def test_names_in_hexadecimal() -> None:
    record = apparmor_record(OPEN.format('"/a"', "612062").replace('"/usr/sbin/tally"', "2F6F70742F612062"))
    assert record is not None
    assert (record.profile, record.fields["comm"]) == ("/opt/a b", "a b")


def test_the_bus_has_a_label() -> None:
    record = apparmor_record(
        'type=USER_AVC msg=audit(1.2:3): pid=2 msg=\'apparmor="DENIED" operation="dbus_method_call" bus="system" '
        'path="/org/example/Till" name=":1.5" mask="send" label="snap.till.till" exe="/usr/bin/dbus-daemon"\''
    )
    assert record is not None
    assert (record.profile, record.target, record.fields["path"]) == ("snap.till.till", ":1.5", "/org/example/Till")


def test_a_capability() -> None:
    record = apparmor_record('apparmor="DENIED" operation="capable" profile="till" capability=12 capname="net_admin"')
    assert record is not None
    assert record.target == "net_admin"


@pytest.mark.parametrize(
    "quoted",
    [
        r"apparmor=\"DENIED\" operation=\"open\" profile=\"till\" name=\"/a\"",
        "apparmor='DENIED' operation='open' profile='till' name='/a'",
        "apparmor=DENIED operation=open profile=till name=/a",
    ],
)
def test_other_quotes(quoted: str) -> None:
    record = apparmor_record(quoted)
    assert record is not None
    assert (record.fields["operation"], record.profile, record.target) == ("open", "till", "/a")


@pytest.mark.parametrize(("verdict", "allowed"), [("ALLOWED", True), ("DENIED", False), ("KILLED", False)])
def test_complain_mode_allows(verdict: str, allowed: bool) -> None:
    record = apparmor_record(f'apparmor="{verdict}" operation="open"')
    assert record is not None
    assert record.allowed is allowed


@pytest.mark.parametrize(
    "line",
    [
        'apparmor="STATUS" operation="profile_load" profile="unconfined"',
        'apparmor="AUDIT" operation="open" profile="till" name="/a"',
        "kernel parameter apparmor=1",
        "avc:  denied  { read } for  pid=1 scontext=a:b:c_t tcontext=a:b:d_t tclass=file",
    ],
)
def test_what_is_no_decision(line: str) -> None:
    assert apparmor_record(line) is None


@given(st.text(max_size=200))
def test_any_text_is_read_and_safe(rest: str) -> None:
    record = apparmor_record('apparmor="DENIED" ' + rest)
    assert record is not None
    assert all(value.isprintable() for value in record.fields.values())
