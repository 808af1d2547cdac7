"""A fleet read in parts gives what one reading of the same bytes gives, whatever the parts and their order."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avcdoctor.fleet.sources import Input, find
from avcdoctor.fleet.work import Block, Part, batches, effort, merge, work
from avcdoctor.model import Reading
from avcdoctor.read import read
from avcdoctor.sources.ranges import Span
from tests.fleet.hosts import folder_of, log_of


def facts(reading: Reading) -> List[Any]:
    """What must be equal: groups, counts, times, hosts, examples; not the places of hosts in a set."""
    return [
        (
            group.key, group.count, dict(group.permissions), group.first, group.last, group.permissive, group.objects,
            group.processes, group.host_count, sorted(group.hosts), [one.raw for one in group.examples],
        )
        for group in reading.groups
    ]  # fmt: skip


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("fleet"), 12)


@pytest.fixture(scope="module")
def parts(fleet: Path) -> List[Part]:
    return [work([one]) for one in find([str(fleet)])[0]]


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_merging_is_associative_and_commutative(parts: List[Part], draw: random.Random, width: int) -> None:
    whole = merge(parts).gathered.reading()
    shuffled = list(parts)
    draw.shuffle(shuffled)
    while len(shuffled) > 1:
        shuffled = [merge(shuffled[at : at + width + 1]) for at in range(0, len(shuffled), width + 1)]
    assert facts(shuffled[0].gathered.reading()) == facts(whole)
    assert shuffled[0].gathered.reading().summary.denials == whole.summary.denials == 12 * 40


@pytest.mark.parametrize("size", [5_000, 20_000, 70_000, 1 << 20])
def test_a_large_log_in_blocks_is_the_log(tmp_path: Path, size: int) -> None:
    path = tmp_path / "central.log"
    path.write_text("".join(log_of(number, 60, f"node{number}") for number in range(12)))
    one = Input("", "logs", (str(path),), path.stat().st_size)
    cut = batches([one], block=size)
    assert (len(cut) > 1) == (path.stat().st_size > size)
    assert all(isinstance(item, Block) for batch in cut for item in batch) == (len(cut) > 1)
    found = merge([work(batch) for batch in cut]).gathered.reading()
    expected = read([str(path)])
    assert found.summary.denials == expected.summary.denials == 12 * 60
    counted = [(group.key, group.count, group.first, group.last, group.host_count) for group in expected.groups]
    assert [(group.key, group.count, group.first, group.last, group.host_count) for group in found.groups] == counted


def test_a_central_log_is_no_host(tmp_path: Path) -> None:
    (tmp_path / "central.log").write_text(log_of(1, 5, "web1") + log_of(2, 5, "web2"))
    (tmp_path / "quiet.log").write_text("type=CRED_ACQ msg=audit(1700000000.000:1): pid=1\n")
    part = work(find([str(tmp_path)])[0])
    assert part.read == {"quiet"}
    assert sorted(part.gathered.grouper.hosts()) == ["web1", "web2"]


def test_what_takes_longer_than_its_bytes_tell() -> None:
    raw = effort(Input("a", "logs", ("/a/audit.log",), 1000))
    assert raw == effort(Block("", Span("/a", 0, 1000), 5000)) == 1000
    for kind, url in (
        ("logs", "/a/audit.log.1.gz"),
        ("report", "/a.json.gz"),
        ("sosreport", "/s.tar"),
        ("logs", "s3://a/b"),
    ):
        assert effort(Input("a", kind, (url,), 1000)) > raw


def test_small_inputs_go_together() -> None:
    inputs = [Input(str(number), "logs", (f"/{number}",), 10) for number in range(7)]
    assert [len(batch) for batch in batches(inputs, batch=30)] == [3, 3, 1]


def test_what_can_not_be_read_is_named_and_loses_nothing_else(fleet: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "sosreport-a-1.tar.xz").write_bytes(b"no archive")
    (tmp_path / "gone.log").write_text("x")
    inputs = find([str(tmp_path), str(fleet)])[0]
    (tmp_path / "gone.log").unlink()
    part = work(inputs)
    assert part.failures == 3
    assert part.inputs == len(inputs) == 15
    assert part.gathered.reading().summary.denials == 12 * 40
    assert all(text.isprintable() for text in part.failed)


def test_the_number_of_failures_is_exact_and_their_names_are_few() -> None:
    one = Part()
    for number in range(100):
        one.fail(f"h{number}", "no")
    total = merge([one, one])
    assert total.failures == 200
    assert len(total.failed) == 20
