from __future__ import annotations

import io
import os
import random
import stat
import tarfile
from pathlib import Path
from typing import Dict, Union

import pytest

from avcdoctor.errors import InputError
from avcdoctor.host import open_host
from avcdoctor.sources import roots
from avcdoctor.sources.files import find_logs

Content = Union[bytes, tarfile.TarInfo]


def pack(path: Path, members: Dict[str, Content], mode: str = "w:xz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            data = content if isinstance(content, bytes) else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def link(target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(("mode", "suffix"), [("w:xz", "tar.xz"), ("w:gz", "tar.gz"), ("w", "tar")])
def test_a_packed_sosreport_is_a_root(tmp_path: Path, mode: str, suffix: str) -> None:
    top = "sosreport-web-2026"
    archive = pack(
        tmp_path / f"report.{suffix}",
        {
            f"{top}/etc/os-release": b'NAME="Rocky Linux"\n',
            f"{top}/etc/passwd": b"web:x:48:48::/:/bin/false\n",
            f"{top}/var/log/audit/audit.log": b"type=AVC\n",
            f"{top}/installed-rpms": b"selinux-policy-38.1-2.el9.noarch  today\n",
            f"{top}/var/log/wtmp": b"not of use\n",
        },
        mode,
    )
    host = open_host(policy="reference", root=str(archive))
    assert host.files.user_name(48) == "web"
    assert host.packages.installed("selinux-policy") is not None
    assert not host.files.exists("/var/log/wtmp")
    (log,) = find_logs([], str(archive))
    assert log.startswith(str(host.root))  # unpacked once
    assert Path(log).read_bytes() == b"type=AVC\n"


def test_an_unpacked_sosreport_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "sosreport-web" / "etc").mkdir(parents=True)
    assert roots.directory(str(tmp_path)) == tmp_path / "sosreport-web"
    assert roots.directory(str(tmp_path / "sosreport-web")) == tmp_path / "sosreport-web"
    assert roots.directory(None) == Path("/")


def test_hostile_members_stay_out(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    device = tarfile.TarInfo()
    device.type = tarfile.CHRTYPE
    archive = pack(
        tmp_path / "evil.tar",
        {
            "../victim/etc/one": b"x",
            f"{victim}/etc/two": b"x",
            "etc/jump": link(str(victim)),
            "etc/jump/three": b"x",
            "etc/hosts": b"first",
            "./etc/hosts": b"second",
            "etc/hard": link("etc/hosts", tarfile.LNKTYPE),
            "etc/device": device,
        },
        "w",
    )
    top = roots.directory(str(archive))
    assert list(victim.rglob("*")) == []
    assert (top / "etc/hosts").read_bytes() == b"first"
    assert (top / "etc/jump").is_symlink()
    assert not (top / "etc/device").exists()
    assert stat.S_IMODE((top / "etc/hosts").stat().st_mode) == 0o600
    assert not (top / "etc/hard").exists()


def test_members_deeper_than_any_systems_stay_out(tmp_path: Path) -> None:
    archive = pack(tmp_path / "deep.tar", {"etc/hosts": b"x", "etc/" + "d/" * 1200 + "x": b"x"}, "w")
    top = roots.directory(str(archive))
    assert (top / "etc/hosts").is_file() and not (top / "etc/d").exists()


def test_limits_and_damage_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pack(tmp_path / "whole.tar.xz", {"etc/a": b"a" * 5000, "etc/b": random.Random(1).randbytes(9000)})
    cut = tmp_path / "cut.tar.xz"
    cut.write_bytes(whole.read_bytes()[:4000])
    with pytest.raises(InputError, match=r"cut\.tar\.xz (is damaged|is no archive)"):
        roots.directory(str(cut))
    monkeypatch.setattr(roots, "MOST_BYTES", 6000)
    with pytest.raises(InputError, match="would become larger than"):
        roots.directory(str(whole))
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    with pytest.raises(InputError, match="no archive that can be read"):
        roots.directory(str(text))
    with pytest.raises(InputError, match="there is no root"):
        roots.directory(str(tmp_path / "nothing"))


@pytest.mark.parametrize("moment", ["nan", "inf", "-1e300", "1e300"])
def test_a_time_that_no_file_can_have_is_no_obstacle(tmp_path: Path, moment: str) -> None:
    info = tarfile.TarInfo()
    info.pax_headers = {"mtime": moment}
    info.size = 0
    archive = pack(tmp_path / "odd.tar", {"etc/hosts": info}, "w")
    assert (roots.directory(str(archive)) / "etc/hosts").is_file()


def test_what_is_only_claimed_to_be_there_is_refused(tmp_path: Path) -> None:
    huge = tarfile.TarInfo("etc/huge")
    huge.size = 3 << 30
    claimed = tmp_path / "claimed.tar"
    claimed.write_bytes(huge.tobuf() + b"x" * 1000)
    with pytest.raises(InputError, match="would become larger than 256 MiB"):
        roots.directory(str(claimed))
    holes = tarfile.TarInfo("GNUSparseFile.0/hosts")
    holes.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "etc/hosts",
        "GNU.sparse.realsize": str(100 << 20),
    }
    data = f"1\n{(100 << 20) - 1}\n1\n".encode().ljust(512, b"\0") + b"x"
    holes.size = len(data)
    with tarfile.open(tmp_path / "holes.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(holes, io.BytesIO(data))
    assert not (roots.directory(str(tmp_path / "holes.tar")) / "etc/hosts").exists()


def test_a_root_is_a_directory_or_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="neither a directory nor a regular file"):
        roots.directory(str(tmp_path / "pipe"))


def test_a_roots_log_is_never_a_file_of_this_machine(tmp_path: Path) -> None:
    outside = tmp_path / "outside.log"
    outside.write_text("type=AVC\n")
    root = tmp_path / "root"
    (root / "var/log/audit").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "data").mkdir()
    (root / "data/kept.log").write_text("kept")
    (root / "var/log/audit/audit.log").symlink_to(outside)
    (root / "var/log/audit/audit.log.1").symlink_to("../../../data/kept.log")
    assert find_logs([], str(root)) == [str(root / "data/kept.log")]
    (root / "var/log/audit/audit.log.1").unlink()
    with pytest.raises(InputError, match="there is no audit log"):
        find_logs([], str(root))
