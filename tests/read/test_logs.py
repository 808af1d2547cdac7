"""Reading whole logs: counts, events, objects and what is not a denial."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.errors import InputError
from avcdoctor.read import logs, read
from avcdoctor.read.logs import gather

EVENT = """\
type=AVC msg=audit(1700000000.100:7): avc:  denied  { getattr } for  pid=10 comm="httpd" name="a b" dev="dm-0" ino=5 \
scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0
type=SYSCALL msg=audit(1700000000.100:7): arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c ppid=1 pid=10 \
auid=4294967295 uid=48 comm="httpd" exe="/usr/sbin/httpd" subj=system_u:system_r:httpd_t:s0 key=(null)\x1dARCH=x86_64 \
SYSCALL=openat AUID="unset" UID="apache"
type=CWD msg=audit(1700000000.100:7): cwd="/srv/site"
type=PATH msg=audit(1700000000.100:7): item=0 name=6120 62 inode=5 dev=fd:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 \
obj=unconfined_u:object_r:user_home_t:s0 nametype=NORMAL
type=PROCTITLE msg=audit(1700000000.100:7): proctitle=2F7573722F7362696E2F6874747064002D44
""".replace("6120 62", "612062").replace('name="a b"', "name=612062")


def write(folder: Path, text: str, name: str = "audit.log") -> str:
    file = folder / name
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return str(file)


def test_one_event_gives_everything_it_tells(tmp_path: Path) -> None:
    reading = read([write(tmp_path, EVENT)])
    (group,) = reading.groups
    assert group.key == ("kernel", "httpd_t", "user_home_t", "file")
    assert dict(group.permissions) == {"getattr": 1}
    (denial,) = group.examples
    assert denial.raw_path == "/srv/site/a b"
    assert denial.path == "/srv/site/a b"
    assert denial.exe == "/usr/sbin/httpd"
    assert (denial.syscall, denial.exit, denial.success) == ("openat", "EACCES", False)
    assert denial.proctitle == ("/usr/sbin/httpd", "-D")
    assert denial.cwd == "/srv/site"
    assert denial.event.milliseconds == 1700000000100
    assert denial.event.serial == 7
    assert denial.paths[0].nametype == "NORMAL"
    assert denial.permissive is False
    assert len(denial.raw) == 5


def test_interleaved_events_stay_apart(tmp_path: Path) -> None:
    other = (
        EVENT.replace(":7)", ":8)").replace("httpd", "nginx").replace("ino=5", "ino=6").replace("inode=5", "inode=6")
    )
    mixed = "".join(a + "\n" + b + "\n" for a, b in zip(EVENT.splitlines(), other.splitlines()))
    reading = read([write(tmp_path, mixed)])
    assert {group.source: group.count for group in reading.groups} == {"httpd_t": 1, "nginx_t": 1}
    for group in reading.groups:
        assert group.source.split("_")[0] in group.examples[0].exe


def test_an_event_may_be_split_over_two_files(tmp_path: Path) -> None:
    lines = EVENT.split("\n")
    write(tmp_path, "\n".join(lines[:2]) + "\n", "audit.log.1")
    write(tmp_path, "\n".join(lines[2:]))
    reading = read([str(tmp_path)])
    assert reading.summary.denials == 1
    assert reading.groups[0].examples[0].raw_path == "/srv/site/a b"


@pytest.mark.parametrize(
    "line",
    [
        'type=AVC msg=audit(1700000000.1:2): apparmor="DENIED" operation="open" profile="x" name="/etc/shadow"',
        "type=USER_AVC msg=audit(1700000000.100:2): pid=1 uid=0 msg='avc:  received policyload notice (seqno=2)'",
        "type=MAC_STATUS msg=audit(1700000000.100:2): enforcing=1 old_enforcing=0",
    ],
)
def test_what_is_no_denial(tmp_path: Path, line: str) -> None:
    reading = read([write(tmp_path, line + "\n")])
    assert reading.groups == ()
    assert reading.summary.unreadable == 0


def test_a_grant_is_counted_apart(tmp_path: Path) -> None:
    line = (
        'type=AVC msg=audit(1700000000.500:9): avc:  granted  { setsecparam } for  pid=11 comm="tuned" '
        "scontext=system_u:system_r:tuned_t:s0 tcontext=system_u:object_r:security_t:s0 tclass=security\n"
    )
    reading = read([write(tmp_path, line)])
    assert (reading.summary.granted, reading.summary.denials, reading.groups) == (1, 0, ())


@pytest.mark.parametrize(
    ("cut", "reason"),
    [(" tclass=", "class"), (" tcontext=", "tcontext"), (" scontext=", "scontext"), ("getattr", "permissions")],
)
def test_a_cut_record_is_counted_and_shown(tmp_path: Path, cut: str, reason: str) -> None:
    line = EVENT.splitlines()[0]
    reading = read([write(tmp_path, line[: line.index(cut)] + "\n")])
    assert reading.summary.denials == 0
    assert reading.summary.unreadable == 1
    assert reason in reading.summary.unreadable_examples[0].reason


def test_since_and_until_choose_by_time(tmp_path: Path) -> None:
    path = write(tmp_path, EVENT + EVENT.replace("1700000000.100:7", "1700000060.000:8"))
    assert read([path], since=1700000001000).summary.denials == 1
    assert read([path], until=1700000001000).groups[0].last == 1700000000100


def test_a_missing_file_says_so() -> None:
    with pytest.raises(InputError, match="no file"):
        read(["/nonexistent/audit.log"])


def test_a_large_log_without_denials_was_read_all_the_same(tmp_path: Path) -> None:
    quiet = EVENT.split("\n", 1)[1] * 600
    summary = read([write(tmp_path, quiet)]).summary
    assert (summary.denials, summary.unreadable) == (0, 0)
    assert summary.scanned == len(quiet)
    assert read([write(tmp_path, EVENT, "small.log")]).summary.scanned == 0


HALF = EVENT.splitlines()[0][:150]


def test_a_half_written_last_line_of_the_own_trail_is_not_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, EVENT + HALF)
    assert read([path]).summary.unreadable == 1  # a file that was cut
    monkeypatch.setattr(logs, "AUDIT_DIRECTORY", str(tmp_path))
    for text in (EVENT + HALF, EVENT * 300 + HALF):
        told = read([write(tmp_path, text)]).summary
        assert (told.unreadable, told.denials) == (0, text.count("avc:  denied") - 1)
        assert [warning for warning in told.warnings if "is being written" in warning]
    assert read([write(tmp_path, EVENT)]).summary.warnings == ()


@pytest.mark.parametrize("start", ["", "kernel: hello\n"])
def test_a_log_that_grows_or_shrinks_while_it_is_read_says_so(tmp_path: Path, start: str) -> None:
    """Raw logs are scanned, others are read line by line."""
    path = write(tmp_path, start + EVENT * 900)
    turns = []

    def grow(_: int) -> None:
        if not turns:
            with Path(path).open("a", encoding="utf-8") as log:
                log.write(HALF)
        turns.append(1)

    grown = gather([path], progress=grow, one_process=True).reading().summary
    assert (grown.unreadable, grown.denials) == (0, 900)
    write(tmp_path, start + EVENT * 900)

    def shrink(_: int) -> None:
        with Path(path).open("r+", encoding="utf-8") as log:
            log.truncate(1000)

    shrunk = gather([path], progress=shrink, one_process=True).reading().summary
    assert shrunk.warnings == (f"{path} was truncated while it was read: what was cut off is lost",)
    assert 0 < shrunk.denials < 900
