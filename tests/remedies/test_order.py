from pathlib import Path

from avcdoctor import api

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_what_should_stay_denied_comes_first_then_the_biggest():
    stories = ("web-content-moved", "keep-denied", "keepalived")
    logs = [str(SAMPLES / name / "audit.log") for name in stories]
    incidents = api.explain(logs, policy="reference").incidents
    assert [incident.denials for incident in incidents] == [4, 40, 15]
    assert incidents[0].remedies[0].kind == "keep-denied"
