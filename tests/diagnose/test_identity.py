"""What an object is: the label on disk, the default label and the log, and which of them counts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avcdoctor.diagnose.identity import Identity, identify, identities, kind_of_type, parted
from avcdoctor.host import Host
from avcdoctor.host.devices import names_of
from avcdoctor.read.pasted import read_text
from tests.denials import denied
from tests.machines import system_at
from tests.privileges import needs_root


@pytest.fixture()
def machine(tmp_path: Path) -> Host:
    return system_at(tmp_path)


def placed(host: Host, path: str, type_: str) -> int:
    """Puts a labelled file below the root; its inode."""
    place = host.root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("x")
    os.setxattr(place, "security.selinux", f"system_u:object_r:{type_}:s0\0".encode())
    return place.stat().st_ino


def seen(host: Host, target: str, **fields: object) -> Identity:
    log = denied("httpd_t", target, "file", "read", comm="httpd", **fields)  # type: ignore[arg-type]
    (group,) = read_text(log).groups
    return identify(host, group.examples[0])


def test_the_default_label_beats_the_log(machine: Host) -> None:
    found = seen(machine, "user_home_t", path="/etc/shadow")
    assert (found.right, found.disputed) == ("shadow_t", True)
    assert found.kind is not None
    assert found.kind.id == "credential"


@pytest.mark.parametrize(("target", "disputed"), [("sound_device_t", True), ("random_device_t", False)])
def test_what_an_object_of_this_class_is_meant_to_be_is_no_disagreement(
    tmp_path: Path, target: str, disputed: bool
) -> None:
    host = system_at(tmp_path)
    with (tmp_path / "etc/selinux/targeted/contexts/files/file_contexts").open("a") as out:
        out.write("/dev/loop-control -c system_u:object_r:random_device_t:s0\n/dev/loop.* -b ")
        out.write("system_u:object_r:fixed_disk_device_t:s0\n")
    log = denied("httpd_t", target, "chr_file", "read", comm="httpd", path="/dev/loop-control")
    (group,) = read_text(log).groups
    assert identify(host, group.examples[0]).disputed is disputed


@needs_root
def test_the_label_on_disk_beats_both(machine: Host) -> None:
    placed(machine, "/var/www/html/private.pem", "cert_t")
    found = seen(machine, "default_t", path="/var/www/html/private.pem")
    assert (found.right, found.disputed, found.restorable) == ("cert_t", True, False)
    assert found.told == ("the log says that /var/www/html/private.pem is default_t; on disk it is cert_t",)


@needs_root
def test_a_hard_link_to_a_secret_is_that_secret(machine: Host) -> None:
    placed(machine, "/etc/shadow", "user_home_t")
    (machine.root / "srv").mkdir()
    os.link(machine.root / "etc/shadow", machine.root / "srv/page.html")
    found = seen(machine, "user_home_t", path="/srv/page.html")
    assert found.kind is not None
    assert found.kind.id == "credential"
    assert "hard link" in found.told[0]


@needs_root
def test_a_link_to_a_secret_is_followed(machine: Host) -> None:
    placed(machine, "/etc/gshadow", "shadow_t")
    (machine.root / "srv").mkdir()
    (machine.root / "srv/page.html").symlink_to("/etc/gshadow")
    found = seen(machine, "user_home_t", path="/srv/page.html")
    assert (found.right, found.disputed) == ("shadow_t", True)


@needs_root
def test_the_machine_confirms_label_and_inode(machine: Host) -> None:
    inode = placed(machine, "/var/www/html/a.html", "user_home_t")
    path = "/var/www/html/a.html"
    assert seen(machine, "user_home_t", path=path, dev="vda1", ino=inode).confirmed
    assert not seen(machine, "user_home_t", path=path, dev="vda1", ino=inode + 1).confirmed
    assert not seen(machine, "user_home_t", path=path, dev="vda1").confirmed
    assert not seen(machine, "default_t", path=path, dev="vda1", ino=inode).confirmed
    os.link(machine.root / path.lstrip("/"), machine.root / "b.html")
    assert not seen(machine, "user_home_t", path=path, dev="vda1", ino=inode).confirmed


def test_an_ordinary_object_is_of_no_kind(machine: Host) -> None:
    found = seen(machine, "user_home_t", path="/var/www/html/a.html")
    assert (found.kind, found.disputed, found.told) == (None, False, ())


def test_a_process_is_no_object_in_a_file_system(machine: Host) -> None:
    (group,) = read_text(denied("httpd_t", "init_t", "process", "signal")).groups
    assert identities(machine, group) == ()


def test_one_strange_object_is_parted_from_the_others(machine: Host) -> None:
    log = "".join(
        denied("httpd_t", "user_home_t", "file", "read", path=path, serial=number)
        for number, path in enumerate(("/var/www/html/a", "/var/www/html/b", "/etc/shadow"), 1)
    )
    (group,) = read_text(log).groups
    rest, strange = parted(machine, group)
    assert (rest.count, strange.count) == (2, 1)
    assert [one.value for one in strange.objects] == ["/etc/shadow"]
    assert "/etc/shadow" not in [one.value for one in rest.objects]


@pytest.mark.policy
def test_a_policy_s_attributes_tell_as_well(debian_system: Host) -> None:
    """Types of the real policy that no table of ours names."""
    assert debian_system.policy is not None
    program = kind_of_type(debian_system, "cockpit_session_exec_t")  # enters a domain that writes /etc/shadow
    assert program is not None
    assert program.id == "program"
    assert kind_of_type(debian_system, "ping_exec_t") is None
    assert kind_of_type(debian_system, "httpd_exec_t") is None


def test_a_mounted_file_system_has_the_names_that_records_use(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "36 35 0:41 / / rw - btrfs /dev/sda2 rw\n37 35 0:50 / /tmp rw shared:5 - tmpfs tmpfs rw\nbroken\n"
    )
    assert names_of("00:29", mounts, tmp_path) >= {"sda2", "btrfs"}
    assert names_of("00:32", mounts, tmp_path) == {"tmpfs"}
    assert names_of("nothing", mounts, tmp_path) == frozenset()
    (tmp_path / "8:1").symlink_to(tmp_path / "sda1")
    (tmp_path / "sda1").mkdir()
    assert "sda1" in names_of("08:01", mounts, tmp_path)


def test_a_type_of_the_whole_system_is_no_program_s_own_although_unconfined_domains_may_start_it(
    tmp_path: Path,
) -> None:
    rules = (
        "(typeattributeset exec_type (usr_t))"
        "(typeattributeset unconfined_domain_type (unconfined_t))"
        "(typetransition redis_t usr_t process unconfined_t)"
    )
    assert kind_of_type(system_at(tmp_path, rules), "usr_t") is None
