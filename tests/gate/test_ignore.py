"""Ignore files: a reason, a filter and a last day; every fault is told with its line."""

import datetime

import pytest

from avcdoctor.errors import InputError
from avcdoctor.gate import ignore
from tests.render import reports

TODAY = datetime.date(2026, 11, 29)
GOOD = """\
- reason: the backup reads everything, ticket 12
  source: httpd_t
  target: [shadow_t, "user_*"]
  class: file
  until: 2026-11-29
- reason: known since spring
  rule: KEEPALIVED001
"""


def written(tmp_path, text):
    path = tmp_path / "known.yaml"
    path.write_text(text)
    return path


def test_what_is_known_and_until_when(tmp_path):
    entries = ignore.load(written(tmp_path, GOOD))
    assert [entry.reason for entry in entries] == ["the backup reads everything, ticket 12", "known since spring"]
    assert entries[0].filters.target == ("shadow_t", "user_*")
    incidents = reports.full().incidents
    new, known = ignore.split(incidents, entries, TODAY)
    assert [one.id for one in known] == ["no5bad", "k3f9a1"]
    assert [one.id for one in new] == ["h05711", "ba4e00"]
    new, known = ignore.split(incidents, entries, TODAY + datetime.timedelta(days=1))
    assert [one.id for one in known] == ["k3f9a1"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("- reason: x\n", "1: an entry needs one of source, target, class"),
        ("- source: a_t\n", "1: 'reason' is missing"),
        ("- source: a_t\n  reason: ''\n", "2: the reason is empty"),
        ("- source: a_t\n  reason: x\n  until: soon\n", "3: 'until' is a day"),
        ("- source: a_t\n  reason: x\n  sorce: b\n", "3: unknown field 'sorce'"),
        ("- remedy-kind: modul\n  reason: x\n", "1: there is no remedy kind 'modul'"),
        ("- source: a_t\n  reason: x\n- {}\n", "3: 'reason' is missing"),
        ("a: b\n", "1: a list is needed here"),
        ("- [\n", "is no YAML"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path, text, fault):
    with pytest.raises(InputError) as caught:
        ignore.load(written(tmp_path, text))
    assert fault in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        ignore.load(tmp_path / "none")


def test_an_empty_file_knows_nothing(tmp_path):
    assert ignore.load(written(tmp_path, "# nothing yet\n")) == ()


def test_a_new_target_beside_a_known_one_is_shown(tmp_path):
    incidents = reports.full().incidents
    some = "- {reason: x, source: keepalived_t, target: ping_exec_t}\n"
    assert ignore.split(incidents, ignore.load(written(tmp_path, some)), TODAY)[1] == []
    rest = some + "- {reason: y, source: keepalived_t, target: '*_exec_t'}\n"
    assert [one.id for one in ignore.split(incidents, ignore.load(written(tmp_path, rest)), TODAY)[1]] == ["k3f9a1"]


def test_what_was_written_knows_what_was_there_and_nothing_else(tmp_path):
    incidents = reports.full().incidents
    entries = ignore.load(written(tmp_path, ignore.written(incidents[:2])))
    new, known = ignore.split(incidents, entries, TODAY)
    assert [one.id for one in known] == [one.id for one in incidents[:2]]
    assert [one.id for one in new] == [one.id for one in incidents[2:]]
    assert ignore.load(written(tmp_path, ignore.written([]))) == ()
