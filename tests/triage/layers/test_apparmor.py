"""AppArmor's records, and who has to change the profile."""

import pytest

from avcdoctor.triage import judge

RECORD = (
    'kernel: audit: type=1400 audit(1700000000.1:1): apparmor="{}" operation="{}" profile="{}" name="{}" comm="app"'
)


def leading(operation, profile, name="/srv/a", verdict="DENIED", more=""):
    return judge(f"{RECORD.format(verdict, operation, profile, name)} {more}\n".encode()).incidents[0]


def commands(incident):
    return [action.argv for remedy in incident.explanation.remedies for action in remedy.actions if action.argv]


def steps(incident):
    actions = [action for remedy in incident.explanation.remedies for action in remedy.actions if not action.argv]
    return " ".join(str(action.parameters["text"]) for action in actions)


def test_a_packages_profile_gets_a_local_rule():
    one = leading("open", "/usr/sbin/named", more='requested_mask="r" denied_mask="r"')
    assert "/etc/apparmor.d/local/usr.sbin.named: `/srv/a r,`" in steps(one)
    assert ("systemctl", "reload", "apparmor") in commands(one)


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("lxd-web_</var/snap/lxd/common/lxd>", ("lxc", "config", "set", "web", "security.nesting", "true")),
        ("incus-web_</var/lib/incus>", ("incus", "config", "set", "web", "security.nesting=true")),
        (
            "incus-team-1_web_</var/lib/incus>",
            ("incus", "--project", "team-1", "config", "set", "web", "security.nesting=true"),
        ),
    ],
)
def test_an_instances_mount_needs_nesting(profile, expected):
    assert expected in commands(leading("mount", profile))


def test_other_accesses_of_an_instance_get_a_rule_in_its_own_profile():
    (first, _) = commands(leading("open", "incus-web_</var/lib/incus>", more='denied_mask="w"'))
    assert first == ("incus", "config", "set", "web", "raw.apparmor=/srv/a w,")


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("lxc-container-default-cgns", "nesting"),
        ("lxc-105_</var/lib/lxc>", "nesting"),
        ("docker-default", "--security-opt apparmor="),
        ("snap.shop.till", "snap connect"),
        ("libvirt-0a1b2c3d-0000-0000-0000-000000000001", "/etc/apparmor.d/local/abstractions/libvirt-qemu"),
        ("unprivileged_userns", "userns,"),
    ],
)
def test_profiles_that_a_program_makes(profile, words):
    one = leading("mount", profile)
    assert words in steps(one)
    assert "no file in /etc/apparmor.d holds it" in one.explanation.remedies[0].title


@pytest.mark.parametrize("profile", ["lxd-web_</var/lib/lxd>", "docker-default", "/usr/sbin/named", "shop", "snap.a.b"])
def test_no_file_is_loaded_that_may_not_be_there(profile):
    assert not [argv for argv in commands(leading("mount", profile)) if argv[0] == "apparmor_parser"]


def test_a_profile_inside_a_container():
    one = leading("pivotroot", "runc", more='namespace="root//lxd-web_<var-snap-lxd-common-lxd>"')
    assert ("lxc", "config", "set", "web", "security.nesting", "true") in commands(one)
    assert "inside the container" in one.explanation.remedies[1].title


def test_a_name_with_a_blank_is_shown_as_it_is():
    record = RECORD.format("DENIED", "open", "/usr/sbin/named", "/x").replace('"/x"', "2F7372762F6120622E747874")
    one = judge(record.encode()).incidents[0]
    assert one.observations[0].path == "/srv/a b.txt"
    assert '`"/srv/a b.txt" r,`' in steps(one)


def test_complain_mode_stopped_nothing():
    one = leading("open", "/usr/sbin/named", verdict="ALLOWED")
    assert (one.explanation.kind, one.proof) == ("apparmor-complain", "warning")


@pytest.mark.parametrize("line", ['audit: apparmor="STATUS" operation="profile_load"', "app[1]: apparmor is fine"])
def test_what_is_no_denial(line):
    assert judge(line.encode()).layer != "apparmor"


def test_where_apparmor_decides_selinux_does_not():
    record = RECORD.format("DENIED", "open", "/usr/sbin/named", "/x")
    log = f"{record}\nNov 02 10:30:05 h other[1]: open /srv/b: Permission denied\n"
    assert judge(log.encode()).selinux == "false"
