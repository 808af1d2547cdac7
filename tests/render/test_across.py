"""What a report says across hosts: who stands out, how an incident came from one to the next."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Sequence

from avcdoctor.model import Group, HostSeen, Incident, Known, Report, Spread
from avcdoctor.render import FORMATS, across
from avcdoctor.render.timeline import hosts_picture
from tests.render import reports

NAMES = tuple(f"web{number}" for number in range(1300))


def on(incident: Incident, *numbers: int, kept: int = 1024) -> Incident:
    """The incident on hosts by their numbers, each a minute after the one before."""
    seen = tuple(
        HostSeen(NAMES[number], 2, reports.MOMENT + 60_000 * place, reports.MOMENT + reports.HOUR)
        for place, number in enumerate(numbers[:kept])
    )
    groups: Sequence[Group] = [
        replace(group, hosts=seen, host_set=sum(1 << number for number in numbers)) for group in incident.finding.groups
    ]
    return replace(incident, finding=replace(incident.finding, groups=tuple(groups)))


def fleet(*incidents: Incident, hosts: int = 5) -> Report:
    report = reports.full()
    return replace(report, incidents=incidents, input=replace(report.input, hosts=NAMES[:hosts]))


def test_a_host_with_an_incident_that_nobody_else_has_stands_out() -> None:
    report = fleet(on(reports.script_incident(), 0, 1, 2), on(reports.bare_incident(), 3))
    [one] = across.standing_out(report)
    assert (one.host, [item.id for item in one.incidents]) == ("web3", [reports.bare_incident().id])
    told = across.alone_sentence(report)
    assert told == f"1 host has an incident that no other has: web3 ({reports.bare_incident().id})"
    for form in ("text", "markdown", "html"):
        assert "that no other has" in re.sub(r"\s+", " ", FORMATS[form](report))
    assert json.loads(FORMATS["json"](report))["alone"] == {"web3": [reports.bare_incident().id]}


def test_of_two_hosts_none_stands_out() -> None:
    report = fleet(on(reports.script_incident(), 0, 1), on(reports.bare_incident(), 1), hosts=2)
    assert across.standing_out(report) == ()
    assert across.alone_sentence(report) == ""


def test_where_an_incident_began_and_where_it_came_last() -> None:
    told = across.arrival_sentence(on(reports.bare_incident(), 4, 0, 2))
    assert told == "first on web4 2025-08-12 09:04, last came to web2 2025-08-12 09:06"
    assert across.arrival_sentence(on(reports.bare_incident(), 4)) == ""


def test_hosts_are_drawn_by_their_first_denial_over_all_incidents() -> None:
    drawn = hosts_picture([on(reports.bare_incident(), 0, 1), on(reports.script_incident(), 1, 0, 2)])
    assert sum(int(bar.words.split(": ")[1].split()[0]) for bar in drawn.bars) == 3
    assert "hosts by the time of their first denial" in drawn.words
    assert hosts_picture([on(reports.bare_incident(), 3)]).bars == ()


def test_the_page_lists_hosts_folded_and_is_bounded() -> None:
    page = FORMATS["html"](fleet(on(reports.bare_incident(), *range(1300)), hosts=1300))
    assert '<details class="hosts"><summary>on 1,300 of 1,300 hosts</summary>' in page
    assert page.count("<tr><td>web") == 200
    assert "and 100 hosts more" in page
    found = across.listed(on(reports.bare_incident(), *range(30), kept=10), NAMES[:30])
    assert (found.total, len(found.seen), len(found.names), found.more) == (30, 10, 20, 0)


def test_what_came_to_more_hosts_is_told_even_where_nothing_is_new() -> None:
    known = Known(baseline=1, baseline_denials=3, spread=(Spread("abc", "a title", ("web7", "web8")),))
    report = replace(fleet(), known=known)
    for form in ("text", "markdown", "html"):
        shown = re.sub(r"</?code>|`", "", FORMATS[form](report))
        assert "1 known incident came to more hosts: abc to web7, web8." in shown
    told = json.loads(FORMATS["json"](report))["known"]["spread"]
    assert told == [{"incident": "abc", "title": "a title", "hosts": ["web7", "web8"]}]
