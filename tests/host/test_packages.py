from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host.files import Files
from avcdoctor.host.packages import Package, Packages

STATUS = """\
Package: iputils-ping
Status: install ok installed
Architecture: amd64
Version: 3:20221126-1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: selinux-policy-default
Status: install ok installed
Description: two
 Version: not a field
Version: 2:2.20221101-9
"""


@pytest.fixture
def debian_root(tmp_path: Path) -> Files:
    (tmp_path / "var/lib/dpkg/info").mkdir(parents=True)
    (tmp_path / "var/lib/dpkg/status").write_text(STATUS)
    (tmp_path / "var/lib/dpkg/info/iputils-ping:amd64.list").write_text("/.\n/bin\n/bin/ping\n")
    (tmp_path / "var/lib/dpkg/info/gone.list").write_text("/etc/gone.conf\n")
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/ping").write_text("")
    (tmp_path / "bin").symlink_to("usr/bin")
    return Files(tmp_path)


def test_owner_through_the_merged_usr(debian_root: Files) -> None:
    packages = Packages(debian_root, live=False)
    ping = Package("iputils-ping", "3:20221126-1", "amd64")
    assert packages.owner("/usr/bin/ping") == ping
    assert packages.owner("/bin/ping") == ping
    assert packages.owner("/usr/bin/nothing") is None
    assert packages.owner("/etc/gone.conf") is None  # removed, though its list is still there


@pytest.mark.parametrize("path", ["", "relative", "/bin/ping\n", "/bin/\0", "--help"])
def test_hostile_paths_have_no_owner(debian_root: Files, path: str) -> None:
    assert Packages(debian_root, live=False).owner(path) is None


def test_installed_versions(debian_root: Files) -> None:
    packages = Packages(debian_root, live=False)
    assert packages.installed("selinux-policy-default") == Package("selinux-policy-default", "2:2.20221101-9")
    assert packages.installed("gone") is None
    assert packages.installed("--eval") is None


def test_a_sosreports_list_of_packages(tmp_path: Path) -> None:
    (tmp_path / "installed-rpms").write_text(
        "selinux-policy-38.1.35-2.el9.noarch     Tue Apr  2 10:00:00 2024\n"
        "python3-setools-4.4.1-1.el9.x86_64      Tue Apr  2 10:00:00 2024\n\nnonsense\n"
    )
    packages = Packages(Files(tmp_path), live=False)
    assert packages.installed("selinux-policy") == Package("selinux-policy", "38.1.35-2.el9", "noarch")
    assert packages.installed("python3-setools") == Package("python3-setools", "4.4.1-1.el9", "x86_64")
    assert packages.installed("nonsense") is None


def test_rpm_is_asked_on_the_running_host_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "var/lib/rpm").mkdir(parents=True)
    fake = tmp_path / "tools" / "rpm"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\n[ "$5" = /usr/sbin/httpd ] && printf "httpd\\t2.4.57-5.el9\\tx86_64\\n"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:/usr/bin:/bin")
    assert Packages(Files(tmp_path), live=True).owner("/usr/sbin/httpd") == Package("httpd", "2.4.57-5.el9", "x86_64")
    assert Packages(Files(tmp_path), live=True).owner("/usr/sbin/other") is None
    assert Packages(Files(tmp_path), live=False).owner("/usr/sbin/httpd") is None
