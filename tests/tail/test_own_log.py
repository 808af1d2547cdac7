"""What tail is told of its log decides whether the files at hand are those the log is about."""

from __future__ import annotations

from typing import Any, List

import pytest

from avcdoctor import api
from avcdoctor.cli import main as command
from avcdoctor.errors import UsageError
from avcdoctor.host import Host
from avcdoctor.model import PolicyInfo, Reading, Report
from avcdoctor.tail.announcer import Speaker
from tests.denials import denied, reading_of


@pytest.mark.parametrize("own_log", [True, False])
def test_a_diagnosis_knows_whose_log_it_is(own_log: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: List[bool] = []

    def report(reading: Reading, _: Host, __: Any, *, own_log: bool) -> Report:
        asked.append(own_log)
        return Report(PolicyInfo("none", "none"), reading.summary, ())

    monkeypatch.setattr(api, "report", report)
    said: List[str] = []
    speaker = Speaker(said.append, as_json=False, policy="reference", rules=(), color=False, own_log=own_log)
    groups = reading_of(denied("httpd_t", "user_home_t", "file", "read", path="/var/www/html/a.html")).groups
    speaker.fresh(groups, groups)
    assert asked == [own_log]
    assert "httpd_t" in said[0]


@pytest.mark.parametrize(
    ("words", "expected"), [((), True), (("/var/log/audit/audit.log",), True), (("/tmp/copy.log",), False)]
)
def test_the_log_that_is_followed_says_whose_it_is(
    words: List[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: List[bool] = []

    def speaker(*_: Any, own_log: bool, **__: Any) -> None:
        told.append(own_log)
        raise UsageError("nothing is to be followed here")

    monkeypatch.setattr("avcdoctor.cli.work.tail.Speaker", speaker)
    assert command.main(["tail", *words]) == 2
    assert told == [expected]
