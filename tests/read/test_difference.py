"""The scanner counts exactly what the general reader counts, on logs that are damaged, folded, joined and mixed."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import pytest

from avcdoctor.read import read
from tests.read.fuzz_difference import CHANGES, by_general, by_scanner, differences, make
from tests.read.intruders import INTRUDERS
from tests.read.wrappings import CARRIERS, DECORATIONS, FOLDS, records

STAMP = "audit(1700000000.100:7)"
S = "scontext=u:r:a_t:s0 tcontext=u:r:b_t:s0 tclass=file permissive=0"
VECTOR = f'avc:  denied  {{ read }} for  pid=1 comm="x" name="y" dev="d" ino=7 {S}'
CALL = f'type=SYSCALL msg={STAMP}: arch=c000003e syscall=59 pid=1 comm="app" exe="/bin/app" subj=u:r:a_t:s0'
ERROR = "op=security_bounded_transition seresult=denied oldcontext=u:r:a_t:s0 newcontext=u:r:b_t:s0"

LOGS: Dict[str, str] = {
    "an error by number": f"Nov 14 22:13:21 host kernel: audit: type=1401 {STAMP}: {ERROR}\n{CALL}\n",
    "an error of a manager": f"type=USER_SELINUX_ERR msg={STAMP}: pid=1 uid=0 msg='{ERROR}'\n",
    "an error whose call is folded": (
        f"type=SELINUX_ERR msg={STAMP}: {ERROR}\n{CALL.replace(' comm', chr(10) + 'comm')}\n"
    ),
    "an error whose call is folded within its header": (
        f"type=SELINUX_ERR msg={STAMP}: {ERROR}\n{CALL.replace(' msg', chr(10) + 'msg')}\n"
    ),
    "a folded call before its error": (
        f"{CALL.replace(' msg', chr(10) + 'msg')}\ntype=SELINUX_ERR msg={STAMP}: {ERROR}\n"
    ),
    "a folded call of a node": (
        f"node=n type=SELINUX_ERR msg={STAMP}: {ERROR}\nnode=n {CALL.replace(' msg', chr(10) + '   msg')}\n"
    ),
    "a folded call of another node": (
        f"node=n type=SELINUX_ERR msg={STAMP}: {ERROR}\nnode=m {CALL.replace(' msg', chr(10) + 'msg')}\n"
    ),
    "a folded call with the stamp of another event in it": (
        f"type=SELINUX_ERR msg={STAMP}: {ERROR}\n"
        f'{CALL.replace(":7", ":8")} type=SYSCALL\nmsg={STAMP}: arch=c000003e syscall=59 pid=1 comm="other"\n'
    ),
    "an error folded within its header": f"type=SELINUX_ERR\nmsg={STAMP}: {ERROR}\n{CALL}\n",
    "a manager's error that begins at the end of a call": (
        f"{CALL} type=USER_SELINUX_ERR\n   msg={STAMP.replace(':7', ':9')}: "
        f"pid=1 uid=0 subj=u:r:init_t:s0 msg='{ERROR}'\n"
    ),
    "an error that begins at the end of a call": (
        f"{CALL} type=SELINUX_ERR\nmsg={STAMP.replace(':7', ':9')}: {ERROR}\n"
    ),
    "a path before its vector": f'type=PATH msg={STAMP}: item=0 name="/y" inode=7\ntype=AVC msg={STAMP}: {VECTOR}\n',
    "folded": f"type=AVC msg={STAMP}: {VECTOR.replace(' scontext', chr(10) + 'scontext')}\n{CALL}\n",
    "two on a line": f"type=AVC msg={STAMP}: {VECTOR} type=AVC msg={STAMP}: {VECTOR}\n",
    "cut before the permissions": f"type=AVC msg={STAMP}: avc:  den\n",
    "no brace": f"type=AVC msg={STAMP}: {VECTOR.replace('{ ', '')}\n",
    "another type": f"type=AVD msg={STAMP}: {VECTOR}\n",
    "no blank behind denied": f"type=AVC msg={STAMP}: {VECTOR.replace('denied  ', 'denied')}\n",
    "a last line followed by blanks": f"type=AVC msg={STAMP}: {VECTOR}\n\n",
    "a system call behind the title": (
        f"type=AVC msg={STAMP}: {VECTOR.replace(' comm=' + chr(34) + 'x' + chr(34), '')}\n"
        f"type=PROCTITLE msg={STAMP}: proctitle=61\n{CALL}\n"
    ),
    "a call and a title on one line before an error": (
        f"{CALL}type=PROCTITLE msg={STAMP}: proctitle=61\ntype=SELINUX_ERR msg={STAMP}: {ERROR}\n"
    ),
    "folded within avc": f"type=AVC msg={STAMP}: {VECTOR.replace('avc:', 'a' + chr(10) + 'vc:')}\n{CALL}\n",
    "a node with a bracket": f"node=a(1 type=AVC msg={STAMP}: {VECTOR}\n",
    "a time that is none": f"type=AVC msg=audit(1.100:7): {VECTOR}\ntype=AVC msg=audit(x.100:7): {VECTOR}\n",
    "an inode with words": f"type=AVC msg={STAMP}: {VECTOR.replace('ino=7', 'ino=seven')}\n",
    "a later time in a text before an error's call": (
        f"type=SELINUX_ERR msg={STAMP}: {ERROR}\n   msg=audit(1700029092.503:99): {VECTOR}\n{CALL}\n"
    ),
    "a clock that jumps between an error and its call": (
        f'type=SELINUX_ERR msg={STAMP}: {ERROR}\ntype=CWD msg=audit(1700029092.503:99): cwd="/"\n{CALL}\n'
    ),
    "a record behind zero bytes": f"type=AVC msg={STAMP}: {VECTOR}" + "\0" * 40 + f"{CALL}\n",
    "lines as in Windows": f"type=AVC msg={STAMP}: {VECTOR}\r\n{CALL}\r\n",
    "a call with escaped quotes": f"type=SELINUX_ERR msg={STAMP}: {ERROR}\n{CALL.replace(chr(34), '&quot;')}\n",
    "a vector and its call, both escaped": (
        f"type=AVC msg={STAMP}: {VECTOR.replace(' comm', ' c omm')}\n{CALL}\n".replace('"', "&quot;")
    ),
    "an error whose call is folded within its stamp": (
        f"type=SELINUX_ERR msg={STAMP}: {ERROR}\n{CALL.replace('00.1', '00.' + chr(10) + ' 1')}\n"
    ),
    "a call that is folded within its stamp before its error": (
        f"{CALL.replace('00.1', '00.' + chr(10) + '1')}\ntype=SELINUX_ERR msg={STAMP}: {ERROR}\n"
    ),
    "an error by number behind a call": (
        f"{CALL} Nov 14 22:13:21 host kernel: audit: type=1401 {STAMP.replace(':7', ':8')}: {ERROR}\n"
    ),
    "a coloured vector": f"type=AVC msg={STAMP}: {VECTOR.replace('avc', chr(27) + '[31mavc' + chr(27) + '[m')}\n",
    "a text of several records among others": (
        f'Nov 14 22:13:21 host kernel: audit: type=1401 {STAMP}: {ERROR}\ntype=CWD msg={STAMP}: cwd="/"\n'
        f"Nov 14 22:13:21 host kernel: audit: type=1300 {STAMP}: {CALL.partition(': ')[2]}\n"
    ),
    "an inode within quotes": f"type=AVC msg={STAMP}: {VECTOR.replace('name=', 'name=' + chr(34) + ' ino=9 x')}\n",
}


@pytest.mark.parametrize("size", [37, 1 << 20])
@pytest.mark.parametrize("log", LOGS.values(), ids=list(LOGS))
def test_both_count_the_same(log: str, size: int) -> None:
    around = f"type=AVC msg={STAMP.replace(':7', ':6')}: {VECTOR}\n"
    for data in (log, around + log, around * 3 + log * 2 + around, log + around):
        assert differences(data.encode(), size) == {}


@pytest.mark.parametrize("seed", range(0, 400, 4))
def test_changed_logs_are_counted_the_same(seed: int) -> None:
    for number in range(seed, seed + 4):
        assert differences(make(number), 37 if number % 2 else 1 << 20) == {}


@pytest.mark.parametrize("seed", range(1000, 1200, 4))
def test_logs_with_lines_of_others_are_counted_the_same(seed: int) -> None:
    for number in range(seed, seed + 4):
        assert differences(make(number, CHANGES + INTRUDERS), 37 if number % 2 else 1 << 20) == {}


def test_the_logs_hold_what_they_are_for() -> None:
    """Denials of the kernel, of managers and in texts, some that can't be read, and hosts."""
    readings = [by_general(make(seed)) for seed in range(60)]
    counted = {name for reading in readings for name, times in reading.summary.provenance.items() if times}
    assert counted == {"kernel", "manager", "text"}
    assert sum(reading.summary.unreadable for reading in readings) > 10
    assert any(reading.summary.hosts for reading in readings)


