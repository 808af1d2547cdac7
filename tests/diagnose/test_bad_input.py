"""Logs of other kernels, other distributions and broken hands: told, never a traceback, never an empty answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host
from avcdoctor.knowledge import load
from tests.denials import denied, explained, incident_of, only
from tests.remedies.corpus import faults

WEIRD = {
    "types unknown to the policy": denied("strange_t", "odd_file_t", "file", "read", comm="strange", name="a"),
    "only the target unknown": denied("httpd_t", "odd_file_t", "file", "read", comm="httpd", path="/srv/a"),
    "no level": denied("system_u:system_r:httpd_t", "system_u:object_r:user_home_t", "file", "read", path="/var/www/a"),
    "a level on one side": denied("system_u:system_r:httpd_t:s0", "system_u:object_r:user_home_t", "file", "read"),
    "a level the policy lacks": denied("system_u:system_r:httpd_t:s15:c2000", "user_home_t", "file", "read", name="a"),
    "a translated level": denied("system_u:system_r:httpd_t:SystemLow-SystemHigh", "user_home_t", "file", "read"),
    "a user and role the policy lacks": denied("jo_u:odd_r:httpd_t:s0", "user_home_t", "file", "read", name="a"),
    "a class of another kernel": denied("httpd_t", "httpd_t", "quantum_socket", "entangle", comm="httpd"),
    "a permission of another kernel": denied("httpd_t", "etc_t", "file", "levitate", comm="httpd", name="a"),
    "a permission as a number": denied("httpd_t", "etc_t", "file", "0x400000", comm="httpd", name="a"),
    "no permission at all": denied("httpd_t", "etc_t", "file", "", comm="httpd", name="a"),
    "types with odd characters": denied("a.b-c_t", "system_u:object_r:x(y)z:s0", "file", "read", comm="a"),
    "a very long name": denied("httpd_t", "etc_t", "file", "read", comm="httpd", path="/" + "a" * 5000),
    "bytes that are no text": denied("httpd_t", "etc_t", "file", "read", comm="httpd", path="/srv/\udcff\udcfe"),  # type: ignore[arg-type]
    "dots in a path": denied("httpd_t", "user_home_t", "file", "read", comm="httpd", path="/var/www/../../etc/x"),
    "a device as root": denied("httpd_t", "user_home_t", "dir", "read", comm="httpd", path="/"),
}


@pytest.mark.parametrize(
    "host", ["system", pytest.param("debian_system", marks=pytest.mark.policy), "log_alone", "no_policy"]
)
@pytest.mark.parametrize("name", WEIRD)
def test_there_is_always_an_answer(request: pytest.FixtureRequest, name: str, host: str) -> None:
    machine: Host = request.getfixturevalue(host)
    report = explained(WEIRD[name], machine)
    assert sum(one.denials for one in report.incidents) + report.input.unreadable == 1
    for incident in report.incidents:
        assert faults(incident) == []


@pytest.mark.parametrize(
    "line",
    [
        "type=AVC msg=audit(1767225601.000:1): avc:  denied  { read } for  pid=1 comm=\"a\" scontext=httpd_t "
        "tcontext=system_u:object_r:etc_t:s0 tclass=file permissive=0\n",
        "type=AVC msg=audit(1767225601.000:1): avc:  denied  { read } for  pid=1 comm=\"a\" ssid=4711 "
        "tcontext=system_u:object_r:etc_t:s0 tclass=file permissive=0\n",
        'type=AVC msg=audit(1767225601.000:1): avc:  denied  { read } for  pid=1 comm="a" scontext=system_u:sys\n',
    ],
    ids=["no context", "a number for a context", "cut short"],
)  # fmt: skip
def test_what_cannot_be_read_is_counted_and_shown(system: Host, line: str) -> None:
    report = explained(line, system)
    assert report.input.unreadable == 1
    assert report.input.unreadable_examples[0].reason
    assert report.incidents == ()


def test_types_of_another_distribution_are_named(system: Host) -> None:
    report = explained(WEIRD["types unknown to the policy"], system)
    assert report.policy.unknown_types == ("odd_file_t", "strange_t")
    assert only(report).remedies[0].simulation.after != "allowed"


RULE = """
service: {service}
title: {service}
domains: [{domain}]
rules:
  - id: {id}
    title: "{title}"
    cause: known-case
    because: A reason in one sentence.
    when:
      - {{source: redis_t, target: named_conf_t, class: file}}
    remedies:
      - kind: app-fix
        steps: ["{title}"]
    examples:
      match: []
      benign: []
"""
LOG = denied("redis_t", "named_conf_t", "file", "read", comm="redis-server", path="/etc/named.conf")


def test_rule_packs_that_contradict_each_other_are_told(system: Host, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(RULE.format(service="one", domain="redis_t", id="ONE001", title="do this"))
    (tmp_path / "two.yaml").write_text(RULE.format(service="two", domain="named_t", id="TWO001", title="do that"))
    known = load([tmp_path])
    report = explained(LOG, system, known)
    assert only(report).finding.rule == "ONE001", known.errors
    assert faults(only(report)) == []


def test_two_packs_with_one_rule_id_are_told(system: Host, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(RULE.format(service="one", domain="redis_t", id="ONE001", title="do this"))
    (tmp_path / "two.yaml").write_text(RULE.format(service="two", domain="named_t", id="ONE001", title="do that"))
    report = explained(LOG, system, load([tmp_path]))
    assert any("ONE001" in warning for warning in report.warnings)
    assert only(report).remedies


def test_a_broken_pack_is_told_and_the_others_are_used(system: Host, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(RULE.format(service="one", domain="redis_t", id="ONE001", title="do this"))
    (tmp_path / "two.yaml").write_text("service: [")
    report = explained(LOG, system, load([tmp_path]))
    assert only(report).finding.rule == "ONE001"
    assert any("two.yaml" in warning for warning in report.warnings)


def test_nothing_denied_is_no_incident(system: Host) -> None:
    granted = 'type=AVC msg=audit(1767225601.000:1): avc:  granted  { setenforce } for  pid=1 comm="a" '
    granted += (
        "scontext=unconfined_u:unconfined_r:unconfined_t:s0 tcontext=system_u:object_r:security_t:s0 tclass=security\n"
    )
    report = explained(granted, system)
    assert report.incidents == ()
    assert report.input.granted == 1


def test_a_rule_that_matches_nothing_leaves_the_causes_alone(system: Host, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(RULE.format(service="one", domain="redis_t", id="ONE001", title="do this"))
    log = denied("redis_t", "sshd_key_t", "dir", "search", comm="redis-server", name="ssh")
    assert incident_of(log, system, load([tmp_path])).finding.rule is None
