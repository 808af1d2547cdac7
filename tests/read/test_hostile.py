"""Logs made to hurt: time grows no faster than size, memory stays bounded, and nothing crashes."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Dict

import pytest

from avcdoctor.read import read
from bench.generate import write

S = "scontext=system_u:system_r:a_t:s0 tcontext=system_u:object_r:b_t:s0 tclass=file permissive=0"


def stamp(number: int) -> str:
    return f"1700{number // 1000:06d}.{number % 1000:03d}:{number}"


def braces(size: int) -> bytes:
    line = b"type=USER_CMD msg=audit(1700000000.000:1): " + b"{" * 400 + b"\n"
    return line * (size // len(line))


def braces_and_words(size: int) -> bytes:
    line = b"type=USER_CMD msg=audit(1700000000.000:1): avc: { avc: { " * 8 + b"\n"
    return line * (size // len(line))


def distinct_groups(size: int) -> bytes:
    lines = []
    total = number = 0
    while total < size:
        number += 1
        context = S.replace("a_t", f"a{number}_t").replace("b_t", f"b{number}_t")
        line = f'type=AVC msg=audit({stamp(number)}): avc:  denied  {{ read }} for  pid=1 comm="x" name="y" {context}\n'
        lines.append(line)
        total += len(line)
    return "".join(lines).encode()


def distinct_paths(size: int) -> bytes:
    lines = []
    total = number = 0
    while total < size:
        number += 1
        path = f'comm="c{number}" path="/srv/{number}/{"x" * 100}" dev="dm-0" ino={number}'
        line = f"type=AVC msg=audit({stamp(number)}): avc:  denied  {{ read }} for  pid=1 {path} {S}\n"
        lines.append(line)
        total += len(line)
    return "".join(lines).encode()


def long_names(size: int) -> bytes:
    """Names as long as the kernel prints them, each another one."""
    lines = []
    for number in range(size // 8500):
        name = f"{number:08X}{'2041' * 2040}"
        lines.append(
            f'type=AVC msg=audit({stamp(number)}): avc:  denied  {{ read }} for  pid=1 comm="x" name={name} {S}\n'
        )
    return "".join(lines).encode()


def one_line(size: int) -> bytes:
    vector = f'avc:  denied  {{ read }} for  pid=1 comm="x" name="y" dev="d" ino=1 {S} '
    record = f"type=AVC msg=audit({stamp(1)}): {vector}".encode()
    start = b"type=CWD msg=audit(1700000000.000:1): x\n" * 8000  # so that it is taken for a raw log
    return start + record * (size // len(record)) + b"\n"


def one_line_of_nothing(size: int) -> bytes:
    return b"x" * size


def open_events(size: int) -> bytes:
    """Each vector brings something new and none is ever closed; their other records come much later."""
    lines = []
    number = 0
    for number in range(size // 420):
        context = S.replace("a_t", f"a{number % 3000}_t")
        lines.append(f'type=AVC msg=audit({stamp(number)}): avc:  denied  {{ r{number} }} for  comm="x" {context}\n')
        lines.append(f"type=SYSCALL msg=audit({stamp(max(0, number - 500))}): arch=c000003e syscall=2 success=no\n")
    return "".join(lines).encode()


def errors(size: int) -> bytes:
    body = "op=security_bounded_transition seresult=denied oldcontext=u:r:a_t:s0 newcontext=u:r:b_t:s0"
    lines = [f"type=SELINUX_ERR msg=audit({stamp(number)}): {body}\n" for number in range(size // 130)]
    return "".join(lines).encode()


def no_ends(size: int) -> bytes:
    """Quotes and brackets that never close, in the general reader's shape."""
    line = b"avc:  denied  { read } for  " + b'a={ b=" path=x ' * 60 + S.encode() + b"\n"
    return line * (size // len(line))


HOSTILE: Dict[str, Callable[[int], bytes]] = {
    made.__name__: made
    for made in (
        braces,
        braces_and_words,
        distinct_groups,
        distinct_paths,
        long_names,
        one_line,
        one_line_of_nothing,
        open_events,
        errors,
        no_ends,
    )
}


def cost(log: Path) -> float:
    """Processor seconds of this process and its children: others on the machine do not count."""
    best = 1e9
    for _ in range(2):
        before = time.process_time()
        read([str(log)])
        best = min(best, time.process_time() - before)
    return best


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_log_takes_twice_the_time(tmp_path: Path, name: str) -> None:
    size = 1_000_000
    half, whole = tmp_path / "half.log", tmp_path / "whole.log"
    half.write_bytes(HOSTILE[name](size))
    whole.write_bytes(HOSTILE[name](2 * size))
    # Linear work costs twice as much, quadratic four times; a busy machine makes single measurements jump.
    assert any(cost(whole) <= 3 * cost(half) + 0.05 for _ in range(5))


MEASURE = """
import re, sys
from pathlib import Path
from avcdoctor.read import read
read([sys.argv[1]])
print(int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def peak(log: Path) -> int:
    """Mebibytes of memory that reading a log takes at most, interpreter included."""
    done = subprocess.run([sys.executable, "-c", MEASURE, str(log)], capture_output=True, check=True, text=True)
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_memory_is_bounded(tmp_path: Path, name: str) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(HOSTILE[name](12_000_000))
    assert peak(log) <= 64


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_names(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(long_names(80_000_000))
    assert peak(log) <= 64


@pytest.mark.slow
def test_memory_of_an_ordinary_large_log(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    write(log, 1, 20_000_000, 0.2)
    assert peak(log) <= 64


def test_what_was_cut_is_said(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(distinct_paths(1_000_000))
    (group,) = read([str(log)]).groups
    assert group.cut["objects"] == group.count - sum(item.seen for item in group.objects)
    assert len(group.objects) < group.count
    log.write_bytes(distinct_groups(3_000_000))
    reading = read([str(log)])
    (rest,) = reading.summary.rest
    assert rest.groups > 0
    assert reading.summary.denials == rest.count + sum(group.count for group in reading.groups)


@pytest.mark.parametrize("seed", range(30))
def test_damaged_logs_never_crash(tmp_path: Path, seed: int) -> None:
    """Bytes changed, lines cut, lines joined: whatever comes out, it comes out."""
    pick = random.Random(seed)
    log = tmp_path / "audit.log"
    write(log, seed, 400_000 if seed % 3 == 0 else 30_000, 0.5, pick.choice(["raw", "enriched", "node", "journal"]))
    data = bytearray(log.read_bytes())
    for _ in range(pick.randint(1, 400)):
        where = pick.randrange(len(data))
        what = pick.choice([b"\n", b"{", b"}", b'"', b"(", b"\x00", b"\xff", b" scontext=", b"avc:", b"=", b"\x1d"])
        data[where : where + pick.choice([0, 1, 30])] = what
    log.write_bytes(bytes(data))
    reading = read([str(log)])
    assert reading.summary.denials >= sum(group.count for group in reading.groups)


def test_an_event_without_end_still_has_its_example(tmp_path: Path) -> None:
    """More records than an event has room for, before and behind the vector: each group keeps a denial to look at."""
    filler = "type=PATH msg=audit(1700000000.000:1): item=0 name=" + '"' + "x" * 4000 + '"\n'
    vector = f'type=AVC msg=audit(1700000000.000:1): avc:  denied  {{ read }} for  pid=1 comm="x" name="y" {S}\n'
    other = vector.replace("a_t", "other_t")
    error = "type=SELINUX_ERR msg=audit(1700000000.000:1): op=security_bounded_transition seresult=denied "
    error += "oldcontext=u:r:c_t:s0 newcontext=u:r:d_t:s0\n"
    log = tmp_path / "audit.log"
    log.write_text(filler * 4 + vector + filler * 60 + other + error + filler * 60)
    reading = read([str(log)])
    assert {group.source: group.count for group in reading.groups} == {"a_t": 1, "other_t": 1, "c_t": 1}
    assert all(group.examples for group in reading.groups)


BROKEN = (
    f'type=AVC msg=audit(1700000001.000:9): avc:  denied  {{ read }} for  pid=8 comm=\\"x\\" {S}", "a": {{"b": "c"}}}}',
    'x\\" "a": "audit(1 scontext="',
    '{"message": "type=AVC msg=audit(1700000001.000:9): avc:  denied  { read } for  pid=8 comm=\\"x\\" name=',
    'comm=\\"x\\" "a": "b scontext=',
)


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("before", ["", "Nov 14 22:13:20 web kernel: "], ids=["audit.log", "syslog"])
def test_a_line_of_broken_json_hides_no_other_line(tmp_path: Path, before: str, broken: str) -> None:
    """Anybody may write such a line to the system's log."""
    lines = [
        f'{before}type=AVC msg=audit({stamp(n)}): avc:  denied  {{ read }} for  pid=1 comm="c" name="n{n}" {S}'
        for n in range(20)
    ]
    lines.insert(10, before.replace("kernel", "joe") + broken)
    log = tmp_path / "audit.log"
    log.write_text("\n".join(lines) + "\n")
    summary = read([str(log)]).summary
    assert summary.denials in (20, 21)
    assert summary.denials + summary.unreadable >= 20
    assert {f"n{n}" for n in range(20)} <= {one.value for group in read([str(log)]).groups for one in group.objects}