def test_what_others_wrote_in_the_logs_is_read() -> None:
    """The logs stay trails, whatever is put into them, and some denials are told by others alone."""
    readings = [by_general(make(seed, INTRUDERS)) for seed in range(60)]
    assert all(reading.summary.provenance.get("kernel") for reading in readings)
    assert sum(bool(reading.summary.provenance.get("text")) for reading in readings) > 15


def test_syslog_behind_a_large_raw_log_is_read_as_well(tmp_path: Path) -> None:
    filler = 'type=CWD msg=audit(1700000000.000:1): cwd="/"\n'
    syslog = "".join(
        f"Nov 14 22:13:21 host app: line {number}\nNov 14 22:13:21 host kernel: audit: type=1401 {STAMP}: {ERROR}\n"
        for number in range(500)
    )
    log = tmp_path / "audit.log"
    log.write_text(filler * (1_200_000 // len(filler)) + syslog + filler)
    reading = read([str(log)])
    assert [(group.provenance, group.count) for group in reading.groups] == [("text", 500)]


@pytest.mark.parametrize("size", [0, 400_000])
def test_a_damaged_denial_is_counted_in_a_large_log_as_in_a_small_one(tmp_path: Path, size: int) -> None:
    filler = 'type=CWD msg=audit(1700000000.000:1): cwd="/"\n'
    log = tmp_path / "audit.log"
    damaged = LOGS["cut before the permissions"] + LOGS["no brace"] + LOGS["another type"]
    log.write_text(filler * (1 + size // len(filler)) + damaged + filler)
    summary = read([str(log)]).summary
    assert (summary.denials, summary.unreadable) == (0, 3)


@pytest.mark.parametrize("seed", [4017084, 4017278, 4021523, 5000316, 5002469, 6000509, 6005981, 7000545])
def test_what_a_long_search_found_stays_the_same(seed: int) -> None:
    assert differences(make(seed)) == {}
    assert differences(make(seed), 700) == {}


@pytest.mark.parametrize(
    "name", ["json lines", "html pre", "csv", "colours", "html br", "json pretty", "quoted", "hard 80"]
)
def test_what_stands_wrapped_behind_a_large_raw_log_is_unwrapped_as_well(name: str, tmp_path: Path) -> None:
    filler = 'type=CWD msg=audit(1700000000.000:1): cwd="/"\n'
    text = records(7)
    wrapped = {**DECORATIONS, **CARRIERS, **FOLDS}[name](text)
    found = []
    for number, body in enumerate((text, wrapped)):
        log = tmp_path / f"audit{number}.log"
        log.write_text(filler * (400_000 // len(filler)) + body + filler)
        reading = read([str(log)])
        groups = [
            (group.source, group.target, [one.value for one in group.objects], [one.value for one in group.processes])
            for group in reading.groups
        ]
        found.append((sorted(groups), reading.summary.unreadable))
    assert found[0] == found[1]


def test_an_error_that_begins_at_the_end_of_another_record_is_a_text() -> None:
    """Nobody vouches for it, whichever reader finds it."""
    log = f"{CALL} type=USER_SELINUX_ERR\nmsg={STAMP}: pid=1 uid=0 subj=u:r:init_t:s0 msg='{ERROR}'\n".encode()
    for reading in (by_general(log), by_scanner(log, 1 << 20)):
        assert reading.summary.provenance == {"text": 1}


@pytest.mark.parametrize("others", [0, 20])
def test_a_call_that_is_folded_within_its_header_names_the_program(others: int) -> None:
    """With few events open and with many, which are looked for in another way."""
    log = f"type=SELINUX_ERR msg={STAMP}: {ERROR}\n"
    log += "".join(f"type=SELINUX_ERR msg={STAMP[:-2]}{number}): {ERROR}\n" for number in range(10, 10 + others))
    log += CALL.replace(" msg", "\nmsg") + "\n"
    assert differences(log.encode()) == {}
    (group,) = by_scanner(log.encode(), 1 << 20).groups
    assert [one.value for one in group.processes] == ["app"]
