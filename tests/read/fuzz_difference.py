"""Compares the scanner with the general reader on logs that are nearly real: damaged, folded, joined, of mixed shapes.

    python -m tests.read.fuzz_difference [NUMBER [SEED]]

Every second log holds lines of other programs as well, wrapped or not. Prints each one that both count differently;
some of them are cases of test_difference.py.
"""

from __future__ import annotations

import random
import sys
from typing import Callable, Dict, List, Tuple

from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Reading
from avcdoctor.read.counters import Tally, reading_of
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader
from bench.generate import generate
from tests.parse.hostile import FRAGMENTS, WRITERS
from tests.read.intruders import INTRUDERS

FILLER = b'type=CWD msg=audit(1600000000.000:1): cwd="/%s"\n' % (b"x" * 1000) * 64
"""What makes a log an audit trail, whatever is done to the rest of it."""
Change = Callable[[List[str], random.Random], None]
SHAPES = ("raw", "enriched", "node")
PREFIXES = (
    "Nov 14 22:13:21 host kernel: [ 12.3] audit: ",
    "2026-01-17T15:22:06-05:00 host audispd: ",
    "Nov 14 22:13:21 host audit[41]: ",
    "host=web1 ",
    "> ",
    "  ",
    "case-1:3:",
)
PIECES = (
    *("{", "}", " ", "(", ")", "'", '"', "=", ":", "x", "\x1d", "-", "\\", "avc:", "avc:  denied  { read } for "),
    *(
        " scontext=",
        " tcontext=",
        " tclass=",
        " comm=",
        " dest=",
        " ino=",
        " pid=",
        " msg='",
        "node=n ",
        " permissive=",
    ),
    *("type=AVC ", "SELINUX_ERR ", "----", "AVC avc:", "audit(", "\0", "\n", "\n ", " \\\n", "7", "=3D"),
)


def line_of(pick: random.Random) -> str:
    """A record of some writer with a user's text in it."""
    value = "".join(pick.choice(FRAGMENTS) for _ in range(pick.randint(0, 3)))
    return pick.choice(list(WRITERS.values()))(value).replace(":7)", f":{pick.randint(1, 9)})")


def error(pick: random.Random) -> str:
    """A SELINUX_ERR record in one of its shapes."""
    stamp = f"audit(1700000000.{pick.randint(0, 999):03d}:{pick.randint(1, 99)})"
    body = "op=security_bounded_transition seresult=denied oldcontext=u:r:a_t:s0 newcontext=u:r:b_t:s0"
    return pick.choice(
        (
            f"type=SELINUX_ERR msg={stamp}: {body}",
            f"node=web2 type=SELINUX_ERR msg={stamp}: op=setxattr invalid_context=u:object_r:gone_t:s0",
            f"Nov 14 22:13:21 host kernel: audit: type=1401 {stamp}: {body}",
            f"Nov 14 22:13:21 host audit[41]: SELINUX_ERR {body}",
            f"type=USER_SELINUX_ERR msg={stamp}: pid=1 uid=0 subj=u:r:init_t:s0 msg='{body} exe=\"/x\"'",
        )
    )


def _damage(lines: List[str], pick: random.Random) -> None:
    at = pick.randrange(len(lines))
    line = lines[at]
    where = pick.randrange(len(line) + 1)
    lines[at] = line[:where] + pick.choice(PIECES) + line[where + pick.choice((0, 0, 1, 5, 20)) :]


def _cut(lines: List[str], pick: random.Random) -> None:
    at = pick.randrange(len(lines))
    lines[at] = lines[at][: pick.randrange(len(lines[at]) + 1)]


def _join(lines: List[str], pick: random.Random) -> None:
    at = pick.randrange(len(lines))
    if at + 1 < len(lines):
        lines[at : at + 2] = [lines[at] + pick.choice(("", " ")) + lines[at + 1]]


