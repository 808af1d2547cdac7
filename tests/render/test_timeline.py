"""The picture of when things were denied: bars for every count, in one width."""

from dataclasses import replace

from avcdoctor.model import Buckets
from avcdoctor.render.timeline import picture
from tests.render import reports

HOUR = reports.HOUR


def seen(incident, width, *counts):
    groups = tuple(replace(group, times=Buckets(width, counts)) for group in incident.finding.groups[:1])
    return replace(incident, finding=replace(incident.finding, groups=groups))


def test_widths_are_made_equal_and_danger_is_told():
    short = seen(reports.bare_incident(), 100_000, (1_600_000_000_000, 3), (1_600_000_100_000, 1))
    long = seen(reports.refused_incident(), 1_600_000, (1_600_000_000_000, 4))
    drawn = picture([short, long])
    assert [bar.words for bar in drawn.bars] == ["2020-09-13 12:26: 8 denials, 4 of them dangerous"]
    assert drawn.words == "denials by time: a bar is 27 minutes, the highest is 8"
    assert drawn.bars[0].danger == drawn.bars[0].height / 2


def test_bars_stand_where_their_time_is():
    drawn = picture([seen(reports.bare_incident(), 100_000, (0, 1), (300_000, 10))])
    assert [bar.x for bar in drawn.bars] == [0.0, 480.0]
    assert drawn.bars[1].height == 10 * drawn.bars[0].height
    assert drawn.words.startswith("denials by time: a bar is 100 seconds")


def test_without_times_there_are_no_bars():
    assert picture([reports.bare_incident()]).bars == ()
    assert picture([]).bars == ()
