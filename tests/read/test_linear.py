"""No line is slow: eight times the length takes eight times as long, and not sixty-four times."""

from __future__ import annotations

import time
from typing import Callable, Dict

import pytest

from avcdoctor.group.grouper import Grouper
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader

HEAD = "type=AVC msg=audit(1700000000.100:9): "
CONTEXTS = "scontext=u:r:a_t:s0 tcontext=u:r:b_t:s0 tclass=file permissive=0"
VECTOR = f'avc:  denied  {{ read }} for  pid=7 comm="x" name="y" dev="d" ino=7 {CONTEXTS}'
MESSAGE = (
    "type=USER_AVC msg=audit(1700000000.100:9): pid=1 uid=0 subj=u:r:init_t:s0 msg='avc:  denied  { status } for "
    f'%s {CONTEXTS} exe="/x" sauid=0 hostname=? addr=? terminal=?\''
)
PLACES: Dict[str, Callable[[str], str]] = {
    "alone": lambda text: f"{text}X",
    "in front": lambda text: f"{text}{HEAD}{VECTOR}",
    "behind the header": lambda text: f"{HEAD}{text}{VECTOR}",
    "as a name": lambda text: f"{HEAD}{VECTOR.replace('y', text)}",
    "as the permissions": lambda text: f"{HEAD}{VECTOR.replace('read', text)}",
    "as a type": lambda text: f"{HEAD}{VECTOR.replace('a_t', text)}",
    "behind": lambda text: f"{HEAD}{VECTOR}{text}X",
    "as a stamp": lambda text: f"type=AVC msg=audit({text}): {VECTOR}",
    "as a command line": lambda text: MESSAGE % f'auid=1 uid=1 gid=1 cmdline="{text}" function="f"',
    "as a property": lambda text: MESSAGE % f"request=r comm={text} property={text}",
    "as an error": lambda text: f"type=SELINUX_ERR msg=audit(1700000000.100:9): op=setxattr invalid_context={text}",
    "on lines of its own": lambda text: f"{HEAD}avc:  denied\n" + f"{text}\n" * 8 + "x",
}
UNITS = (
    *(
        " ",
        "a",
        '"',
        "'",
        "=",
        "{",
        "audit(",
        "avc: ",
        "avc:  denied  { ",
        "type=AVC ",
        "node=a ",
        " msg='",
        "--",
        "\\",
    ),
    *("a=", ' cmdline="', " scontext=a:b:c tcontext=", "UID=", '"UID=', "\x1d", "=3D", " resid=1", "SELINUX_ERR "),
    "“",
)


def general(data: bytes) -> None:
    reader = PlainReader(Grouper(), Tally())
    reader.read(data.split(b"\n"), "log", trail=True)
    reader.finish("log")


def scanner(data: bytes) -> None:
    reader = Scanner(Grouper(), Tally())
    reader.begin("log")
    reader.feed(data)
    reader.finish()


def cost(read: Callable[[bytes], None], place: Callable[[str], str], unit: str, size: int) -> float:
    """Processor seconds: others on the machine do not count."""
    data = (place(unit * (size // len(unit))) + "\n").encode()
    before = time.process_time()
    read(data)
    return time.process_time() - before


@pytest.mark.parametrize("read", [general, scanner])
@pytest.mark.parametrize("place", PLACES.values(), ids=list(PLACES))
def test_a_long_line_takes_as_long_as_it_is(place: Callable[[str], str], read: Callable[[bytes], None]) -> None:
    for unit in UNITS:
        # Linear work costs eight times as much, quadratic sixty-four times; a busy machine makes measurements jump.
        assert any(cost(read, place, unit, 64_000) <= 24 * cost(read, place, unit, 8_000) + 0.1 for _ in range(5)), (
            repr(unit)
        )
