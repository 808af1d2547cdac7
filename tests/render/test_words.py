from dataclasses import replace

import pytest

from avcdoctor.model import Counted, Group, InputSummary, Known, PolicyInfo, Report
from avcdoctor.render import words
from tests.render import reports

DAY = 24 * reports.HOUR


def group(**changes):
    return replace(Group("a_t", "b_t", "file", {"read": 1}, 4), **changes)


@pytest.mark.parametrize(
    ("first", "last", "with_day", "said"),
    [
        (None, None, True, ""),
        (reports.MOMENT, reports.MOMENT, False, "09:04:02"),
        (reports.MOMENT, reports.MOMENT + 500, True, "2025-08-12 09:04:02"),
        (reports.MOMENT, reports.MOMENT + reports.HOUR, False, "09:04:02 .. 10:04:02"),
        (reports.MOMENT, reports.MOMENT + DAY, True, "2025-08-12 09:04:02 .. 2025-08-13 09:04:02"),
    ],
)
def test_time_range(first, last, with_day, said):
    assert words.time_range(first, last, with_day=with_day) == said


def test_iso_keeps_milliseconds_before_the_epoch_too():
    assert words.iso(reports.MOMENT) == "2025-08-12T09:04:02.101Z"
    assert words.iso(-1) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("permissive", "said"),
    [(0, "blocked"), (4, "permissive: logged, not blocked"), (1, "3 blocked, 1 permissive (only logged)")],
)
def test_outcome(permissive, said):
    assert words.outcome([group(permissive=permissive)]) == said


@pytest.mark.parametrize(
    ("successes", "said"),
    [((True, True), "logged, yet the call succeeded"), ((True, False), "blocked"), ((True,), "blocked")],
    ids=["all", "not all", "not all are kept"],
)
def test_what_succeeded_in_spite_of_its_denial_was_not_blocked(successes, said):
    examples = tuple(replace(reports.denial(number, "/etc/a"), success=one) for number, one in enumerate(successes))
    assert words.outcome([group(count=2, examples=examples)]) == said


def test_a_bare_name_becomes_the_path_of_an_example():
    example = replace(reports.denial(1, "/srv/www/index.html"), name="index.html")
    seen = (Counted("index.html", 2), Counted("other.html", 1), Counted("/srv/www/index.html", 1))
    assert words.objects(group(objects=seen, examples=(example,))) == ["/srv/www/index.html", "other.html"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/usr/bin/ping", "/usr/bin/ping"),
        ("a b", "'a b'"),
        ("", "''"),
        ("a;b", "'a;b'"),
        (r"a\x1bb", r"a\x1bb"),
        ("a\tb", r"a\tb"),
    ],
)
def test_name_word(name, shown):
    assert words.name_word(name) == shown


@pytest.mark.parametrize(("limit", "shown"), [(None, ("a", "b", "c")), (3, ("a", "b", "c")), (1, ("a", "and 2 more"))])
def test_some(limit, shown):
    assert words.some(["a", "b", "c"], limit) == shown


def test_input_sentence_counts_what_was_left_out():
    summary = InputSummary(("a.log",), 1200, 3, granted=2, unreadable=1)
    assert words.input_sentence(summary, 2) == (
        "read 1,200 records from a.log: 3 denials in 2 incidents; 2 accesses granted; 1 line that could not be read"
    )
    assert words.input_sentence(InputSummary(), 0) == "read 0 records from the input: 0 denials"
    scanned = InputSummary(("a.log",), 3, 3, scanned=1_234_567_890)
    assert words.input_sentence(scanned, 1) == "read 1,234.6 MB from a.log: 3 denials in 1 incident"


def test_policy_sentence():
    assert "not checked" in words.policy_sentence(PolicyInfo("none", ""))
    known = PolicyInfo("file", "the policy x", unknown_types=tuple("abcdef"))
    assert words.policy_sentence(known) == "Verdicts from the policy x. It does not know a, b, c, d, and 2 more."


def test_a_module_that_is_shown_is_not_said_again():
    module = reports.script_incident().remedies[2]
    grants = ("allow keepalived_t ping_exec_t:file { getattr };", "for every program in keepalived_t")
    assert words.grants_beside_module(replace(module, grants=grants)) == [
        "these rules for every program in keepalived_t"
    ]
    assert words.grants_beside_module(replace(module, grants=grants, actions=())) == list(grants)


def test_the_policy_that_was_asked_is_named_where_it_is_another():
    incident, policy = reports.script_incident(), reports.full().policy
    said = words.other_policy(incident, policy)
    assert said.startswith(
        "against avcdoctor's reference policy, since Debian's default policy (version 33) does not know"
    )
    assert said.endswith("know keepalived_t, ping_exec_t")
    same = replace(policy, name="avcdoctor's reference policy", unknown_types=())
    assert words.other_policy(replace(incident, remedies=incident.remedies[:1]), same) == ""


def test_the_journal_is_no_file_name():
    said = words.input_sentence(InputSummary(files=("the journal", "a journal"), records=1), 0)
    assert said == "read 1 record from the journal, 'a journal': 0 denials"


def test_an_input_without_records_is_not_called_clean():
    def said(summary, **known):
        return words.nothing(Report(PolicyInfo("none", "no policy"), summary, (), known=Known(**known)))

    assert said(InputSummary(records=3)) == "nothing was denied"
    assert said(InputSummary()) == "the input holds no audit records"
    assert said(InputSummary(scanned=1_000_000)) == "nothing was denied"
    assert said(InputSummary(records=3, unreadable=2)) == "no denial could be read, 2 lines could not"
    assert said(InputSummary(records=3), ignored=2, ignored_denials=9, baseline=1, baseline_denials=1) == (
        "nothing else was denied: 2 incidents with 9 denials ignored, 1 incident with 1 denial in the baseline"
    )
    assert said(InputSummary(records=3), filtered=4) == "nothing else was denied: 4 incidents not asked for"
