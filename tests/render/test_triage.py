"""The verdict as text: what stands on top, how long it is, what -v adds."""

import pytest

from avcdoctor.render import triage as render
from avcdoctor.triage import judge
from tests.triage.variations import VARIATIONS

GENERIC = [log for _, _, log in VARIATIONS if not judge(log.encode()).incidents[0].rule]


@pytest.mark.parametrize("log", GENERIC)
def test_an_answer_from_the_error_number_alone_is_at_most_twelve_lines(log):
    assert len(render.text(judge(log.encode())).splitlines()) <= 12


@pytest.mark.parametrize(("layer", "selinux", "log"), VARIATIONS)
def test_selinux_is_called_unlikely_only_where_something_speaks_against_it(layer, selinux, log):
    verdict = judge(log.encode())
    headline = render.text(verdict).splitlines()[0]
    if verdict.incidents[0].undecided and selinux == "unknown":
        assert "not SELinux" not in headline
        assert "ausearch" in render.text(verdict).splitlines()[1]
    if selinux == "false":
        assert headline.startswith("Not SELinux")


@pytest.mark.parametrize(
    ("log", "headline"),
    [
        ("till[1]: open /srv/a: Permission denied", "Not decided: SELinux, or owner, mode or ACL (DAC)."),
        ("till[1]: fork/exec /tmp/x/a: permission denied", "Most likely the mount (noexec); SELinux is not excluded."),
        ("till[1]: setrlimit: Operation not permitted", "Most likely a missing capability; SELinux is not excluded."),
        ("till[1]: open /srv/a: Read-only file system", "Not SELinux. The layer: the mount (read-only)."),
        ("till[1]: bind: 0.0.0.0:7000: Permission denied", "It looks like SELinux, but no denial is in the evidence."),
        (
            "setroubleshoot[1]: SELinux is preventing till from read",
            "SELinux stopped it, by the report of another program.",
        ),
    ],
)
def test_headlines(log, headline):
    assert render.text(judge(log.encode())).splitlines()[0] == headline


def test_the_middle_of_a_long_line_is_left_out_so_that_the_error_stays():
    line = f"till[1]: open /srv/{'a' * 300}: Permission denied"
    shown = render.text(judge(line.encode())).splitlines()[4]
    assert len(shown) <= 100
    assert shown.endswith("Permission denied")
    assert shown.startswith("    line 1: till[1]: open /srv/")


def test_verbose_shows_what_is_ruled_out_how_to_be_sure_and_the_way_back():
    log = "rm: cannot remove '/etc/a': Operation not permitted"
    brief, full = render.text(judge(log.encode())), render.text(judge(log.encode()), verbose=True)
    for word in ("  not    ", "  sure   ", "to undo:"):
        assert word not in brief
        assert word in full


def test_nothing_recognised():
    assert "names a layer" in render.text(judge(b"all is well"))
