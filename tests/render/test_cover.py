from dataclasses import replace

from avcdoctor.render import cover
from tests.render import reports


def test_what_points_nowhere_and_what_stays_denied_is_left_out():
    report = replace(reports.full(), cover=(("gone", 0), ("k3f9a1", 9), ("k3f9a1", 2), ("no5bad", 0)))
    assert [(way.incident.id, way.number) for way in cover.ways(report)] == [("k3f9a1", 3)]


def test_a_cover_that_could_not_be_checked_promises_less():
    report = replace(reports.full(), cover=(("k3f9a1", 2),))
    said = cover.sentence(report, cover.ways(report))
    assert said == "1 remedy should end 188 denials of 209 (not all could be checked)"


def test_one_denial_is_called_the_denial():
    incident = reports.many(1).incidents[0]
    remedy = replace(reports.script_incident().remedies[0], resolves=1)
    report = replace(reports.many(1), incidents=(replace(incident, remedies=(remedy,)),), cover=((incident.id, 0),))
    assert cover.sentence(report, cover.ways(report)) == "1 remedy ends the denial"


def test_the_same_step_for_several_incidents_is_one_way():
    many = reports.many(3)
    same = replace(reports.script_incident().remedies[0], resolves=1)
    other = replace(same, title="something else")
    incidents = tuple(
        replace(incident, remedies=(remedy,)) for incident, remedy in zip(many.incidents, (same, same, other))
    )
    report = replace(many, incidents=incidents, cover=tuple((incident.id, 0) for incident in incidents))
    first, second = cover.ways(report)
    assert (first.names, second.names) == ("id0000 and 1 more", "id0002")
    assert cover.sentence(report, [first, second]) == "2 remedies end all 3 denials"
