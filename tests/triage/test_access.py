"""Who stops whom: each layer over walks of our own making."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.host import open_host
from avcdoctor.host.inode import AclEntry, Carried
from avcdoctor.host.mounts import Mount
from avcdoctor.host.walk import Component, Walk, Walker
from avcdoctor.model import Context
from avcdoctor.triage import dac
from avcdoctor.triage.access import judge_access
from avcdoctor.triage.subject import Subject, in_user_namespace, subject

WEB = Subject("web", 33, frozenset({33}), frozenset())
ROOT = Subject("root", 0, frozenset({0}), frozenset({"dac_override", "dac_read_search", "sys_chroot"}))
DIRECTORY, FILE = 0o040755, 0o100644


def component(path, mode=FILE, uid=0, gid=0, **more):
    kind = {0o04: "directory", 0o10: "file", 0o12: "link"}[mode >> 12]
    return Component(path, kind, mode, uid, gid, str(uid), str(gid), **more)


def walked(*components, end="found", rest=()):
    links = sum(1 for one in components if one.kind == "link")
    return Walk(components[-1].path, components, end, components[-1].path, links, rest, "/etc/fstab")


@pytest.fixture
def host(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:33:33::/:/bin/false\n")
    (tmp_path / "etc" / "group").write_text("root:x:0:\nweb:x:33:\nshared:x:44:web,else\n")
    return open_host(root=str(tmp_path))


TOP = component("/", DIRECTORY)


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "want", "refused_as"),
    [
        (0o100600, 33, 0, dac.READ, None),
        (0o100066, 33, 0, dac.READ, "owner"),  # the owner's own bits count, also when they are fewer
        (0o100640, 0, 33, dac.READ, None),
        (0o100604, 0, 33, dac.READ, "group"),
        (0o100644, 0, 0, dac.READ, None),
        (0o100644, 0, 0, dac.WRITE, "others"),
        (0o040711, 0, 0, dac.EXECUTE, None),
        (0o040750, 0, 0, dac.EXECUTE, "others"),
    ],
)
def test_mode_bits(mode, uid, gid, want, refused_as):
    refused = dac.refusal(component("/x", mode, uid, gid), want, WEB, frozenset())
    assert (refused.entry if refused else None) == refused_as


def test_an_acl_entry_counts_before_the_group_and_is_masked():
    acl = (
        AclEntry("user_obj", 6),
        AclEntry("user", 7, 33),
        AclEntry("group_obj", 7),
        AclEntry("mask", 4),
        AclEntry("other", 7),
    )
    one = component("/x", 0o100647, 0, 33, carried=Carried(acl=acl))
    assert dac.refusal(one, dac.READ, WEB, frozenset()) is None
    assert dac.refusal(one, dac.WRITE, WEB, frozenset()).entry == "ACL entry user:web"


def test_capabilities_overrule_but_not_for_a_file_without_any_execute_bit():
    one = component("/x", 0o100600, 5, 5)
    assert dac.refusal(one, dac.WRITE, ROOT, ROOT.capabilities) is None
    assert dac.refusal(one, dac.EXECUTE, ROOT, ROOT.capabilities) is not None
    assert dac.refusal(one, dac.READ, ROOT, frozenset({"dac_read_search"})) is None
    assert dac.refusal(one, dac.WRITE, ROOT, frozenset({"dac_read_search"})) is not None


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


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/ssl/private/www.key", "/root/.ssh/id_ed25519"])
def test_a_secret_stays_refused(host, path):
    walk = walked(TOP, component(path, 0o100600))
    assert [remedy.kind for remedy in judge_access(walk, WEB, host, "read").stops[0].remedies] == ["keep-denied"]


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


def test_users_come_from_the_root_in_use(host):
    found = subject(host, user="web")
    assert (found.uid, found.groups, found.capabilities) == (33, frozenset({33, 44}), frozenset())
    assert subject(host, user="77").uid == 77
    assert subject(host).uid == 0
    with pytest.raises(UsageError):
        subject(host, user="nobody-here")
    with pytest.raises(UsageError):
        subject(host, "u:r")
    assert subject(host, "system_u:system_r:web_t:s0:c1").context.level == "s0:c1"


def test_a_running_process_of_the_domain_tells_who_asks(tmp_path):
    process = tmp_path / "proc" / "4242"
    (process / "attr").mkdir(parents=True)
    (process / "attr" / "current").write_bytes(b"system_u:system_r:web_t:s0\0")
    (process / "status").write_text(
        "Name:\tweb server\nUid:\t33\t34\t33\t33\nGid:\t33\t35\t33\t33\nGroups:\t44 45 \nCapEff:\t0000000000000400\n"
    )
    (tmp_path / "proc" / "self").mkdir()
    found = subject(open_host(), "web_t", proc=tmp_path / "proc")
    assert (found.uid, found.groups) == (34, frozenset({35, 44, 45}))
    assert found.capabilities == {"net_bind_service"}
    assert "4242" in found.told_by


def test_a_user_namespace_is_seen(tmp_path):
    table = tmp_path / "uid_map"
    table.write_text("         0          0 4294967295\n")
    assert not in_user_namespace(table)
    table.write_text("         0     100000      65536\n")
    assert in_user_namespace(table)
    assert not in_user_namespace(tmp_path / "missing")


class TestWithThePolicy:
    @pytest.fixture
    def reference(self):
        host = open_host("reference")
        if host.policy is None:
            pytest.skip("the reference policy can't be compiled here")
        return host

    def ask(self, reference, label, wanted, *, default=None, domain="keepalived_t"):
        one = component(
            "/etc/keepalived/check.sh",
            0o100755,
            carried=Carried(label=Context("system_u", "object_r", label, "s0")),
            default=Context("system_u", "object_r", default or label, "s0"),
        )
        who = replace(ROOT, domain=domain)
        return judge_access(walked(TOP, one), who, reference, wanted)

    def test_what_the_domain_may_run_passes(self, reference):
        access = self.ask(reference, "keepalived_unconfined_script_exec_t", "execute")
        assert [stop for stop in access.stops if stop.path != "/"] == []

    def test_what_it_may_not_is_named(self, reference):
        stop = next(stop for stop in self.ask(reference, "ping_exec_t", "execute").stops if stop.path != "/")
        assert stop.layer == "selinux"
        assert "ping_exec_t" in stop.why

    def test_a_wrong_label_is_put_right(self, reference):
        access = self.ask(reference, "ping_exec_t", "execute", default="bin_t")
        stop = next(stop for stop in access.stops if stop.path != "/")
        assert stop.remedies[0].kind == "restorecon"

    def test_categories_that_do_not_agree_are_named(self, tmp_path):
        host = open_host()
        if host.policy is None or not host.policy.has_type("svirt_t") or not host.policy.db.mls:
            pytest.skip("needs a policy with virtual machines and categories")
        label = Context("system_u", "object_r", "svirt_image_t", "s0:c3,c4")
        one = component("/img", 0o100600, carried=Carried(label=label))
        for level, stopped in (("s0:c3,c4", False), ("s0:c1,c2", True)):
            who = replace(ROOT, domain="svirt_t", context=Context("system_u", "system_r", "svirt_t", level))
            stops = judge_access(walked(one), who, host, "read").stops
            assert any("level" in stop.why for stop in stops) == stopped

    def test_a_domain_the_policy_does_not_know(self, reference):
        access = self.ask(reference, "bin_t", "read", domain="no_such_t")
        assert access.verdicts[3].answer == "unknown"
        assert access.stops == ()


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
