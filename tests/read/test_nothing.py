"""A text without a record says what it is, and what to bring instead; it is never an all-clear."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from avcdoctor.cli.main import main
from avcdoctor.read import read
from avcdoctor.read.shapes.nothing import found_instead

LINE = b"At 02:13:20 06/12/2022 apache, acting as system, unsuccessfully accessed-mac-policy-controlled-object\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\n\0\0\n", "is empty"),
        (b"%PDF-1.7\nx", "PDF"),
        (b"\x7fELF\x02\x01", "a program"),
        (b"PK\x03\x04rest", "zip"),
        (b"LPKSHHRH\0\0", "journalctl --file"),
        (b"<!DOCTYPE html><html>no records</html>", "web page"),
        (b"NODE,EVENT,DATE,TIME,SERIAL_NUM\n,AVC,06/12/2022\n", "ausearch"),
        (b"hello\n", "no audit records"),
        (b"\x01\x02\0\x03", "binary"),
    ],
)
def test_what_it_is(data: bytes, words: str, tmp_path: Path) -> None:
    assert words in " ".join(found_instead(data))
    log = tmp_path / "log"
    log.write_bytes(data)
    (warning,) = read([str(log)]).summary.warnings
    assert words in warning


def test_setroubleshoots_words_that_are_not_read_lead_to_the_record() -> None:
    old = b'SELinux is preventing app (app_t) "read" to ./x (data_t). For complete SELinux messages. run sealert -l '
    what, hint = found_instead(old + b"077cb3b9-af2d-4cd5-82c7-ddbf2017738b\n")
    assert "not read" in what
    assert "sealert -l 077cb3b9-af2d-4cd5-82c7-ddbf2017738b" in hint
    assert "ausearch" in hint


def test_a_log_with_records_says_nothing_of_the_kind(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(gzip.compress(b'type=CWD msg=audit(1.000:1): cwd="/"\n'))
    summary = read([str(log)]).summary
    assert (summary.records, summary.warnings) == (1, ())


def test_exit_code_and_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    log.write_bytes(LINE)
    assert main(["explain", "--policy", "reference", str(log)]) == 3
    assert "ausearch" in capsys.readouterr().err
