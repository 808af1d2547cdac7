"""Which setting of a unit explains a failure."""

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.host import open_host
from avcdoctor.triage.unit import UnitFacts, forbids, unit_facts


def facts(**settings):
    return UnitFacts("app.service", settings, "a test")


@pytest.mark.parametrize(
    ("settings", "errno", "path", "setting"),
    [
        ({"ProtectHome": "yes"}, "EACCES", "/home/ann/x", "ProtectHome"),
        ({"ProtectHome": "tmpfs"}, "ENOENT", "/home/ann/x", "ProtectHome"),
        ({"ProtectHome": "read-only"}, "EROFS", "/root/x", "ProtectHome"),
        ({"ProtectHome": "no"}, "EACCES", "/home/ann/x", None),
        ({"ProtectHome": "yes"}, "EACCES", "/homestead/x", None),
        ({"ProtectHome": "yes", "ReadWritePaths": "/home/ann"}, "EROFS", "/home/ann/x", None),
        ({"ProtectSystem": "full"}, "EROFS", "/etc/app.conf", "ProtectSystem"),
        ({"ProtectSystem": "yes"}, "EROFS", "/etc/app.conf", None),
        ({"ProtectSystem": "yes"}, "EROFS", "/usr/lib/app/cache", "ProtectSystem"),
        ({"ProtectSystem": "strict"}, "EROFS", "/srv/app", "ProtectSystem"),
        ({"ProtectSystem": "strict", "ReadWritePaths": "-/srv/app"}, "EROFS", "/srv/app/x", None),
        ({"ReadOnlyPaths": "/srv /opt"}, "EROFS", "/opt/x", "ReadOnlyPaths"),
        ({"InaccessiblePaths": "/srv"}, "EACCES", "/srv/x", "InaccessiblePaths"),
        ({"PrivateTmp": "yes"}, "ENOENT", "/tmp/socket", "PrivateTmp"),
        ({"PrivateDevices": "yes"}, "ENOENT", "/dev/ttyUSB0", "PrivateDevices"),
        ({"RootDirectory": "/srv/jail"}, "ENOENT", "/etc/x", "RootDirectory"),
        ({"ProtectKernelTunables": "yes"}, "EROFS", "/proc/sys/net/x", "ProtectKernelTunables"),
        ({"ProtectHome": "yes"}, "ENOENT", "/srv/x", None),
    ],
)
def test_settings_and_paths(settings, errno, path, setting):
    found = forbids(facts(**settings), errno, path)
    assert (found.setting if found else None) == setting


@pytest.mark.parametrize(
    ("bounding", "lacks"),
    [
        ("cap_net_admin cap_chown", False),
        ("cap_chown", True),
        ("~cap_net_admin", True),
        ("~cap_chown", False),
        ("", False),
    ],
)
def test_the_bounding_set(bounding, lacks):
    found = forbids(facts(CapabilityBoundingSet=bounding), "EPERM", "", "CAP_NET_ADMIN")
    assert (found is not None) == lacks


def test_units_of_a_root_with_drop_ins(tmp_path):
    (tmp_path / "etc/systemd/system/app.service.d").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/app.service").write_text("[Service]\nExecStart=/usr/bin/app\nUser=web\n")
    (tmp_path / "etc/systemd/system/app.service.d/hard.conf").write_text(
        "[Service]\nProtectHome=yes\nReadOnlyPaths=/srv\nReadOnlyPaths=/opt\n"
    )
    found = unit_facts(open_host(root=str(tmp_path)), "app")
    assert (found.user, found.on("ProtectHome"), found.paths("ReadOnlyPaths")) == ("web", True, ("/srv", "/opt"))
    assert unit_facts(open_host(root=str(tmp_path)), "none") is None


@pytest.mark.parametrize("name", ["--help", "../x", "a b", "x;y", ""])
def test_names_that_are_none(name, tmp_path):
    with pytest.raises(UsageError):
        unit_facts(open_host(root=str(tmp_path)), name)
