"""Rules of the packs become diagnoses; their sentences are filled with words from the log, quoted in commands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.diagnose.causes.rules import fill
from avcdoctor.host import Host
from avcdoctor.knowledge import load
from tests.denials import denied, incident_of, kinds, remedy_of

PACK = """
service: app
title: an application of our own
domains: [named_t]
rules:
  - id: APP001
    title: "{comm} wants {object}"
    cause: known-case
    because: >-
      {comm} is told to use {path}; look with `ls -Z {path}`.
    when:
      - {source: named_t, target: admin_home_t, class: file}
    remedies:
      - kind: app-fix
        steps: ["tell {comm} another place", "`ls -lZ {path}` shows what it is now"]
    warnings: ["the path was {path}"]
    see: [named(8)]
    examples:
      match: []
      benign: []
"""
LOG = denied("named_t", "admin_home_t", "file", "read", comm="named", path="/root/a b;reboot")


def test_a_rule_of_one_s_own_leads_and_is_filled_in(system: Host, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(PACK)
    known = load([tmp_path])
    assert [rule.id for rule in known.rules] == ["APP001"], known.errors
    incident = incident_of(LOG, system, known)
    assert incident.finding.rule == "APP001"
    assert incident.finding.title == "named wants /root/a b;reboot"
    assert kinds(incident)[0] == "app-fix"
    assert incident.finding.see == ("named(8)",)
    steps = [str(action.parameters["text"]) for action in remedy_of(incident, "app-fix").actions]
    assert steps == ["tell named another place", "`ls -lZ '/root/a b;reboot'` shows what it is now"]


def test_another_source_is_not_the_rule_s_matter(system: Host, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(PACK)
    log = denied("redis_t", "admin_home_t", "file", "read", comm="named", path="/root/a")
    assert incident_of(log, system, load([tmp_path])).finding.rule is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_word_in_a_command_stays_one_word(comm: str, path: str) -> None:
    filled = fill("see `ls -Z {path} {comm}` now", {"comm": comm, "path": path})
    assert filled.startswith("see `ls -Z ")
    assert filled.endswith("` now")
    assert shlex.split(filled[len("see `") : -len("` now")]) == [
        "ls",
        "-Z",
        path.replace("`", "?"),
        comm.replace("`", "?"),
    ]


def test_unknown_braces_and_words_from_the_log_stay_as_they_are() -> None:
    values = {"comm": "{path}", "path": "/etc/x"}
    assert fill("{comm} and {nothing} and awk '{print}'", values) == "{path} and {nothing} and awk '{print}'"


@pytest.mark.parametrize(
    "log",
    [
        denied("keepalived_t", "init_t", "unix_stream_socket", "connectto", comm="check", path="/run/x/sock"),
        denied("keepalived_t", "ping_exec_t", "file", "getattr", comm="check", path="/usr/bin/ping"),
    ],
    ids=["a socket", "a program"],
)
def test_what_a_script_touched_is_not_taken_for_the_script(system: Host, log: str) -> None:
    incident = incident_of(log, system)
    assert incident.finding.rule == "KEEPALIVED001"
    assert not [action for one in incident.remedies for action in one.actions if "path" in action.parameters]
