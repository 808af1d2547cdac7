"""Nothing lost, nothing invented: counts equal the truth that the log's maker knows, however the log is read."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Dict, List, Tuple

import pytest

from avcdoctor.group import grouper
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Group, Reading
from avcdoctor.read import read
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast import parallel as spans
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader
from avcdoctor.sources.ranges import whole
from bench.generate import FORMATS, Truth, generate

SEEDS = range(60)
RAW = ("raw", "enriched", "node")


def make(seed: int, shape: str, size: int = 60_000, share: float = 0.2, **more: float) -> Tuple[bytes, Truth]:
    made = list(generate(seed, size, share, shape, **more))  # type: ignore[arg-type]
    return "".join(line + "\n" for line, _ in made).encode(), made[-1][1]


def counted(groups: Tuple[Group, ...]) -> Dict[Tuple[str, str, str], int]:
    return {(group.source, group.target, group.tclass): group.count for group in groups}


def scanned(pieces: List[bytes]) -> Reading:
    grouper, tally = Grouper(), Tally()
    scanner = Scanner(grouper, tally)
    scanner.begin("log")
    for piece in pieces:
        scanner.feed(piece)
    scanner.finish()
    return Reading(grouper.groups(), tally.summary(["log"]))


def read_plainly(data: bytes) -> Reading:
    grouper, tally = Grouper(), Tally()
    reader = PlainReader(grouper, tally)
    reader.read(data.splitlines(), "log", trail=True)
    reader.finish("log")
    return Reading(grouper.groups(), tally.summary(["log"]))


def cut(data: bytes, pick: random.Random, most: int) -> List[bytes]:
    pieces = []
    while data:
        size = pick.randint(1, most)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def comparable(groups: Tuple[Group, ...]) -> set[object]:
    """Groups with the examples' order left out: two readers may complete events in another order."""
    return {
        (
            group.key,
            group.count,
            group.first,
            group.last,
            group.permissive,
            tuple(group.permissions.items()),
            group.objects,
            group.processes,
            group.ports,
            group.source_contexts,
            group.target_contexts,
            frozenset((d.event, d.permissions, d.path, d.comm, d.exe, d.proctitle, len(d.raw)) for d in group.examples),
        )
        for group in groups
    }


@pytest.mark.parametrize("shape", FORMATS)
@pytest.mark.parametrize("seed", SEEDS)
def test_counts_are_the_truth(tmp_path: Path, seed: int, shape: str) -> None:
    data, truth = make(seed, shape)
    log = tmp_path / "audit.log"
    log.write_bytes(data)
    reading = read([str(log)])
    assert counted(reading.groups) == dict(truth.groups)
    assert reading.summary.denials == truth.counts["denials"]
    assert reading.summary.unreadable == 0
    for group in reading.groups:
        expected: Dict[str, int] = {}
        for (*key, permissions), count in truth.permissions.items():
            if tuple(key) == (group.source, group.target, group.tclass):
                for permission in permissions.split():
                    expected[permission] = expected.get(permission, 0) + count
        assert dict(group.permissions) == expected


@pytest.mark.parametrize("shape", RAW)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_scanner_finds_what_the_general_reader_finds(seed: int, shape: str) -> None:
    data, truth = make(seed, shape)
    pick = random.Random(seed)
    fast = scanned(cut(data, pick, pick.choice([3, 100, 5_000, 100_000]) if seed % 10 else 1_000_000))
    slow = read_plainly(data)
    assert counted(fast.groups) == dict(truth.groups)
    assert comparable(fast.groups) == comparable(slow.groups)
    assert fast.summary.denials == slow.summary.denials == truth.counts["denials"]
    assert (fast.summary.first, fast.summary.last) == (slow.summary.first, slow.summary.last)


