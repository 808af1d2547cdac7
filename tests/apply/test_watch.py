"""Watching for the same denial after a fix."""

from __future__ import annotations

from typing import Any, List

import pytest

from avcdoctor.apply.watch import relapse
from avcdoctor.model import Group, InputSummary, Reading
from avcdoctor.plan.choose import make_plan
from tests.apply.reports import boolean_incident, group, report

PLAN = make_plan(report(boolean_incident()))


def reader(*rounds: List[Group]) -> Any:
    left = list(rounds)
    asked: List[Any] = []

    def read(paths: Any, **options: Any) -> Reading:
        asked.append((paths, options))
        return Reading(tuple(left.pop(0) if left else []), InputSummary())

    read.asked = asked  # type: ignore[attr-defined] # what the test looks at afterwards
    return read


def test_the_same_denial_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    same = group("httpd_t", "postgresql_port_t", "tcp_socket", ("name_connect",))
    read = reader([], [same])
    found = relapse(PLAN, ["-", "audit.log"], 5, 30, read=read)
    assert found == "httpd_t postgresql_port_t:tcp_socket { name_connect }, 3 times"
    assert read.asked[0] == (["audit.log"], {"since": 5, "root": None})


def test_another_denial_does_not_count() -> None:
    other = group("httpd_t", "shadow_t", "file", ("read",))
    assert relapse(PLAN, [], 5, 0, read=reader([other])) is None
