"""Reports that hosts made of themselves: merged exactly, and believed only as far as a stranger is."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any, List

import pytest

from avcdoctor import api
from avcdoctor.errors import InputError
from avcdoctor.fleet.reports import Merged, load
from avcdoctor.group.hosts import HostNumbers
from avcdoctor.render.json import json as rendered
from tests.fleet.hosts import log_of


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> List[bytes]:
    folder = tmp_path_factory.mktemp("reports")
    made = []
    for number in range(6):
        path = folder / "audit.log"
        path.write_text(log_of(number, 30))
        made.append(rendered(api.explain([str(path)], policy="reference")).encode())
    return made


def merged(reports: List[bytes], order: List[int]) -> Merged:
    total = Merged()
    for number in order:
        one = Merged()
        one.add(f"web{number}", load(reports[number], "x"))
        total.merge(one)
    return total


def test_every_denial_and_host_is_counted_in_any_order(reports: List[bytes]) -> None:
    order = list(range(6))
    whole = merged(reports, order).incidents(HostNumbers())
    assert sum(incident.denials for incident in whole) == 6 * 30
    first = max(whole, key=lambda one: one.finding.groups[0].host_count)
    assert first.finding.groups[0].host_count == 6
    for seed in range(5):
        random.Random(seed).shuffle(order)
        other = merged(reports, order).incidents(HostNumbers())
        assert [(one.id, one.denials, one.finding.title, one.finding.groups[0].hosts) for one in other] == [
            (one.id, one.denials, one.finding.title, one.finding.groups[0].hosts) for one in whole
        ]


def test_a_report_is_small(reports: List[bytes]) -> None:
    packed = json.dumps(json.loads(reports[3]), separators=(",", ":"))
    assert len(packed) < 60_000


def test_times_and_records_travel_and_add_up(reports: List[bytes]) -> None:
    total = merged(reports, list(range(6)))
    assert total.records == sum(json.loads(one)["input"]["records"] for one in reports) > 6 * 30
    for incident in total.incidents(HostNumbers()):
        for group in incident.finding.groups:
            assert sum(count for _, count in group.times.counts) == group.count


def test_one_host_alone_decides_nothing_for_the_others(reports: List[bytes]) -> None:
    whole = merged(reports, list(range(6)))
    identifier = next(one for one, seen in whole.seen.items() if bin(seen.hosts.members).count("1") == 6)

    def lie(value: Any) -> None:
        for incident in value["incidents"]:
            if incident["id"] == identifier:
                incident["title"] = "trust me"
                incident["remedies"] = [value["remedy"]]

    path = {"path": "/etc/shadow", "recursive": False}
    action = {"do": "restorecon", "parameters": path, "argv": []}
    remedy = {
        "kind": "restorecon", "title": "t", "applicability": "safe", "lasting": True, "resolves": 1, "notes": [],
        "simulation": {"before": "denied", "after": "allowed", "why": "", "policy": ""}, "actions": [action],
    }  # fmt: skip
    lied = changed(reports[0], lambda value: (value.update(remedy=remedy), lie(value)))
    evil = Merged()
    evil.add("a-first-name", load(lied, "x"))
    for one in (whole, evil):
        total = Merged()
        total.merge(one)
        total.merge(evil if one is whole else whole)
        numbers = HostNumbers()
        [incident] = [item for item in total.incidents(numbers) if item.id == identifier]
        assert incident.finding.title != "trust me"
        assert bin(incident.hosts).count("1") == 7
        assert incident.same_hosts is not None
        assert bin(incident.same_hosts).count("1") > 1
        assert not incident.same_hosts >> numbers.names.index("a-first-name") & 1


def changed(data: bytes, change: Any) -> bytes:
    value = json.loads(data)
    change(value)
    return json.dumps(value).encode()


def test_commands_are_derived_anew(reports: List[bytes]) -> None:
    def lie(value: Any) -> None:
        for remedy in value["incidents"][0]["remedies"]:
            for action in remedy["actions"]:
                action["argv"] = ["rm", "-rf", "/"]

    for incident in load(changed(reports[1], lie), "x").incidents:
        for remedy in incident.remedies:
            assert all("rm" not in action.argv for action in (*remedy.actions, *remedy.undo))


def test_text_is_made_safe(reports: List[bytes]) -> None:
    report = load(changed(reports[0], lambda value: value["incidents"][0].update(title="\x1b[2Jx")), "x")
    assert report.incidents[0].finding.title == "\\x1b[2Jx"


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(schema_version=2),
        lambda value: value.update(incidents={}),
        lambda value: value["incidents"][0].update(groups=[]),
        lambda value: value["incidents"][0]["groups"][0].update(count=-1),
        lambda value: value["incidents"][0]["groups"][0].update(count=True),
        lambda value: value["incidents"][0]["remedies"][0].update(kind="evil"),
        lambda value: value["incidents"][0].update(title=7),
        lambda value: value["incidents"][0]["groups"][0].update(first="soon"),
        lambda value: value["incidents"][0]["groups"][0]["times"].update(seconds=7),
        lambda value: value["incidents"][0]["groups"][0].update(times=[1]),
    ],
)
def test_a_damaged_report_is_one_error(reports: List[bytes], change: Any) -> None:
    with pytest.raises(InputError):
        load(changed(reports[0], change), "x")


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b",
        gzip.compress(b"{}")[:-9],
        gzip.compress(b" " * (65 << 20)),
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"schema_version": 1}',
        b"1e999",
    ],
)
def test_what_is_no_report(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load(data, "x")
