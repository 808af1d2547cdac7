"""When SELinux can't be excluded beside a layer."""

import pytest

from avcdoctor.triage.model import Explanation, Observation, TriageIncident


def incident(layer, proof, errno="", also=(), **fields):
    explanation = Explanation("kind", "title", "cause", "because", also=also)
    return TriageIncident(
        "id", layer, proof, explanation, (Observation(layer, "what", proof, errno=errno, fields=fields),)
    )


@pytest.mark.parametrize(
    ("one", "undecided"),
    [
        (incident("dac", "errno", "EACCES"), True),
        (incident("mount", "errno", "EACCES"), True),
        (incident("capability", "errno", "EACCES"), True),
        (incident("sandbox", "symptom", also=("selinux",)), True),
        (incident("capability", "errno", "EPERM"), True),
        (incident("immutable", "errno", "EPERM"), False),
        (incident("dac", "named", "EACCES"), False),
        (incident("path", "errno", "ENOENT"), False),
        (incident("selinux", "errno", "EACCES"), False),
    ],
)
def test_undecided(one, undecided):
    assert one.undecided == undecided
