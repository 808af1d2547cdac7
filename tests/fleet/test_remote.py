"""Inputs behind URLs: over a real sshd, out of S3, from a web server; large ones in parts where that can be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator, List, NamedTuple

import fsspec
import pytest

from avcdoctor.fleet import engine, remote
from avcdoctor.fleet.sources import Input, find
from avcdoctor.fleet.work import Block, batches, merge, work
from avcdoctor.sources.ranges import Span
from tests.fleet import servers
from tests.fleet.hosts import folder_of, log_of
from tests.fleet.test_work import facts


class Place(NamedTuple):
    """The same files on this machine and behind a URL."""

    here: Path
    url: str


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hosts with small logs, and a central log that is large for these tests; it ends in what can't be read."""
    top = folder_of(tmp_path_factory.mktemp("remote"), 3)
    (top / "central").mkdir()
    broken = "node=web0 type=AVC msg=audit(1700000000.000:9): avc:  denied  { read } for pid=\n"
    (top / "central/central.log").write_text(
        "".join(log_of(number, 60, f"web{number}") for number in range(9)) + broken
    )
    return top


@pytest.fixture(scope="module")
def sftp(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("sshd")
    with pytest.MonkeyPatch.context() as patch, servers.sshd(folder) as address:
        patch.setenv("HOME", str(folder / "home"))
        patch.delenv("SSH_AUTH_SOCK", raising=False)
        yield Place(files, f"sftp://{address}{files}")


@pytest.fixture(scope="module")
def bucket(files: Path) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch, servers.s3() as address:
        for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("ENDPOINT_URL", address)):
            patch.setenv(f"AWS_{name}", value)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        system = fsspec.filesystem("s3")
        system.mkdir("logs")
        system.put(str(files), "logs/all", recursive=True)
        yield Place(files, "s3://logs/all")


@pytest.fixture(params=["sftp", "bucket"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def test_hosts_below_a_url_are_those_of_the_folder(place: Place) -> None:
    there, failed = find([place.url])
    here, _ = find([str(place.here)])
    assert failed == []
    assert [(one.host, one.kind, one.size) for one in there] == [(one.host, one.kind, one.size) for one in here]
    globbed, _ = find([f"{place.url}/web[01]/audit.log"])
    assert [one.host for one in globbed] == ["web0", "web1"]


def test_a_large_log_is_read_in_parts_and_never_copied_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **named: object) -> None:
        raise AssertionError("copied whole")

    system, _ = fsspec.core.url_to_fs(place.url)
    monkeypatch.setattr(type(system), "get_file", refused)
    monkeypatch.setattr(remote, "MOST_BEHIND", 4096)
    [one], _ = find([f"{place.url}/central/central.log"])
    cut = batches([one], block=20_000)
    assert len(cut) > 3
    assert all(isinstance(item, Block) for batch in cut for item in batch)
    [local], _ = find([str(place.here / "central/central.log")])
    found, expected = merge([work(batch) for batch in cut]), work([local])
    assert found.failed == []
    assert [row[:5] for row in facts(found.gathered.reading())] == [
        row[:5] for row in facts(expected.gathered.reading())
    ]
    [unreadable] = found.gathered.tally.examples
    assert unreadable.where.startswith(f"{one.urls[0]}@")
    assert found.gathered.files[0] == one.urls[0]


def test_small_ones_are_copied_and_are_called_by_their_urls(place: Place) -> None:
    inputs, _ = find([f"{place.url}/web*/audit.log"])
    part = work(inputs)
    assert part.failed == []
    assert part.gathered.reading().summary.denials == 3 * 40
    assert part.gathered.files == [url for one in inputs for url in one.urls]


def test_workers_read_over_ssh(sftp: Place) -> None:
    inputs, _ = find([sftp.url])
    here, _ = find([str(sftp.here)])
    there = engine.run(batches(inputs, block=40_000, batch=20_000), workers=2)
    assert there.failed == []
    assert there.gathered.reading().summary.denials == work(here).gathered.reading().summary.denials


def test_a_server_with_another_key_is_refused(sftp: Place) -> None:
    known = Path(os.environ["HOME"]) / ".ssh/known_hosts"
    before = known.read_text()
    cached = type(fsspec.core.url_to_fs(sftp.url)[0])
    key = (known.parent / "id_ed25519.pub").read_text()  # any other key
    for text in (before.split(" ", 1)[0] + " " + key, ""):
        known.write_text(text)
        try:
            cached.clear_instance_cache()
            found, failed = find([sftp.url])
        finally:
            known.write_text(before)
        assert found == []
        assert "can't be listed" in failed[0]


def test_a_web_server_without_ranges_gives_the_file_whole(files: Path) -> None:
    with servers.web(files) as address:
        url = f"{address}/central/central.log"
        [one] = batches([Input("", "logs", (url,), 200_000)], block=20_000)
        assert isinstance(one[0], Input)
        part = work(one)
        assert part.failed == []
        assert part.gathered.reading().summary.denials == 9 * 60
        gone = work([Input("gone", "logs", (f"{address}/nothing.log",), 10)])
        assert gone.failures == 1
        assert gone.failed[0].startswith("gone: ")


def test_what_a_file_system_raises_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(Exception):
        """Such as paramiko's."""

    def odd(*args: object, **named: object) -> List[object]:
        raise Odd("the line is cut")

    monkeypatch.setattr("fsspec.implementations.memory.MemoryFileSystem.info", odd)
    part = work([Input("web1", "logs", ("memory:///x/audit.log",), 10)])
    assert part.failed == ["web1: Odd: the line is cut"]
    with pytest.raises(OSError, match="Odd"), remote.part(Span("memory:///x/audit.log", 0, 1), 1):
        pass
