"""The journal: entries become auditd's lines."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Dict, Tuple

import pytest

from avcdoctor.errors import InputError
from avcdoctor.read import read
from avcdoctor.sources import journal

VECTOR = (
    'AVC avc:  denied  { read } for  pid=41 comm="app" name="x.db" dev="dm-0" ino=77 '
    "scontext=system_u:system_r:app_t:s0 tcontext=system_u:object_r:data_t:s0 tclass=file permissive=0"
)


def entry(message: object, name: str = "AVC", number: int = 7, **more: str) -> str:
    fields = {
        "MESSAGE": message,
        "_AUDIT_TYPE_NAME": name,
        "_AUDIT_ID": str(number),
        "_TRANSPORT": "audit",
        "_SOURCE_REALTIME_TIMESTAMP": "1700000001250999",
        "__REALTIME_TIMESTAMP": "1700000001300000",
    }
    return json.dumps({**fields, **more})


SYSCALL = 'SYSCALL arch=c000003e syscall=257 success=no exit=-13 pid=41 exe="/usr/bin/app" subj=x:y:app_t:s0'


def test_an_entry_becomes_a_raw_line() -> None:
    ((line, vouched),) = journal.raw_lines([entry(VECTOR).encode()])
    assert vouched
    assert line == b"type=AVC msg=audit(1700000001.250:7): " + VECTOR[4:].encode()


def test_bytes_that_are_no_text() -> None:
    ((line, _),) = journal.raw_lines([entry(list(b"AVC avc:  denied \xff")).encode()])
    assert line.endswith(b": avc:  denied \xff")


def test_a_kernel_message_with_a_denial_is_kept_and_others_are_not() -> None:
    kernel = json.dumps({"MESSAGE": "audit: type=1400 audit(1.2:3): avc:  denied  { read }", "_TRANSPORT": "kernel"})
    assert list(journal.raw_lines([kernel.encode(), b'{"MESSAGE": "usb 1-1: new device"}', b"[1]"])) == [
        (b"audit: type=1400 audit(1.2:3): avc:  denied  { read }", False),
        (b"[1]", False),
    ]


def test_what_the_kernel_printed_is_vouched_for_and_what_others_wrote_is_not() -> None:
    """journald alone sets the fields with an underscore; a message may hold whatever its writer likes."""
    raw = "type=AVC msg=audit(1700000000.100:7): avc:  denied  { read } for  pid=1"
    printed = "audit: type=1400 audit(1700000000.100:7): avc:  denied  { read } for  pid=1"
    entries: Dict[str, Tuple[Dict[str, str], bool]] = {
        "the kernel": ({"_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": printed}, True),
        "a program by /dev/kmsg": ({"_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "x", "MESSAGE": printed}, False),
        "a device that calls itself so": ({"_TRANSPORT": "kernel", "MESSAGE": "usb 1-1: Product: " + printed}, False),
        "logger": ({"_TRANSPORT": "syslog", "_UID": "1000", "MESSAGE": printed}, False),
        "logger as root": ({"_TRANSPORT": "syslog", "_UID": "0", "MESSAGE": raw}, False),
        "a service's output": ({"_TRANSPORT": "stdout", "_UID": "0", "MESSAGE": raw}, False),
        "a name of a record's type": ({"_TRANSPORT": "journal", "_AUDIT_TYPE_NAME": "AVC", "MESSAGE": raw}, False),
    }
    for what, (fields, expected) in entries.items():
        (line,) = journal.raw_lines([json.dumps(fields).encode()])
        assert line.vouched is expected, what


def test_a_saved_journal_is_read(tmp_path: Path) -> None:
    saved = tmp_path / "journal.json"
    saved.write_text(f"{entry(VECTOR)}\n{entry(SYSCALL, 'SYSCALL')}\n{entry('CWD cwd=/', 'CWD', 8)}\n")
    reading = read([str(saved)])
    (group,) = reading.groups
    assert group.key == ("kernel", "app_t", "data_t", "file")
    assert group.examples[0].exe == "/usr/bin/app"
    assert group.examples[0].syscall == "openat"
    assert group.first == 1700000001250


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journalctl that answers from files, as there is none with audit records where tests run."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "journalctl"
    command.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >> {folder}/asked\n'
        f'case "$*" in *_AUDIT_ID=*) cat {folder}/around;; *_AUDIT_TYPE_NAME=AVC*) cat {folder}/denials;; esac\n'
    )
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    (folder / "denials").write_text(entry(VECTOR) + "\n")
    (folder / "around").write_text(entry(SYSCALL, "SYSCALL") + "\n" + entry(VECTOR) + "\n")
    return folder


def test_only_the_events_with_denials_are_asked_for(fake: Path) -> None:
    found = journal.denials(since=1_700_000_000_500)
    assert [line.split(b" ")[0] for line, _ in found] == [b"type=AVC", b"type=SYSCALL"]
    asked = (fake / "asked").read_text().splitlines()
    assert "--since=@1700000000" in asked[0]
    assert "_AUDIT_TYPE_NAME=USER_AVC" in asked[0]
    assert "_AUDIT_ID=7" in asked[1]


def test_the_journal_is_read_where_there_is_no_trail(
    fake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avcdoctor.sources.files.DEFAULT_LOG", str(tmp_path / "none" / "audit.log"))
    monkeypatch.setattr("avcdoctor.sources.files.configured_log", lambda top=None: str(tmp_path / "none" / "audit.log"))
    reading = read([])
    assert reading.groups[0].examples[0].syscall == "openat"
    assert "journal" in reading.summary.files[0]


def test_a_journal_that_fails_is_named(fake: Path) -> None:
    (fake / "journalctl").write_text("#!/bin/sh\necho 'No permission' >&2\nexit 4\n")
    with pytest.raises(InputError, match="No permission"):
        journal.denials()
