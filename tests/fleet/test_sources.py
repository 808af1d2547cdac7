"""Which files belong to which host, by folder, name, pattern, and URL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avcdoctor.errors import UsageError
from avcdoctor.fleet.sources import find, shown


def put(top: Path, *names: str) -> None:
    for name in names:
        place = top / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x")


def test_one_folder_a_host_and_its_rotated_files_the_oldest_first(tmp_path: Path) -> None:
    put(tmp_path, "web1/audit.log", "web1/audit.log.1", "web1/audit.log.10.gz", "db/var/log/audit/audit.log")
    found, failed = find([str(tmp_path)])
    assert failed == []
    assert [one.host for one in found] == ["db", "web1"]
    assert [Path(url).name for url in found[1].urls] == ["audit.log.10.gz", "audit.log.1", "audit.log"]


def test_names_of_files_and_kinds(tmp_path: Path) -> None:
    put(tmp_path, "web1.log", "web2-audit.log.1", "audit.log", "db.json", "sosreport-app7-2026-11-01-abcdefg.tar.xz")
    found, _ = find([str(tmp_path)])
    assert sorted((one.host, one.kind) for one in found) == [
        ("", "logs"), ("app7", "sosreport"), ("db", "report"), ("web1", "logs"), ("web2", "logs")
    ]  # fmt: skip


def test_a_pattern_says_where_the_host_is(tmp_path: Path) -> None:
    put(tmp_path, "eu/hosts/web1/audit.log", "us/hosts/web2/audit.log")
    found, _ = find([f"{tmp_path}/*/hosts/*/audit.log"], "hosts/{host}/audit.log*")
    assert [one.host for one in found] == ["web1", "web2"]
    with pytest.raises(UsageError):
        find([str(tmp_path)], "hosts/*/audit.log")


def test_links_and_pipes_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, "web1/audit.log")
    (tmp_path / "web1/link.log").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "web1/pipe.log")
    [one], _ = find([str(tmp_path)])
    assert [Path(url).name for url in one.urls] == ["audit.log"]


def test_urls_and_what_is_not_there(tmp_path: Path) -> None:
    put(tmp_path, "web1/audit.log")
    found, failed = find([f"file://{tmp_path}", str(tmp_path / "no"), "nosuch://x/y"])
    assert [one.host for one in found] == ["web1"]
    assert len(failed) == 2
    assert all(text.isprintable() for text in failed)


def test_a_password_is_never_shown() -> None:
    assert shown("sftp://me:secret@host:22/logs/a") == "sftp://me@host:22/logs/a"
    assert shown("/srv/a:b@c") == "/srv/a:b@c"
    assert shown("s3://bucket/a:b@c") == "s3://bucket/a:b@c"
    [told] = find(["nosuch://me:secret@host/x"])[1]
    assert "secret" not in told


def test_a_folder_in_memory() -> None:
    import fsspec  # noqa: PLC0415 - only here

    system = fsspec.filesystem("memory")
    system.pipe("/fleet/web1/audit.log", b"x")
    [one], _ = find(["memory://fleet"])
    assert (one.host, one.urls) == ("web1", ("memory:///fleet/web1/audit.log",))
