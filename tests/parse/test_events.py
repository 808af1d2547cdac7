"""Assembling events: every record lands in its event, whatever the order."""

from __future__ import annotations

import random
from typing import Dict, List, Tuple

from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.parse.events import Assembler
from avcdoctor.parse.records import Record, split_records

EVENTS = st.lists(st.tuples(st.sampled_from([b"", b"web1", b"web2"]), st.integers(1, 5)), min_size=1, max_size=30)


@given(EVENTS, st.randoms(use_true_random=False))
def test_interleaved_events_come_back_whole(events: List[Tuple[bytes, int]], pick: random.Random) -> None:
    queues = []
    expected: Dict[Tuple[bytes, bytes], List[bytes]] = {}
    for number, (node, size) in enumerate(events):
        stamp = b"1700000000.000:%d" % number
        bodies = [b"item=%d" % item for item in range(size)]
        expected[(node, stamp)] = bodies
        queues.append([Record("PATH", stamp, node, body, body) for body in bodies])
    assembler = Assembler()
    found = []
    while queues:
        queue = pick.choice(queues)
        found += list(assembler.add(queue.pop(0)))
        queues = [queue for queue in queues if queue]
    found += list(assembler.finish())
    assert {(event[0].node, event[0].stamp): [record.body for record in event] for event in found} == expected


def test_a_bounded_number_is_open() -> None:
    assembler = Assembler()
    given_back = 0
    for number in range(2000):
        given_back += sum(1 for _ in assembler.add(Record("AVC", b"1.000:%d" % number, b"", b"", b"")))
    assert given_back > 1000
    assert given_back + sum(1 for _ in assembler.finish()) == 2000


def blocks(*lines: str) -> List[List[str]]:
    assembler = Assembler()
    found = []
    for line in lines:
        for record in split_records(line.encode()):
            found += list(assembler.add(record))
    found += list(assembler.finish())
    return [[record.type for record in event] for event in found]


def test_without_stamps_the_kernels_order_tells_events_apart() -> None:
    one = ("type=AVC avc:  denied  { read } for  pid=1", "type=SYSCALL arch=c pid=1", "type=PROCTITLE proctitle=x")
    assert blocks(*one, *one) == [["AVC", "SYSCALL", "PROCTITLE"]] * 2


def test_without_stamps_ausearchs_order_tells_events_apart() -> None:
    one = ("type=PROCTITLE proctitle=x", "type=SYSCALL arch=c pid=1", "type=AVC avc:  denied  { read } for  pid=1")
    assert blocks(*one, *one) == [["PROCTITLE", "SYSCALL", "AVC"]] * 2


def test_another_process_is_another_event() -> None:
    assert blocks("type=AVC avc:  denied  { read } for  pid=1", "type=SYSCALL arch=c pid=2") == [["AVC"], ["SYSCALL"]]
