"""Denials by time: bounded, exact, and the same in whatever order and parts they come."""

from __future__ import annotations

from typing import List

from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.group.timeline import MOST, SHORTEST, Timeline
from avcdoctor.model import Buckets

MOMENTS = st.lists(st.integers(0, 9_999_999_999_999), max_size=40)


def of(moments: List[int]) -> Timeline:
    timeline = Timeline()
    for moment in moments:
        timeline.add(moment)
    return timeline


def test_an_hour_has_stretches_of_100_seconds() -> None:
    start = 1_754_989_400_000
    found = of([start, start + 5_000, start + 3_600_000]).buckets()
    assert found == Buckets(100_000, ((start, 2), (start + 3_600_000, 1)))


def test_a_day_has_longer_ones() -> None:
    start = 1_754_956_800_000
    found = of([start, start + 86_399_999]).buckets()
    assert found.width == 16 * SHORTEST
    assert [count for _, count in found.counts] == [1, 1]


def test_no_time_is_not_counted() -> None:
    timeline = Timeline()
    timeline.add(None)
    assert timeline.buckets() == Buckets(SHORTEST, ())


@given(MOMENTS, MOMENTS)
def test_parts_and_order_make_no_difference(some: List[int], others: List[int]) -> None:
    whole = of([*some, *others]).buckets()
    merged, reverse = of(some), of(others[::-1])
    merged.merge(of(others))
    reverse.merge(of(some[::-1]))
    assert merged.buckets() == reverse.buckets() == whole
    assert sum(count for _, count in whole.counts) == len(some) + len(others)
    if whole.counts:
        assert (whole.counts[-1][0] - whole.counts[0][0]) // whole.width < MOST
