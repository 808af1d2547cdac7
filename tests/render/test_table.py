"""The table: each incident once, as much as fits, in the order that was asked for."""

import json

import pytest

from avcdoctor.render import FORMATS, How
from avcdoctor.render.columns import columns
from tests.render import reports


@pytest.mark.parametrize("width", [80, 140, 200])
def test_one_line_each_and_never_too_wide(width, snapshot):
    shown = FORMATS["list"](reports.storm(12), How(width))
    assert len(shown.splitlines()) == 13
    assert all(columns(line) <= width for line in shown.splitlines())
    assert shown == snapshot


def test_orders():
    report = reports.storm(30)
    by = {name: [json.loads(line) for line in FORMATS["json-lines"](report, How(sort=name)).splitlines()] for name in
          ("danger", "count", "last", "host")}  # fmt: skip
    assert {len(lines) for lines in by.values()} == {30}
    assert [one["denials"] for one in by["count"]] == sorted((one["denials"] for one in by["count"]), reverse=True)
    seen = [one["last"] or "" for one in by["last"]]
    assert seen == sorted(seen, reverse=True)
    assert [bool(one["hosts"]) for one in by["host"]] == sorted(
        (bool(one["hosts"]) for one in by["host"]), reverse=True
    )
    assert by["danger"][0]["rank"] == "danger"


def test_lines_are_ascii_and_whole():
    lines = FORMATS["json-lines"](reports.full()).splitlines()
    assert len(lines) == 4
    assert all(line.isascii() for line in lines)
    first = json.loads(lines[0])
    assert (first["id"], first["rank"], first["remedy"]["kind"]) == ("no5bad", "danger", "keep-denied")


def test_nothing_is_nothing():
    assert FORMATS["list"](reports.nothing()) == ""
    assert FORMATS["json-lines"](reports.nothing()) == ""
