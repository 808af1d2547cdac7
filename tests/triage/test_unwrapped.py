"""The evidence as people bring it: wrapped, quoted, shipped and coloured."""

import gzip
import json
import lzma

import pytest

from avcdoctor.triage.gather import read_logs
from avcdoctor.triage.judge import judge
from avcdoctor.triage.unwrapped import unwrapped

SAID = "open /srv/till/db: Permission denied"
PLAIN = f"Nov 02 10:11:12 box till[41]: {SAID}\nNov 02 10:11:13 box till[41]: giving up\n"
AVC = (
    'type=AVC msg=audit(1793611805.204:77): avc:  denied  { read } for  pid=41 comm="till" name="db" dev="vda1" ino=5 '
    "scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0\n"
)
ENTRY = {
    "MESSAGE": SAID,
    "SYSLOG_IDENTIFIER": "till",
    "_PID": "41",
    "_UID": "33",
    "_TRANSPORT": "stdout",
    "__REALTIME_TIMESTAMP": "1793611805204000",
}
EXPORT = "\n".join(f"{name}={value}" for name, value in ENTRY.items()) + "\n\n"


def seen(data):
    """Layer, program, path and error number of the leading incident."""
    leading = judge(data if isinstance(data, bytes) else data.encode(), ()).incidents[0]
    first = leading.observations[0]
    return leading.layer, first.process, first.path, first.errno


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        "".join(f"> {line}\n" for line in PLAIN.splitlines()),
        "".join(f"> > {line}\n" for line in PLAIN.splitlines()),
        PLAIN.replace("Permission denied", "\x1b[31mPermission denied\x1b[0m"),
        json.dumps(ENTRY) + "\n",
        json.dumps(ENTRY, indent=2),
        json.dumps([ENTRY, {**ENTRY, "MESSAGE": "giving up"}]),
        json.dumps({**ENTRY, "MESSAGE": list(SAID.encode())}),
        EXPORT,
        json.dumps({"log": PLAIN.splitlines()[0] + "\n", "stream": "stderr", "time": "2026-11-02T10:11:12Z"}),
        json.dumps({"@timestamp": "2026-11-02", "message": PLAIN.splitlines()[0], "agent": {"type": "filebeat"}}),
        json.dumps({"program": "till", "pid": "41", "message": SAID}),
        json.dumps(
            {"appname": "till", "level": "error", "msg": "no database", "path": "/srv/till/db", "error": "EACCES"}
        ),
        "2026-11-02T10:11:12Z stderr F " + json.dumps({"program": "till", "message": SAID}),
    ],
)
def test_a_message_says_the_same_in_every_wrapping(text):
    assert seen(text) == ("dac", "till", "/srv/till/db", "EACCES")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_wide_and_compressed_logs_are_undone_each_by_itself(tmp_path, encoding, pack):
    (tmp_path / "a").write_bytes(pack(PLAIN.encode(encoding)))
    (tmp_path / "b").write_bytes(AVC.encode())
    data = read_logs([str(tmp_path / "a"), str(tmp_path / "b")])
    assert {incident.layer for incident in judge(data, ()).incidents} >= {"selinux"}
    assert seen(read_logs([str(tmp_path / "a")])) == ("dac", "till", "/srv/till/db", "EACCES")


@pytest.mark.parametrize(
    "text",
    [
        AVC,
        json.dumps({"message": AVC.strip()}) + "\n",
        json.dumps({"hits": [{"_source": {"event": {"original": AVC.strip()}}}]}),
        "".join(f"> {AVC[at : at + 78]}\n" for at in range(0, len(AVC), 78)),
        AVC.replace('"', "&quot;").replace(" ", "&nbsp;"),
        AVC.replace(" ", "\t"),
    ],
)
def test_a_record_is_found_in_every_wrapping(text):
    (leading, *_others) = judge(text.encode(), ()).incidents
    assert (leading.layer, leading.observations[0].fields["tcontext"]) == (
        "selinux",
        "unconfined_u:object_r:user_home_t:s0",
    )


def test_a_brace_in_a_message_is_its_own_word():
    text = 'till[41]: answer {"code": 3, "message": "hello"} for /srv/till/db: Permission denied\n'
    (part,) = unwrapped(text.encode())
    assert part.text == text.encode()


def test_lines_of_a_run_keep_the_program_before_them():
    (part,) = unwrapped(b"sshd: one\nsshd: two\n")
    assert part.text == b"sshd: one\nsshd: two\n"


def test_lines_are_numbered_through_and_the_journal_tells_who_wrote():
    texts = unwrapped((json.dumps(ENTRY) + "\n" + json.dumps({**ENTRY, "_UID": "0"}) + "\n").encode())
    assert [(text.first_line, text.sender.uid, text.text) for text in texts] == [
        (1, "33", SAID.encode() + b"\n"),
        (2, "0", SAID.encode() + b"\n"),
    ]


def test_an_event_without_a_message_is_kept_as_it_stands():
    event = {"process": {"name": "till"}, "event": {"action": "violated-selinux-policy", "outcome": "failure"}}
    assert judge(json.dumps(event).encode(), ()).layer == "selinux"
