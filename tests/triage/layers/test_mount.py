"""Read-only, noexec, and file systems that keep no owner."""

import pytest

from avcdoctor.triage import judge


def leading(log):
    return judge(log.encode()).incidents[0]


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        ("till[1]: write /srv/a: Read-only file system", "read-only"),
        ("till[1]: fork/exec /tmp/unpacked/run: permission denied", "noexec"),
        ("-bash: /mnt/stick/setup.sh: Permission denied", "noexec"),
        ("-bash: /run/till/root/till: Permission denied", "noexec"),
        ("till[1]: /tmp/a/lib.so: cannot open shared object file: Operation not permitted", "noexec"),
        ("till[1]: lib.so: failed to map segment from shared object: Operation not permitted", "noexec"),
        ("setfacl: /mnt/stick/a: Operation not supported", "foreign-filesystem"),
    ],
)
def test_kinds(log, kind):
    one = leading(log)
    assert (one.layer, one.explanation.kind) == ("mount", kind)


@pytest.mark.parametrize(
    "log", ["till[1]: fork/exec /opt/till/run: permission denied", "till[1]: open /tmp/a/b: Permission denied"]
)
def test_near_misses(log):
    assert leading(log).layer == "dac"


def test_noexec_is_a_guess_where_only_the_place_tells():
    one = leading("till[1]: fork/exec /tmp/unpacked/run: permission denied")
    assert one.undecided
    assert "TMPDIR" in one.explanation.remedies[0].title
    assert one.explanation.remedies[0].actions[0].argv[:3] == ("findmnt", "-no", "TARGET,OPTIONS")


@pytest.mark.parametrize(
    ("path", "words"), [("/srv/a", "ReadWritePaths=/srv/a"), ("/proc/sys/net/x", "ProtectKernelTunables=")]
)
def test_a_units_own_view_is_the_first_suspect_for_read_only(path, words):
    assert words in leading(f"till[1]: write {path}: Read-only file system").explanation.remedies[0].title


@pytest.mark.parametrize(
    ("message", "opened"),
    [
        ("open /srv/till/day.log: Read-only file system", "/srv/till"),
        ("could not create lock file '/srv/till/lock': Read-only file system", "/srv/till"),
        ("mkdir /srv/till/new: Read-only file system", "/srv/till/new"),
    ],
)
def test_a_unit_is_given_the_directory_of_a_file(message, opened):
    fix = judge(f"till[1]: {message}".encode()).incidents[0].explanation.remedies[0]
    assert f"`ReadWritePaths={opened}`" in fix.title
