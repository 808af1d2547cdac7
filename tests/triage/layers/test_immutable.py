"""EPERM for changing a file."""

import pytest

from avcdoctor.triage import judge


@pytest.mark.parametrize(
    ("log", "layer"),
    [
        ("rm: cannot remove '/etc/a': Operation not permitted", "immutable"),
        ("mv: cannot move '/etc/a' to '/etc/b': Operation not permitted", "immutable"),
        ("chmod: changing permissions of 'a.txt': Operation not permitted", "immutable"),
        ("rm: cannot remove '/etc/a': Permission denied", "dac"),
        ("till[1]: mount: Operation not permitted", "capability"),
        ("till[1]: write /proc/sys/a: Operation not permitted", "capability"),
    ],
)
def test_the_error_number_tells_them_apart(log, layer):
    assert judge(log.encode()).layer == layer


def test_somebody_elses_file_is_the_other_explanation():
    explanation = judge(b"chmod: changing permissions of '/etc/a': Operation not permitted").incidents[0].explanation
    assert "somebody else's file" in explanation.title
    assert [remedy.kind for remedy in explanation.remedies] == ["app-fix", "dac"]
    texts = [explanation.title, explanation.cause, *(note for remedy in explanation.remedies for note in remedy.notes)]
    assert "intruder" not in " ".join(texts)


def test_what_only_an_owner_may_do_can_be_a_capability_that_selinux_took():
    assert judge(b"till[1]: chmod /srv/till/db: Operation not permitted\n").selinux == "unknown"
    assert judge(b"rm: cannot remove '/srv/till/db': Operation not permitted\n").selinux == "false"
