"""The stories in samples/: what triage says of each is `triage.txt`; UPDATE_SAMPLES=1 writes them anew."""

import os
from pathlib import Path

import pytest

from avcdoctor.cli import main as command

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
STORIES = {
    "keepalived-security-violation": ["--log", "samples/keepalived-security-violation/journal.log"],
    "keepalived-nixos": ["--log", "samples/keepalived-nixos/journal.log"],
    "incus-symlink": ["--log", "samples/incus-symlink/journal.log", "--root", "samples/incus-symlink/root"],
    "haproxy-chroot": [
        "haproxy",
        "--log",
        "samples/haproxy-chroot/journal.log",
        "--root",
        "samples/haproxy-chroot/root",
    ],
    "microvm-erofs": ["--log", "samples/microvm-erofs/journal.log", "--root", "samples/microvm-erofs/root"],
}
LAYERS = {
    "keepalived-security-violation": "Not SELinux. The layer: the program itself.",
    "keepalived-nixos": "Not SELinux. The layer: a missing path.",
    "incus-symlink": "Not SELinux. The layer: a symbolic link.",
    "haproxy-chroot": "Not SELinux. The layer: a missing path.",
    "microvm-erofs": "Not SELinux. The layer: owner, mode or ACL (DAC).",
}


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch):
    monkeypatch.chdir(SAMPLES.parent)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize("story", sorted(STORIES))
def test_a_story_is_told_as_expected(story, capsys):
    if story == "incus-symlink" and SAMPLES.stat().st_uid:
        pytest.skip("the owners of its directories are part of this story; they are root's in root's checkout")
    assert command.main(["triage", "-v", *STORIES[story]]) == 1
    shown = capsys.readouterr().out
    expected = SAMPLES / story / "triage.txt"
    if os.environ.get("UPDATE_SAMPLES"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")
    assert LAYERS[story] in shown


def test_the_incus_story_names_the_link_and_the_bind_mount(capsys):
    command.main(["triage", *STORIES["incus-symlink"]])
    shown = capsys.readouterr().out
    assert "/opt is a symbolic link to home/opt" in shown
    assert "mount --bind /home/opt /opt" in shown
    assert "--force" not in shown


def test_the_path_of_the_incus_story_resolves_for_the_kernel(capsys):
    root = str(SAMPLES / "incus-symlink" / "root")
    assert command.main(["path", "/opt/incus/lib/lxc/rootfs", "--root", root]) == 0
    assert "refuses links by itself" in " ".join(capsys.readouterr().out.split())


def test_the_chroot_of_the_haproxy_story_is_missing(capsys):
    root = str(SAMPLES / "haproxy-chroot" / "root")
    assert command.main(["path", "/run/haproxy-empty", "--for", "chroot", "--root", root]) == 1
    assert "mkdir -p -- /run/haproxy-empty" in capsys.readouterr().out


def test_haproxys_own_configuration_tells_without_any_log(capsys):
    root = str(SAMPLES / "haproxy-chroot" / "root")
    assert command.main(["triage", "haproxy", "--root", root]) == 1
    assert "can't change its root to /run/haproxy-empty" in capsys.readouterr().out


def test_the_erofs_image_is_seen_from_the_mounts_of_the_root(capsys):
    root = str(SAMPLES / "microvm-erofs" / "root")
    command.main(["path", "/nix/store/x", "--root", root, "-v"])
    command.main(["path", "/var/lib/postfix/conf/blocked_senders", "--root", root, "-v"])
    assert "/nix/store/m4z8t2w6-blocked_senders" in capsys.readouterr().out
