"""Paths that are not there, for this process."""

import pytest

from avcdoctor.triage import judge


def titles(log):
    one = judge(log.encode()).incidents[0]
    assert one.layer == "path"
    return " ".join(remedy.title for remedy in one.explanation.remedies)


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("/tmp/till/sock", "PrivateTmp"),
        ("/home/kim/a", "ProtectHome"),
        ("/dev/ttyUSB0", "PrivateDevices"),
        ("/srv/a", None),
    ],
)
def test_what_a_unit_may_hide(path, setting):
    shown = titles(f"till[1]: open {path}: No such file or directory")
    for one in ("PrivateTmp", "ProtectHome", "PrivateDevices"):
        assert (one in shown) == (one == setting)


def test_the_error_excludes_selinux():
    verdict = judge(b"till[1]: open /srv/a/b: Not a directory")
    assert (verdict.layer, verdict.selinux, verdict.incidents[0].explanation.kind) == (
        "path",
        "false",
        "not-a-directory",
    )
