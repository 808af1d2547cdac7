"""A folded text that stands line by line in the rows of a table, or in events, is put together before it is read."""

from __future__ import annotations

import csv
import html
import io
import json
from typing import Callable, Dict, List

import pytest

from avcdoctor.read.shapes.columns import behind_prefixes, is_torn
from tests.read.wrappings import FOLDS, records, told

Carry = Callable[[List[str]], str]


def rows(cells: List[List[str]], quoting: int = csv.QUOTE_ALL) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=quoting).writerows(cells)  # type: ignore[arg-type]
    return out.getvalue()


def each(write: Callable[[str], str]) -> Carry:
    return lambda lines: "".join(write(line) for line in lines)


CARRIERS: Dict[str, Carry] = {
    "a list": lambda lines: json.dumps({"host": "web1", "message": lines}, indent=2),
    "a list alone": json.dumps,
    "text and list": lambda lines: json.dumps({"stdout": "\n".join(lines), "stdout_lines": lines}),
    "events": each(lambda line: json.dumps({"@timestamp": "t", "message": line}) + "\n"),
    "events in a list": lambda lines: json.dumps([{"@timestamp": "t", "message": line} for line in lines]),
    "docker": each(lambda line: json.dumps({"log": line + "\n", "stream": "stdout", "time": "t"}) + "\n"),
    "loki": lambda lines: json.dumps({"data": {"result": [{"stream": {}, "values": [["1", line] for line in lines]}]}}),
    "fluentd": each(lambda line: "2022-06-12T02:13:20+00:00\tx\t" + json.dumps({"message": line}) + "\n"),
    "csv": lambda lines: rows([["time", "message"], *(["2022", line] for line in lines)]),
    "csv with few quotes": lambda lines: rows([["2022", line] for line in lines], csv.QUOTE_MINIMAL),
    "one column": lambda lines: rows([[line] for line in lines]),
    "tabs": each(lambda line: f"2022\t{line}\n"),
    "markdown": lambda lines: "| t | m |\n|---|---|\n" + "".join(f"| 2022 | {line} |\n" for line in lines),
    "html": lambda lines: (
        "<table>" + "".join(f"<tr><td>2022</td><td>{html.escape(line)}</td></tr>\n" for line in lines) + "</table>"
    ),
    "syslog": each(lambda line: f"Jun 12 02:13:20 web1 logger[7]: {line}\n"),
    "a container's log": each(lambda line: f"2022-06-12T02:13:20.123456789Z stdout F {line}\n"),
    "rfc5424": each(lambda line: f"<30>1 2022-06-12T02:13:20.123Z web1 audit - - - {line}\n"),
    "a comment": each(lambda line: f"- # {line}\n"),
    "yaml": lambda lines: "lines:\n" + "".join(f"- {json.dumps(line)}\n" for line in lines),
}


@pytest.mark.parametrize("fold", ["hard 80", "hard 100", "soft 72"])
@pytest.mark.parametrize("name", sorted(CARRIERS))
def test_each_carrier(name: str, fold: str) -> None:
    for seed in (3, 5, 8):
        text = records(seed)
        assert told(CARRIERS[name](FOLDS[fold](text).splitlines()).encode()) == told(text.encode())


def test_a_record_that_was_cut_off_is_not_joined_with_the_next_one() -> None:
    cut = "type=AVC msg=audit(1.000:1): avc:  denied  { read } for  pid=1 comm="
    assert not is_torn([cut, "type=AVC msg=audit(2.000:2): avc:  denied  { read } for  pid=1"])
    assert not is_torn([cut, ""])
    assert is_torn([cut, '"a" scontext=u:r:a_t:s0 tcontext=u:r:b_t:s0 tclass=file'])


def test_other_columns_keep_their_records() -> None:
    head = "type=AVC msg=audit(1.000:%d): avc:  denied  { read } for  pid=1 "
    contexts = "scontext=u:r:a_t:s0 tcontext=u:r:%s_t:s0"
    whole = f"{head % 1}{contexts % 'b'} tclass=file"
    torn = [f"{head % 2}{contexts % 'c'}", "tclass=file"]
    text = "".join(json.dumps({"a": part, "b": other}) + "\n" for part, other in zip(torn, [whole, "nothing"]))
    assert [one[1] for one in told(text.encode()).denials] == ["b_t", "c_t"]


def test_the_first_words_of_records_are_no_prefix() -> None:
    lines = b"type=AVC msg=audit(1.2:3): avc:  denied  { read } for comm=\ntype=AVC msg=audit(1.2:4): avc:  denied\n"
    assert behind_prefixes(lines) is None
