"""Bars for a picture of when things were denied: the groups' own counts, put together."""

from __future__ import annotations

from typing import Dict, Iterable, Mapping, NamedTuple, Sequence, Tuple

from avcdoctor.group.timeline import Timeline
from avcdoctor.model import Buckets, Incident
from avcdoctor.render.across import arrivals
from avcdoctor.render.rank import DANGER, rank
from avcdoctor.render.words import minute, plural

_WIDTH, _HEIGHT = 640.0, 80.0


class Bar(NamedTuple):
    """One bar: its place, how high it is, how much of it is danger, and what it says."""

    x: float
    y: float
    height: float
    danger: float
    words: str


class Picture(NamedTuple):
    """The bars, the size of the picture and of one bar, and what to write below."""

    bars: Tuple[Bar, ...]
    width: float = _WIDTH
    height: float = _HEIGHT
    bar: float = 0.0
    first: str = ""
    last: str = ""
    words: str = ""


def picture(incidents: Sequence[Incident]) -> Picture:
    """The picture for incidents; without bars where their log has no times."""
    every = _together(incidents)
    dangers = _on(_together(one for one in incidents if rank(one) is DANGER), every.width)
    return _drawn(every, dangers, "denial", "denials by time")


def hosts_picture(incidents: Sequence[Incident]) -> Picture:
    """When hosts had their first denial; without bars where fewer than two are known."""
    every = arrivals(incidents)
    if sum(count for _, count in every.counts) < 2:
        return Picture(())
    return _drawn(every, {}, "host", "hosts by the time of their first denial")


def _drawn(every: Buckets, dangers: Mapping[int, int], noun: str, what: str) -> Picture:
    if not every.counts:
        return Picture(())
    start, end = every.counts[0][0], every.counts[-1][0]
    places = (end - start) // every.width + 1
    room = _WIDTH / places
    highest = max(count for _, count in every.counts)
    bars = []
    for begin, count in every.counts:
        height = max(2.0, _HEIGHT * 0.95 * count / highest)
        danger = height * dangers.get(begin, 0) / count
        times = f"{minute(begin)}: {plural(count, noun)}"
        if danger:
            times += f", {dangers[begin]:,} of them dangerous"
        x = room * ((begin - start) // every.width)
        bars.append(Bar(round(x, 2), round(_HEIGHT - height, 2), round(height, 2), round(danger, 2), times))
    return Picture(
        tuple(bars),
        bar=round(min(room * 0.9, 40.0), 2),
        first=minute(start),
        last=minute(end + every.width),
        words=f"{what}: a bar is {_length(every.width)}, the highest is {highest:,}",
    )


def _together(incidents: Iterable[Incident]) -> Buckets:
    timeline = Timeline()
    for incident in incidents:
        for group in incident.finding.groups:
            timeline.merge(Timeline.of(group.times))
    return timeline.buckets()


def _on(buckets: Buckets, width: int) -> Dict[int, int]:
    """Counts by the beginnings of longer stretches."""
    found: Dict[int, int] = {}
    for begin, count in buckets.counts:
        found[begin // width * width] = found.get(begin // width * width, 0) + count
    return found


def _length(milliseconds: int) -> str:
    """A length of time in the largest unit in which it is not too small."""
    for size, name in ((86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute")):
        if milliseconds >= 2 * size:
            return f"{milliseconds / size:.0f} {name}s"
    return f"{milliseconds // 1000} seconds"
