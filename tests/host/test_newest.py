"""Policies out of packages: a .deb and a .rpm of our own making that hold Debian's policy, and what is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from avcdoctor.errors import PolicyError
from avcdoctor.host import newest
from avcdoctor.host.files import Files

DEBIAN = max(Path("/etc/selinux/default/policy").glob("policy.*"), default=Path("/nonexistent"))
SPEC = """Name: selinux-policy-targeted
Version: 41.44
Release: 1
Summary: a policy
License: none
BuildArch: noarch
%description
A policy.
%install
mkdir -p %{{buildroot}}/etc/selinux/targeted/policy
cp {policy} %{{buildroot}}/etc/selinux/targeted/policy/policy.33
%files
/etc/selinux/targeted/policy/policy.33
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def deb(folder: Path, place: Callable[[Path], None]) -> Path:
    top = folder / "tree"
    (top / "DEBIAN").mkdir(parents=True)
    (top / "DEBIAN/control").write_text(
        "Package: selinux-policy-default\nVersion: 2:9.1\nArchitecture: all\nMaintainer: a <a@b>\nDescription: a\n"
    )
    place(top)
    target = folder / "policy.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", top, target], check=True, capture_output=True)
    return target


def with_policy(top: Path) -> None:
    (top / "etc/selinux/default/policy").mkdir(parents=True)
    shutil.copy(DEBIAN, top / "etc/selinux/default/policy/policy.33")


@pytest.mark.policy
def test_a_deb_with_a_built_policy(tmp_path: Path) -> None:
    found = newest.given(deb(tmp_path, with_policy))
    assert found.name == "selinux-policy-default 2:9.1"
    assert found.policy.has_type("httpd_t")
    kept = list((tmp_path / "cache/avcdoctor").glob("newest-*.policy"))
    assert len(kept) == 1
    assert newest.given(tmp_path / "policy.deb").policy.path == kept[0]


@pytest.mark.policy
def test_a_deb_with_modules_is_built(tmp_path: Path) -> None:
    def modules(top: Path) -> None:
        target = top / "usr/share/selinux/default"
        target.mkdir(parents=True)
        for one in Path("/usr/share/selinux/default").glob("*.pp.bz2"):
            shutil.copy(one, target)

    assert newest.given(deb(tmp_path, modules)).policy.has_type("httpd_t")


@pytest.mark.policy
def test_an_rpm_that_holds_the_policy_where_fedora_has_it(tmp_path: Path) -> None:
    spec = tmp_path / "policy.spec"
    spec.write_text(SPEC.format(policy=DEBIAN))
    top = tmp_path / "build"
    subprocess.run(["rpmbuild", "-bb", "--define", f"_topdir {top}", spec], check=True, capture_output=True)
    [package] = top.glob("RPMS/*/*.rpm")
    found = newest.given(package)
    assert found.name == "selinux-policy-targeted 41.44-1"
    assert found.policy.has_type("httpd_t")


@pytest.mark.policy
def test_a_policy_and_a_root(tmp_path: Path) -> None:
    with_policy(tmp_path / "root")
    for path in (DEBIAN, tmp_path / "root"):
        assert newest.given(path).policy.has_type("httpd_t")


@pytest.mark.policy
def test_what_the_package_manager_offers() -> None:
    found = newest.offered(Files(Path("/")))
    assert found.policy.has_type("httpd_t")
    assert found.update[:2] == ("apt-get", "install")


def test_what_holds_no_policy(tmp_path: Path) -> None:
    (tmp_path / "junk.deb").write_bytes(b"!<arch>\njunk")
    (tmp_path / "junk.rpm").write_bytes(b"\xed\xab\xee\xdbjunk")
    (tmp_path / "junk").write_bytes(b"junk")
    (tmp_path / "folder").mkdir()
    other = deb(tmp_path, lambda top: (top / "etc").mkdir())
    before = set(tmp_path.rglob("*"))
    for path in (*(tmp_path / name for name in ("junk.deb", "junk.rpm", "junk", "folder", "missing")), other):
        with pytest.raises(PolicyError) as caught:
            newest.given(path)
        assert str(caught.value).isprintable()
    left = {one for one in set(tmp_path.rglob("*")) - before if one.is_file()}
    assert left == set()


def test_no_package_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(PolicyError, match="neither dnf nor apt-get"):
        newest.offered(Files(Path("/")))


@pytest.mark.policy
def test_what_is_kept_is_bounded_in_number_and_age(tmp_path: Path) -> None:
    cache = tmp_path / "cache/avcdoctor"
    newest.given(deb(tmp_path, with_policy))
    (kept,) = cache.glob("newest-*.policy")
    ages = {"a": 10, "b": 20, "c": 30, "old": 91 * 86_400}
    for name, age in ages.items():
        (cache / f"newest-{name}.policy").write_bytes(b"")
        os.utime(cache / f"newest-{name}.policy", (time.time() - age,) * 2)
    (cache / "newest-x.avcdoctor-y").write_bytes(b"")
    os.utime(cache / "newest-x.avcdoctor-y", (0, 0))
    (cache / "rules.json").write_bytes(b"")
    newest.given(tmp_path / "policy.deb")
    assert {one.name for one in cache.glob("newest-*")} == {kept.name, "newest-a.policy", "newest-b.policy"}
    (kept,) = (one for one in cache.glob("newest-*.policy") if one.stat().st_size)
    for one in cache.glob("newest-[ab].policy"):
        os.utime(one, (time.time() - 91 * 86_400,) * 2)
    newest.given(tmp_path / "policy.deb")
    assert list(cache.glob("newest-*")) == [kept]
    assert (cache / "rules.json").exists()
