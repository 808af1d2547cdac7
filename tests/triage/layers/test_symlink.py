"""Links that are not followed."""

import pytest

from avcdoctor.triage import judge


@pytest.mark.parametrize(
    ("log", "layer"),
    [
        ("till[1]: open /srv/a: Too many levels of symbolic links", "symlink"),
        ("till[1]: refusing to open /srv/a: it is a symbolic link", "symlink"),
        ("till[1]: made a symbolic link from /srv/a to /srv/b", ""),
        ("till[1]: open /srv/a: Permission denied", "dac"),
    ],
)
def test_the_error_and_the_words(log, layer):
    assert judge(log.encode()).layer == layer


def test_the_real_path_or_a_bind_mount():
    one = judge(b"till[1]: open /srv/a: Too many levels of symbolic links").incidents[0]
    assert one.explanation.remedies[0].actions[0].argv == ("readlink", "-f", "/srv/a")
    assert "bind mount" in one.explanation.remedies[1].title