def _fold(lines: List[str], pick: random.Random) -> None:
    at = pick.randrange(len(lines))
    words = lines[at].split(" ")
    cut = pick.randrange(len(words) + 1)
    lines[at : at + 1] = [" ".join(words[:cut]), pick.choice(("", "   ")) + " ".join(words[cut:])]


def _swap(lines: List[str], pick: random.Random) -> None:
    at = pick.randrange(len(lines))
    lines.insert(max(0, at + pick.randint(-4, 4)), lines.pop(at))


def _dress(lines: List[str], pick: random.Random) -> None:
    at = pick.randrange(len(lines))
    lines[at] = pick.choice(PREFIXES) + lines[at]


def _put(lines: List[str], pick: random.Random) -> None:
    new = pick.choice((line_of, error, lambda _: pick.choice(("", "----", "time->Tue Nov 14 22:13:21 2023", "junk"))))
    lines.insert(pick.randrange(len(lines) + 1), new(pick))


def _repeat(lines: List[str], pick: random.Random) -> None:
    lines.insert(pick.randrange(len(lines) + 1), pick.choice(lines))


CHANGES: Tuple[Change, ...] = (
    _damage,
    _damage,
    _damage,
    _cut,
    _join,
    _fold,
    _swap,
    _dress,
    _put,
    _put,
    _repeat,
)


def make(seed: int, changes: Tuple[Change, ...] = CHANGES) -> bytes:
    """A log with a few changes."""
    pick = random.Random(seed)
    lines = [line for line, _ in generate(seed, pick.choice((3000, 9000, 20_000)), 0.6, pick.choice(SHAPES))]
    for _ in range(pick.choice((0, 1, 2, 5, 12))):
        pick.choice(changes)(lines, pick)
    return "".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape")


def by_general(data: bytes) -> Reading:
    """What the general reader counts in a log that it is given as it stands."""
    grouper, tally = Grouper(), Tally()
    reader = PlainReader(grouper, tally)
    reader.unwrap([FILLER + data], "log")
    reader.finish("log")
    return reading_of(grouper, tally, ["log"])


def by_scanner(data: bytes, size: int) -> Reading:
    """What the scanner counts, given pieces of a size."""
    grouper, tally = Grouper(), Tally()
    scanner = Scanner(grouper, tally)
    scanner.begin("log")
    scanner.feed(FILLER)
    for start in range(0, len(data), size):
        scanner.feed(data[start : start + size])
    scanner.finish()
    return reading_of(grouper, tally, ["log"])


def told(reading: Reading) -> Dict[str, object]:
    """All that is counted: groups, counts, hosts, times and what can't be read."""
    found: Dict[str, object] = {}
    for group in reading.groups:
        counts = (group.count, group.permissive, group.permissions, group.objects, group.processes, group.ports)
        contexts = (group.source_contexts, group.target_contexts, sorted(group.hosts))
        found[" ".join(group.key)] = (*counts, *contexts, group.first, group.last, group.times)
    summary = reading.summary
    found["counts"] = (summary.denials, summary.granted, summary.unreadable, summary.provenance)
    found["times"] = (summary.first, summary.last)
    return found


def differences(data: bytes, size: int = 1 << 20) -> Dict[str, Tuple[object, object]]:
    """Where both readers differ on a log: what the general one says, and what the scanner says."""
    one, other = told(by_general(data)), told(by_scanner(data, size))
    return {key: (one.get(key), other.get(key)) for key in sorted({*one, *other}) if one.get(key) != other.get(key)}


def main(number: int = 20_000, seed: int = 0) -> int:
    """Try many logs.

    Returns:
        How many of them are counted differently.
    """
    wrong = 0
    for at in range(seed, seed + number):
        data = make(at, CHANGES + INTRUDERS if at % 2 else CHANGES)
        found = differences(data, random.Random(at).choice((37, 700, 1 << 20)))
        if found:
            wrong += 1
            print(f"seed {at}: {found}")
    print(f"{wrong} of {number} logs are counted differently")
    return wrong


if __name__ == "__main__":
    sys.exit(min(1, main(*(int(word) for word in sys.argv[1:]))))
