"""What a host sends is small, holds no record of the log, and is read back as what it is."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import List, Tuple

import jsonschema

import avcdoctor.render
from avcdoctor import api
from avcdoctor.fleet.reports import load
from avcdoctor.model import Incident
from avcdoctor.render.collected import collected
from tests.render import reports

SCHEMA = json.loads((Path(avcdoctor.render.__file__).parent / "report.schema.json").read_text())
LOG = Path(__file__).parents[2] / "samples/keepalived/audit.log"
SOURCES = ("httpd_t", "named_t", "postfix_smtpd_t", "sshd_t", "keepalived_t", "mysqld_t", "chronyd_t", "crond_t")
TARGETS = (
    ("default_t", "file", "read"), ("etc_t", "file", "write"), ("var_t", "dir", "write"), ("tmp_t", "file", "create"),
    ("mysqld_port_t", "tcp_socket", "name_connect"), ("usr_t", "dir", "add_name"), ("bin_t", "file", "setattr"),
)  # fmt: skip


def test_no_record_is_sent_and_the_schema_holds() -> None:
    value = json.loads(gzip.decompress(collected(reports.full())))
    jsonschema.validate(value, SCHEMA)
    assert "msg=audit" not in json.dumps(value)
    assert value["input"]["files"] == []


def test_the_same_report_gives_the_same_bytes() -> None:
    assert collected(reports.full()) == collected(reports.full())


def test_what_is_sent_is_read_back() -> None:
    sent = api.explain([str(LOG)], policy="reference")
    back = load(collected(sent), "web1.json.gz")
    for mine, theirs in zip(sent.incidents, back.incidents):
        assert (mine.finding.title, mine.finding.why, mine.denials) == (
            theirs.finding.title, theirs.finding.why, theirs.denials
        )  # fmt: skip
        assert [one.title for one in mine.remedies] == [one.title for one in theirs.remedies]
        assert commands(mine) == commands(theirs)  # derived anew from what the actions need


def commands(incident: Incident) -> List[Tuple[str, Tuple[str, ...]]]:
    return [(action.do, action.argv) for remedy in incident.remedies for action in remedy.actions]


def test_fifty_groups_take_less_than_twenty_kilobytes(tmp_path: Path) -> None:
    lines = []
    pairs = [(source, target) for source in SOURCES for target in TARGETS][:50]
    for number, (source, (target, tclass, permission)) in enumerate(pairs * 5):
        stamp = f"msg=audit({1700000000 + 37 * number}.{number:03d}:{number})"
        lines.append(
            f"type=AVC {stamp}: avc:  denied  {{ {permission} }} for  pid={number} "
            f'comm="{source[:6]}" name="n{number}" '
            f'dev="dm-0" ino={977 * number} scontext=system_u:system_r:{source}:s0 '
            f"tcontext=system_u:object_r:{target}:s0 tclass={tclass} permissive=0\n"
            f'type=PATH {stamp}: item=0 name="/srv/data{number}/n{number}" inode={977 * number} dev=fd:00 mode=0100644 '
            f"ouid=0 ogid=0 rdev=00:00 obj=system_u:object_r:{target}:s0 nametype=NORMAL\n"
        )
    log = tmp_path / "audit.log"
    log.write_text("".join(lines))
    report = api.explain([str(log)], policy="reference")
    assert sum(len(one.finding.groups) for one in report.incidents) == 50
    assert len(collected(report)) < 20_000