@pytest.mark.parametrize("seed", range(12))
def test_two_cores_give_what_one_gives(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for number in range(1 + seed % 3):
        data, _ = make(seed * 10 + number, "raw", 150_000, 0.5)
        files.append(tmp_path / f"audit.log.{9 - number}")
        files[-1].write_bytes(data)
    parts = [whole(str(file)) for file in files]
    monkeypatch.setattr(spans, "_WORTH_TWO", 1)
    monkeypatch.setattr(spans, "_cores", lambda: 2)
    two = spans.scan_spans(parts, None, None)
    monkeypatch.setattr(spans, "_cores", lambda: 1)
    one = spans.scan_spans(parts, None, None)
    assert two.grouper.groups() == one.grouper.groups()
    assert two.tally.summary([]) == one.tally.summary([])


@pytest.mark.parametrize("most", [1, 30, 60, 90, 120, 150, 200])
def test_a_limit_gives_what_one_core_gives_and_no_byte_is_scanned_twice(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "audit.log"
    file.write_bytes(make(3, "raw", 400_000, 0.9)[0])
    monkeypatch.setattr(grouper, "_MOST_EXAMPLES", most)
    monkeypatch.setattr(spans, "_WORTH_TWO", 1)
    outcomes, sizes = [], []
    for cores in (1, 2):
        monkeypatch.setattr(spans, "_cores", lambda cores=cores: cores)
        told: List[int] = []
        outcomes.append(spans.scan_spans([whole(str(file))], None, None, told.append))
        sizes.append(sum(told))
    assert outcomes[0].grouper.groups() == outcomes[1].grouper.groups()
    assert outcomes[0].tally.summary([]) == outcomes[1].tally.summary([])
    assert sizes == [file.stat().st_size] * 2


@pytest.mark.parametrize("seed", range(12))
def test_rotated_compressed_and_piped_logs_read_as_one(tmp_path: Path, seed: int) -> None:
    data, truth = make(seed, "raw", 400_000, 0.3)
    whole_log = tmp_path / "whole.log"
    whole_log.write_bytes(data)
    middle = data.find(b"\n", len(data) // 3) + 1
    (tmp_path / "audit.log").write_bytes(data[middle:])
    (tmp_path / "audit.log.1").write_bytes(data[:middle])
    packed = tmp_path / "whole.log.gz"
    packed.write_bytes(gzip.compress(data))
    expected = read([str(whole_log)])
    assert counted(expected.groups) == dict(truth.groups)
    for paths in ([str(tmp_path)], [str(packed)], [str(tmp_path / "audit.log.1"), str(tmp_path / "audit.log")]):
        assert read(paths).groups == expected.groups


@pytest.mark.parametrize("seed", range(10))
def test_a_time_span_is_read_exactly(tmp_path: Path, seed: int) -> None:
    data, _ = make(seed, "raw", 1_500_000, 0.05, rate=50.0)
    log = tmp_path / "audit.log"
    log.write_bytes(data)
    full = read_plainly(data).summary
    assert full.first is not None
    assert full.last is not None
    since = full.first + (full.last - full.first) // 3
    until = full.first + (full.last - full.first) // 2
    grouper, tally = Grouper(), Tally(since, until)
    reader = PlainReader(grouper, tally)
    reader.read(data.splitlines(), "log", trail=True)
    reader.finish("log")
    reading = read([str(log)], since=since, until=until)
    assert comparable(reading.groups) == comparable(grouper.groups())
    assert reading.summary.denials == tally.denials


@pytest.mark.parametrize("seed", range(6))
def test_categories_of_their_own_for_every_process(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers: where vectors differ in categories only, they are counted together, and nothing else changes."""
    monkeypatch.setattr("avcdoctor.read.fast.table._MANY", 20)
    data, truth = make(seed, "raw", 200_000, 0.8)
    fast, slow = scanned([data]), read_plainly(data)
    assert counted(fast.groups) == dict(truth.groups)
    assert comparable(fast.groups) == comparable(slow.groups)
