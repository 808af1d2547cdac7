"""What counts, and the exit code: what could not be looked at is never fine."""

import datetime
from dataclasses import replace

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.gate.filters import Filters
from avcdoctor.gate.verdict import counted, exit_code
from avcdoctor.model import InputSummary, Known
from avcdoctor.render.json import json
from tests.render import reports

CLEAN = InputSummary(("a.log",), records=12)


def test_known_ones_are_counted(tmp_path):
    ignore, baseline = tmp_path / "known.yaml", tmp_path / "old.json"
    ignore.write_text("- {reason: x, target: shadow_t}\n- {reason: old, source: foo_t, until: 2020-01-01}\n")
    baseline.write_text(json(reports.single()))
    report = counted(reports.full(), None, ignore, baseline, datetime.date(2026, 1, 1))
    assert [one.id for one in report.incidents] == ["h05711", "ba4e00"]
    assert report.known == Known(ignored=1, ignored_denials=1, baseline=1, baseline_denials=198)
    assert any("known.yaml:2: the entry ran out on 2020-01-01: old" in warning for warning in report.warnings)


def test_filters_are_counted_and_an_unknown_incident_is_told():
    assert counted(reports.full(), Filters(source=("httpd_t",))).known.filtered == 2
    with pytest.raises(UsageError, match="no incident 'zz'"):
        counted(reports.full(), Filters(incident=("zz",)))


@pytest.mark.parametrize(
    ("summary", "incidents", "code", "at_most_zero"),
    [
        (CLEAN, False, 0, 0),
        (CLEAN, True, 1, 0),
        (InputSummary(scanned=1 << 20), False, 0, 0),
        (InputSummary(), False, 3, 3),
        (replace(CLEAN, unreadable=1), False, 3, 3),
        (replace(CLEAN, unreadable=1), True, 1, 3),
        (replace(CLEAN, failed=("b.log: gone",)), False, 3, 3),
        (replace(CLEAN, failed=("b.log: gone",)), True, 3, 3),
    ],
)
def test_exit_codes(summary, incidents, code, at_most_zero):
    report = replace(reports.full() if incidents else reports.nothing(), input=summary)
    assert exit_code(report) == code
    assert exit_code(report, exit_zero=True) == at_most_zero
