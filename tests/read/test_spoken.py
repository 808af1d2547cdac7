"""What only a sentence tells is a group of its own; what a record tells as well is not told twice."""

from __future__ import annotations

from pathlib import Path
from typing import List, Tuple

import pytest

from avcdoctor.model import TEXT, Reading
from avcdoctor.read import read

ALERT = "077cb3b9-af2d-4cd5-82c7-ddbf2017738b"
HEAD = "Jun 12 02:13:20 web1 setroubleshoot[2900]: "
SENTENCE = "SELinux is preventing /usr/sbin/app from read access on the file x.db."
LINE = f"{HEAD}{SENTENCE} For complete SELinux messages run: sealert -l {ALERT}\n"
REPORT = (
    f"Jun 12 02:13:20 web1 python3[2900]: {SENTENCE}#012#012*****  Plugin catchall (100. confidence) suggests   ****\n"
)
RECORD = (
    'type=AVC msg=audit(1655000000.123:456): avc:  denied  {{ read }} for  pid=7 comm="{comm}" name="{name}" '
    "ino=7 scontext=u:r:app_t:s0 tcontext=u:object_r:data_t:s0 tclass=file permissive=0\n"
)


def reading(text: str, path: Path) -> Reading:
    log = path / "messages"
    log.write_text(text)
    return read([str(log)])


def told(found: Reading) -> List[Tuple[str, int]]:
    return [(group.source, group.count) for group in found.groups]


def test_a_line_and_its_report_are_one_denial(tmp_path: Path) -> None:
    found = reading((LINE + REPORT) * 3, tmp_path)
    (group,) = found.groups
    assert (group.source, group.target, group.tclass, group.count) == ("", "", "file", 3)
    assert (dict(group.permissions), group.provenance, group.told) == ({"read": 3}, TEXT, False)
    assert (found.summary.denials, found.summary.unreadable, found.summary.warnings) == (3, 0, ())
    assert [one.value for one in (*group.objects, *group.processes)] == ["x.db", "app"]


def test_a_report_alone_counts(tmp_path: Path) -> None:
    assert told(reading(REPORT, tmp_path)) == [("", 1)]


@pytest.mark.parametrize("comm", ["app", "app-worker-7"])
def test_what_a_record_tells_is_told_once(comm: str, tmp_path: Path) -> None:
    """A record alone names the thread, the sentence the program."""
    text = "Jun 12 02:13:20 web1 kernel: hello\n" + LINE + RECORD.format(comm=comm, name="x.db")
    assert told(reading(text, tmp_path)) == [("app_t", 1)]


@pytest.mark.parametrize("record", [RECORD.format(comm="app", name="y.db"), RECORD.format(comm="other", name="z")])
def test_another_object_is_another_denial(record: str, tmp_path: Path) -> None:
    assert told(reading("Jun 12 hello\n" + record + LINE, tmp_path)) == [("app_t", 1), ("", 1)]


def test_each_program_and_object_is_a_group_and_permissions_are_joined(tmp_path: Path) -> None:
    text = (
        LINE + LINE.replace("read access", "'open' accesses") + LINE.replace("x.db", "y.db") + LINE.replace("app", "b")
    )
    groups = reading(text, tmp_path).groups
    assert [(group.count, sorted(group.permissions), group.objects[0].value) for group in groups] == [
        (2, ["open", "read"], "x.db"),
        (1, ["read"], "y.db"),
        (1, ["read"], "x.db"),
    ]


def test_in_an_audit_trail_a_sentence_is_a_name(tmp_path: Path) -> None:
    record = RECORD.format(comm="app", name="").replace('""', SENTENCE.encode().hex().upper())
    assert told(reading(record, tmp_path)) == [("app_t", 1)]
    assert told(reading(RECORD.format(comm="app", name=SENTENCE), tmp_path)) == [("app_t", 1)]


def test_more_sentences_than_are_kept_are_counted(tmp_path: Path) -> None:
    text = "".join(LINE.replace("x.db", f"{number}.db") for number in range(1030))
    summary = reading(text, tmp_path).summary
    assert (summary.denials, summary.unreadable) == (1024, 6)
