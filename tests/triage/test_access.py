"""Who stops whom: each layer over walks of our own making."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from avcdoctor.host.inode import Carried
from avcdoctor.host.mounts import Mount
from avcdoctor.host.walk import Component, Walker
from avcdoctor.triage.access import judge_access
from avcdoctor.triage.subject import subject
from tests.triage.walks import DIRECTORY, ROOT, TOP, WEB, component, walked


def test_a_directory_without_x_stops_at_that_component(host):
    walk = walked(
        TOP, component("/home", DIRECTORY), component("/home/me", 0o040700, 1000, 1000), component("/home/me/x")
    )
    access = judge_access(walk, WEB, host, "read")
    first = access.stops[0]
    assert (first.layer, first.errno, first.path) == ("dac", "EACCES", "/home/me")
    assert first.remedies[0].actions[0].argv == ("setfacl", "-m", "u:web:x", "--", "/home/me")
    assert first.remedies[0].undo
    assert [one.answer for one in access.verdicts] == ["passes", "stops", "passes", "unknown"]


def test_nobody_is_told_to_let_everybody_write(host):
    walk = walked(TOP, component("/data", DIRECTORY), component("/data/x", 0o100644))
    commands = [
        action.argv
        for stop in judge_access(walk, WEB, host, "write").stops
        for remedy in stop.remedies
        for action in remedy.actions
    ]
    assert commands
    assert not any("o+" in word or "777" in word for argv in commands for word in argv)


def test_mount_options(host):
    noexec = Mount("/tmp", "tmpfs", "tmpfs", ("rw", "noexec"))
    program = component("/tmp/run", 0o100755, mount=noexec)
    access = judge_access(walked(TOP, component("/tmp", 0o041777, mount=noexec), program), WEB, host, "execute")
    assert [(stop.layer, stop.errno) for stop in access.stops] == [("mount", "EACCES")]
    fixed = replace(program, mount=Mount("/", "ext4", "/dev/a", ("ro",)))
    access = judge_access(walked(TOP, fixed), ROOT, host, "write")
    assert [(stop.layer, stop.errno) for stop in access.stops] == [("mount", "EROFS")]


def test_the_immutable_attribute_stops_root_with_eperm(host):
    one = component("/etc/resolv.conf", carried=Carried(flags=("immutable",)))
    stop = judge_access(walked(TOP, one), ROOT, host, "write").stops[0]
    assert (stop.layer, stop.errno) == ("immutable", "EPERM")
    assert stop.remedies[0].undo[0].argv == ("chattr", "+i", "/etc/resolv.conf")


def test_chroot_needs_a_directory_and_a_capability(host):
    access = judge_access(walked(TOP, component("/var/empty", DIRECTORY)), WEB, host, "chroot")
    assert [(stop.layer, stop.errno) for stop in access.stops] == [("capability", "EPERM")]
    access = judge_access(walked(TOP, component("/var/empty")), ROOT, host, "chroot")
    assert [(stop.layer, stop.errno) for stop in access.stops] == [("path", "ENOTDIR")]


def test_a_new_file_needs_its_directory(host):
    walk = walked(TOP, component("/data", 0o040755), Component("/data/new", error="ENOENT"), end="missing")
    stop = judge_access(walk, WEB, host, "write").stops[0]
    assert (stop.layer, stop.path) == ("dac", "/data")
    assert judge_access(walk, ROOT, host, "write").stops == ()
    assert judge_access(walk, ROOT, host, "read").stops[0].errno == "ENOENT"


@pytest.mark.parametrize(
    ("wanted", "rest", "made"),
    [
        ("read", ("check.sh",), [["mkdir", "-p", "--", "/data/new"]]),
        ("read", (), []),
        ("chroot", ("jail",), [["mkdir", "-p", "--", "/data/new/jail"]]),
        ("search", (), [["mkdir", "-p", "--", "/data/new"]]),
    ],
)
def test_only_directories_are_made(host, wanted, rest, made):
    missing = Component("/data/new", error="ENOENT")
    walk = walked(TOP, component("/data", 0o040755), missing, end="missing", rest=rest)
    stop = judge_access(walk, ROOT, host, wanted).stops[0]
    assert [list(one.argv) for remedy in stop.remedies for one in remedy.actions if one.argv] == made


def test_links_of_others_in_a_shared_sticky_directory(host):
    walk = walked(
        TOP,
        component("/tmp", 0o041777),
        component("/tmp/l", 0o120777, 1000, target="/etc"),
        component("/etc", DIRECTORY),
    )
    stop = judge_access(walk, WEB, host, "search").stops[0]
    assert (stop.layer, stop.errno) == ("symlink", "EACCES")
    assert "protected_symlinks" in stop.why


def test_eloop_is_told_from_a_program_that_refuses_links(host, tmp_path):
    (tmp_path / "opt").symlink_to("home/opt")
    (tmp_path / "home" / "opt" / "incus").mkdir(parents=True)
    access = judge_access(Walker(host.files).walk("/opt/incus"), ROOT, host, "search")
    assert access.stops == ()
    assert "refuses links by itself" in access.verdicts[0].why
    (tmp_path / "loop").symlink_to("loop")
    stop = judge_access(Walker(host.files).walk("/loop"), ROOT, host).stops[0]
    assert (stop.layer, stop.errno) == ("symlink", "ELOOP")


def test_the_live_walk_answers_as_the_kernel(tmp_path, host):
    """Every combination of mode bits over a directory and a file, beside what the kernel grants that user."""
    if os.getuid() != 0:
        pytest.skip("needs root to become another user")
    place = tmp_path / "d"
    place.mkdir()
    file = place / "f"
    file.write_text("x")
    who = subject(host, user="web")
    Path(tmp_path).chmod(0o755)
    for above in (0o700, 0o711, 0o755, 0o750):
        for mode in (0o600, 0o640, 0o604, 0o644, 0o000, 0o755):
            place.chmod(above)
            file.chmod(mode)
            expected = _kernel_says(who, file)
            access = judge_access(Walker(host.files).walk("/d/f"), who, host, "read")
            assert (not access.stops) == expected, (oct(above), oct(mode))


def _kernel_says(who, file):
    child = os.fork()
    if child == 0:
        root = os.open(file.parent.parent, os.O_RDONLY)
        os.setgroups(sorted(who.groups))
        os.setgid(33)
        os.setuid(who.uid)
        try:
            os.close(os.open("d/f", os.O_RDONLY, dir_fd=root))
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
