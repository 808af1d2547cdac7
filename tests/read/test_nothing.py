"""A text without a record says what it is, and what to bring instead; it is never an all-clear."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from avcdoctor.cli.main import main
from avcdoctor.read import read
from avcdoctor.read.shapes.nothing import found_instead

LINE = (
    b"Jun 12 02:13:20 web1 setroubleshoot[2900]: SELinux is preventing /usr/sbin/app from read access on the file "
    b"index.html. For complete SELinux messages run: sealert -l 077cb3b9-af2d-4cd5-82c7-ddbf2017738b\n"
)


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


def test_setroubleshoots_line_tells_what_is_there_and_how_to_get_the_rest() -> None:
    what, hint = found_instead(LINE)
    assert "/usr/sbin/app was denied read on file index.html" in what
    assert "sealert -l 077cb3b9-af2d-4cd5-82c7-ddbf2017738b" in hint
    assert "ausearch -m AVC -c app --raw" in hint
    odd = found_instead(LINE.replace(b"/usr/sbin/app", b"/tmp/$(id)"))[1]
    assert "$(id)" not in odd


def test_a_log_with_records_says_nothing_of_the_kind(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(gzip.compress(b'type=CWD msg=audit(1.000:1): cwd="/"\n'))
    summary = read([str(log)]).summary
    assert (summary.records, summary.warnings) == (1, ())


def test_exit_code_and_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    log.write_bytes(LINE)
    assert main(["explain", "--policy", "reference", str(log)]) == 3
    assert "setroubleshoot" in capsys.readouterr().err


def test_setroubleshoots_lines_are_all_told_with_what_can_be_looked_at() -> None:
    line = b"Jun 12 02:13:21 web1 setroubleshoot[3]: SELinux is preventing "
    what, _ = found_instead(
        line
        + b"httpd from name_bind access on the tcp_socket port 8888.\n"
        + (line + b"app from read access on the file x.\n") * 2
    )
    assert "httpd was denied name_bind on tcp_socket 8888" in what
    assert "app was denied read on file x (2 times)" in what
    what, _ = found_instead(line + b"httpd from name_bind access on the tcp_socket port 8888.\n")
    assert what.endswith("semanage port -l | grep -w 8888")
    what, _ = found_instead(line + b"app from read access on the file /srv/a.\n")
    assert what.endswith("matchpathcon -V /srv/a")
    what, _ = found_instead(line + b"app from read access on the file /srv/$(id).\n")
    assert "matchpathcon" not in what
