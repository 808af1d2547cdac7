"""Parts of files: bisection by time, halves at line ends, chunks."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from avcdoctor.sources.ranges import Span, chunks, halves, whole, whole_lines, within

PAD = "x" * 400


def make(path: Path, times: List[int]) -> Span:
    text = "".join(f"type=CWD msg=audit({time}.000:{number}): {PAD}\n" for number, time in enumerate(times))
    path.write_text(text)
    return whole(str(path))


def text_of(span: Span) -> bytes:
    return b"".join(chunks(span))


def test_only_what_a_time_span_needs_is_left(tmp_path: Path) -> None:
    times = [1_700_000_000 + number for number in range(5000)]
    span = make(tmp_path / "log", times)
    part = within(span, 1_700_002_000_000, 1_700_002_100_000)
    kept = text_of(part)
    assert b"(1700002000." in kept
    assert b"(1700002100." in kept
    assert part.size < span.size / 5
    assert kept.startswith(b"type=CWD")
    assert kept.endswith(b"\n")


@pytest.mark.parametrize(("since", "until"), [(None, None), (None, 5), (1_800_000_000_000, None), (1, 2)])
def test_spans_beyond_the_log(tmp_path: Path, since: int, until: int) -> None:
    span = make(tmp_path / "log", [1_700_000_000 + number for number in range(3000)])
    part = within(span, since, until)
    assert part.size <= (span.size if since is None and until is None else 200_000)


def test_a_clock_that_was_set_back_is_read_in_full(tmp_path: Path) -> None:
    times = [1_700_000_000 + number for number in range(2000)]
    span = make(tmp_path / "log", times[1000:] + times[:1000])
    assert within(span, 1_700_001_500_000, None) == span


def test_halves_are_cut_at_a_line(tmp_path: Path) -> None:
    spans = [make(tmp_path / f"log{number}", [1_700_000_000] * (50 + number)) for number in range(3)]
    first, second = halves(spans)
    together = b"".join(map(text_of, first + second))
    assert together == b"".join(map(text_of, spans))
    assert all(text_of(span).endswith(b"\n") for span in first + second if span.size)
    assert abs(sum(s.size for s in first) - sum(s.size for s in second)) < 2000


def test_a_single_long_line_has_no_halves(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 100_000)
    first, second = halves([whole(str(log))])
    assert sum(span.size for span in first + second) == 100_000


def test_a_file_that_shrinks_ends_early(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a\n" * 10)
    assert text_of(Span(str(log), 0, 1000)) == b"a\n" * 10


@pytest.mark.parametrize(("text", "end"), [("a\nb\n", 4), ("a\nb", 2), ("a", 1), ("", 0), ("a\n" + "b" * 70000, 70002)])
def test_a_line_without_an_end_is_left_out(tmp_path: Path, text: str, end: int) -> None:
    (tmp_path / "log").write_text(text)
    assert whole_lines(whole(str(tmp_path / "log"))).end == end
