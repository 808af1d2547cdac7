"""A fix acts on what the kernel and known object managers told, and on anybody's text only when asked to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Dict, List

import pytest

from avcdoctor.errors import DeclinedError
from avcdoctor.model import KERNEL, MANAGER, TEXT, Group, Incident
from avcdoctor.plan import file as plan_file
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.model import Plan
from avcdoctor.plan.trust import check_told, check_trust
from avcdoctor.read import read
from tests.apply.reports import label_incident, report

VECTOR = (
    'avc:  denied  { read } for  pid=7 comm="nginx" path="/srv/key" dev="vda" ino=11 '
    "scontext=system_u:system_r:httpd_t:s0 tcontext=system_u:object_r:default_t:s0 tclass=file permissive=0"
)
RAW = f"type=AVC msg=audit(1700000000.100:9): {VECTOR}"
PRINTED = f"audit: type=1400 audit(1700000000.100:9): {VECTOR}"
MESSAGE = (
    "type=USER_AVC msg=audit(1700000000.100:9): pid=%d uid=0 auid=4294967295 ses=1 subj=%s "
    "msg='avc:  denied  { status } for  scontext=u:r:user_t:s0 tcontext=u:object_r:unit_t:s0 tclass=service "
    'permissive=0 exe="/x" sauid=0 hostname=? addr=? terminal=?\''
)


def entry(**fields: str) -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": "1700000000100000", **fields})


TOLD: Dict[str, List[str]] = {
    KERNEL: [
        f"{RAW}\n",
        f"node=web1 {RAW}\n",
        f"----\ntime->Tue Nov 14 22:13:20 2023\n{RAW}\n",
        entry(_TRANSPORT="kernel", SYSLOG_IDENTIFIER="kernel", MESSAGE=PRINTED),
        entry(
            _TRANSPORT="audit",
            _AUDIT_TYPE_NAME="AVC",
            _AUDIT_ID="9",
            _SOURCE_REALTIME_TIMESTAMP="1700000000100000",
            _UID="1000",
            MESSAGE=f"AVC {VECTOR}",
        ),
    ],
    MANAGER: [
        MESSAGE % (1, "u:r:whatever_t:s0"),
        MESSAGE % (700, "system_u:system_r:system_dbusd_t:s0-s0:c0.c1023"),
        MESSAGE % (700, "system_u:system_r:init_t:s0"),
    ],
    TEXT: [
        f"Nov 28 10:00:00 host sshd[4242]: Invalid user {VECTOR} from 192.0.2.7 port 5\n",
        f"Nov 28 10:00:00 host kernel: {PRINTED}\n",
        f"Nov 28 10:00:00 host bob: {RAW}\n",
        f"Nov 28 10:00:00 host app: started\n{RAW}\n",
        f"[  12.5] {PRINTED}\n",
        f"  {RAW}\n",
        f"> {RAW}\n",
        f"{VECTOR}\n",
        f"{RAW.replace('1700000000.100:9', '11/14/2023 22:13:20.100:9')}\n".replace("): avc", ") : avc"),
        entry(_TRANSPORT="syslog", _UID="1000", _COMM="logger", MESSAGE=VECTOR),
        entry(_TRANSPORT="syslog", _UID="0", MESSAGE=RAW),
        entry(_TRANSPORT="stdout", _UID="0", SYSLOG_IDENTIFIER="kernel", MESSAGE=PRINTED),
        entry(_TRANSPORT="kernel", SYSLOG_IDENTIFIER="bob", MESSAGE=PRINTED),
        entry(_TRANSPORT="kernel", SYSLOG_IDENTIFIER="kernel", MESSAGE=f"usb 1-1: Product: {PRINTED}"),
        entry(_AUDIT_TYPE_NAME="AVC", _AUDIT_ID="9", MESSAGE=RAW),
        MESSAGE % (700, "system_u:system_r:container_t:s0:c1,c2"),
        MESSAGE.replace("subj=%s ", "") % 700,
    ],
}
CASES = [(told, text) for told, texts in TOLD.items() for text in texts]


@pytest.mark.parametrize(("told", "text"), CASES)
def test_who_tells_a_denial(told: str, text: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(text)
    reading = read([str(log)])
    assert reading.summary.provenance == {told: 1}
    assert [group.provenance for group in reading.groups] == [told]
    assert len(reading.vouched().groups) == (told != TEXT)


def test_what_stands_behind_a_record_on_its_line_is_text(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{RAW} {RAW.replace('/srv/key', '/srv/other')}\n{RAW}\n")
    told = {group.provenance: [item.value for item in group.objects] for group in read([str(log)]).groups}
    assert told == {KERNEL: ["/srv/key"], TEXT: ["/srv/other"]}


def test_a_text_adds_nothing_to_an_event_of_the_kernel(tmp_path: Path) -> None:
    """The same time and number: its path stays its own."""
    raw, forged = tmp_path / "audit.log", tmp_path / "syslog"
    raw.write_text(RAW.replace(' path="/srv/key"', ' name="key"') + "\n")
    stamp = "audit(1700000000.100:9)"
    forged.write_text(f'x: type=PATH msg={stamp}: item=0 name="/etc/key" inode=11 nametype=NORMAL\n')
    (group,) = read([str(forged), str(raw)]).groups
    assert group.provenance == KERNEL
    assert group.examples[0].raw_path == ""


def plan_told_by(provenance: str) -> Plan:
    made: Incident = label_incident()
    groups = tuple(replace(group, provenance=provenance) for group in made.finding.groups)
    return make_plan(report(replace(made, finding=replace(made.finding, groups=groups))))


@pytest.mark.parametrize("told", [KERNEL, MANAGER])
def test_what_is_vouched_for_is_acted_upon(told: str) -> None:
    check_trust(plan_told_by(told))


def test_text_is_refused_also_from_a_saved_plan(tmp_path: Path) -> None:
    plan = plan_told_by(TEXT)
    with pytest.raises(DeclinedError, match="text that anybody could have written") as refused:
        check_trust(plan)
    assert refused.value.exit_code == 7
    saved = tmp_path / "plan.json"
    saved.write_text(json.dumps(plan_file.to_document(plan)))
    with pytest.raises(DeclinedError):
        check_trust(plan_file.load(str(saved)))
    without = replace(plan, steps=tuple(replace(step, groups=()) for step in plan.steps))
    with pytest.raises(DeclinedError):
        check_trust(without)


def test_what_is_left_out_is_said() -> None:
    assert check_told({KERNEL: 3}) == ""
    assert "2 denials are told only by text" in check_told({KERNEL: 3, TEXT: 2})
    with pytest.raises(DeclinedError, match="not by an audit trail"):
        check_told({TEXT: 1})


def test_a_group_is_text_until_somebody_vouches_for_it() -> None:
    assert Group("a_t", "b_t", "file", {"read": 1}, 1).provenance == TEXT
