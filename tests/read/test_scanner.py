"""The fast reading of raw logs counts lines that are nearly like known ones as the general reader does."""

from __future__ import annotations

import random
from typing import List, Tuple

import pytest

from avcdoctor.group.grouper import Grouper
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader
from bench.generate import generate

CONTEXTS = "scontext=system_u:system_r:a_t:s0 tcontext=system_u:object_r:b_t:s0 tclass=file permissive=0"
VECTOR = f'avc:  denied  {{ read }} for  pid=7 comm="x" name="y" dev="dm-0" ino=7 {CONTEXTS}'
MESSAGE = (
    "pid=701 uid=81 auid=4294967295 ses=4294967295 subj=u:r:bus_t:s0 msg='avc:  denied  { send_msg } for "
    "msgtype=signal interface=org.example.I member=M dest=:1.%d spid=1 tpid=2 "
    + CONTEXTS
    + ' exe="/bin/dbus" sauid=81\''
)


def scanned(lines: List[str]) -> Tuple[Grouper, Tally]:
    grouper, tally = Grouper(), Tally()
    scanner = Scanner(grouper, tally)
    scanner.begin("log")
    scanner.feed("".join(line + "\n" for line in lines).encode())
    scanner.finish()
    return grouper, tally


def counts(lines: List[str]) -> List[Tuple[Tuple[str, str, str, str], int]]:
    """What both readers count; they must agree."""
    grouper, tally = Grouper(), Tally()
    reader = PlainReader(grouper, tally)
    reader.read([line.encode() for line in lines], "log", trail=True)
    reader.finish("log")
    fast, seen = scanned(lines)
    assert sorted(fast.counts()) == sorted(grouper.counts())
    assert (seen.denials, seen.unreadable) == (tally.denials, tally.unreadable)
    return sorted(fast.counts())


def header(number: int, kind: str = "AVC") -> str:
    return f"type={kind} msg=audit(1700000000.{number % 1000:03d}:{number}): "


DAMAGE = (
    "{",
    "}",
    " ",
    "(",
    ")",
    "'",
    '"',
    " scontext=",
    " comm=",
    " dest=",
    "=",
    ":",
    " msg='",
    "x",
    "\x1d",
    "node=n ",
)
A_B = ("kernel", "a_t", "b_t", "file")


def test_serials_of_different_width_side_by_side() -> None:
    lines = [header(number) + VECTOR for number in (99998, 100001, 99999, 100002, 7, 100003)]
    assert counts(lines) == [(A_B, 6)]


def test_nodes_and_user_messages_between_others() -> None:
    lines = []
    for number in range(30):
        lines += [
            header(number) + VECTOR,
            "node=web1 " + header(number) + VECTOR,
            header(number, "USER_AVC") + MESSAGE % number,
        ]
    assert counts(lines) == [(A_B, 60), (("text", "a_t", "b_t", "file"), 30)]


def test_a_line_like_a_known_one_with_something_else_before_it() -> None:
    """Its bytes from the brace on are known, but it is not the kernel's own line: it is read in full."""
    known = [header(number) + VECTOR for number in range(3)]
    assert counts([*known, "type=USER_CMD msg=audit(1700000000.500:9): cmd=" + VECTOR[:40]]) == [(A_B, 3)]
    assert counts([*known, header(9) + "x " + VECTOR]) == counts([header(9) + "x " + VECTOR, *known])
    second = ("text", "a_t", "b_t", "file")  # auditd writes one record a line: what follows it is somebody's
    assert counts([*known, header(9) + VECTOR + " " + VECTOR]) == [(A_B, 4), (second, 1)]


def test_a_time_that_is_none_moves_no_bounds() -> None:
    lines = [header(number) + VECTOR for number in (1, 2, 3)]
    for odd in ("17000x0000.002", "x700000000.002", "(((((((((((((("):
        _, tally = scanned([lines[0], lines[1].replace("1700000000.002", odd), lines[2]])
        assert tally.denials + tally.unreadable == 3
        assert (tally.first, tally.last) == (1_700_000_000_001, 1_700_000_000_003)
    other = lines[1].replace("1700000000.002", "17000x0000.002").replace('name="y"', 'name="another"')
    assert counts([lines[0], lines[2], other]) == counts([other, lines[0], lines[2]])


@pytest.mark.parametrize("seed", range(60))
def test_damaged_lines_lose_nothing_but_themselves(seed: int) -> None:
    """Known bytes stand beside damaged ones: what is whole is counted, and nothing raises."""
    pick = random.Random(seed)
    lines = [line for line, _ in generate(seed, 12_000, 0.7, pick.choice(["raw", "enriched", "node"]), mix=0.0)]
    whole = scanned(lines)[1].denials
    damaged = set()
    for _ in range(12):
        at = pick.randrange(len(lines))
        where = pick.randrange(len(lines[at]))
        lines[at] = lines[at][:where] + pick.choice(DAMAGE) + lines[at][where + pick.choice([0, 1, 5, 20]) :]
        damaged.add(at)
    grouper, tally = scanned(lines)
    assert whole - len(damaged) <= tally.denials <= whole + len(damaged)
    assert sum(count for _, count in grouper.counts()) == tally.denials


def test_a_last_line_cut_off_early_is_counted() -> None:
    grouper, tally = Grouper(), Tally()
    scanner = Scanner(grouper, tally)
    scanner.begin("log")
    scanner.feed(f"{header(1)}{VECTOR}\n{header(2)}avc:  den".encode())
    scanner.finish()
    assert (tally.denials, tally.unreadable) == (1, 1)
    assert tally.examples[0].where.endswith(str(len(header(1) + VECTOR) + 1))


def test_ports_are_counted_one_by_one() -> None:
    connect = VECTOR.replace('name="y" dev="dm-0" ino=7', "dest=%d").replace("tclass=file", "tclass=tcp_socket")
    lines = [header(number) + connect % (8000 + number % 40) for number in range(400)]
    lines += [header(500) + (connect % 1).replace("dest=1", "dest=99999999")]
    assert counts(lines) == [(("kernel", "a_t", "b_t", "tcp_socket"), 401)]
    (group,) = scanned(lines)[0].groups()
    assert {int(port.value): port.seen for port in group.ports} == {8000 + number: 10 for number in range(40)}


def test_errors_are_kept_in_the_order_of_the_log() -> None:
    """The first of a kind is kept whole, even when a later one is complete before it."""
    error = "op=security_bounded_transition seresult=denied oldcontext=u:r:a_t:s0 newcontext=u:r:b_t:s0"
    call = 'arch=c000003e syscall=59 success=no exit=-1 pid=1 comm="systemd" exe="/usr/lib/systemd/systemd"'
    lines = [header(1, "SELINUX_ERR") + error]
    lines += [header(2, "SELINUX_ERR") + error, header(2, "SYSCALL") + call, header(2, "PROCTITLE") + "proctitle=61"]
    (group,) = scanned(lines)[0].groups()
    assert [denial.event.serial for denial in group.examples] == [1, 2]
