"""The times before journal lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.parse.clocks import clock_of
from avcdoctor.read import read


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"1655000000.123456 web1 audit[7]: AVC avc: ", 1655000000123),
        (b"2022-06-12T02:13:20+0000 web1 audit[7]: ", 1655000000000),
        (b"2022-06-12T04:13:20.123456+02:00 web1 audit[7]: ", 1655000000123),
        (b"2022-06-12T02:13:20,5+00:00 audit: ", 1655000000500),
        (b"2022-06-12T02:13:20Z x", 1655000000000),
        (b"Sun 2022-06-12 02:13:20 UTC web1 audit[7]: ", 1655000000000),
        (b"Sun 2022-06-12 02:13:20 CEST web1 audit[7]: ", None),
        (b"Jun 12 02:13:20 web1 audit[7]: ", None),
        (b"[ 4711.000001] web1 audit[7]: ", None),
        (b"2022-13-12T02:13:20Z x", None),
        (b"", None),
    ],
)
def test_a_time_is_told_where_the_form_has_one(line: bytes, expected: object) -> None:
    assert clock_of(line) == expected


_VECTOR = 'avc:  denied  { read } for  pid=7 comm="a" scontext=u:r:a_t:s0 tcontext=u:r:b_t:s0 tclass=file permissive=0'


def test_a_span_leaves_out_what_a_journals_line_tells_to_be_earlier(tmp_path: Path) -> None:
    log = tmp_path / "journal.txt"
    log.write_text("".join(f"2022-06-12T02:13:{second}+0000 web1 audit[7]: AVC {_VECTOR}\n" for second in (20, 30)))
    summary = read([str(log)], since=1655000005000).summary
    assert (summary.denials, summary.first, summary.warnings) == (1, 1655000010000, ())


def test_what_has_no_time_is_left_in_a_span_and_that_is_said(tmp_path: Path) -> None:
    log = tmp_path / "journal.txt"
    log.write_text(f"Jun 12 02:13:20 web1 audit[7]: AVC {_VECTOR}\n")
    summary = read([str(log)], since=1655000005000).summary
    assert summary.denials == 1
    assert len(summary.warnings) == 1
    assert "--since" in summary.warnings[0]
    assert read([str(log)]).summary.warnings == ()
