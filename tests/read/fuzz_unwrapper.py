"""Fuzzes the unwrapper with wrapped logs that were damaged: it ends, invents nothing, and drops nothing in silence.

    python -m tests.read.fuzz_unwrapper SECONDS [SEED]

A finding is written to the directory for temporary files and named. Findings become cases of test_fuzz_findings.py.
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, List, Tuple

from avcdoctor.read.pasted import read_bytes
from tests.read.exports import EXPORTS
from tests.read.fuzz_reader import check_text
from tests.read.wrappings import CARRIERS, DECORATIONS, FOLDS, OF_RECORDS, records

Change = Callable[[random.Random, bytes], bytes]
_WORDS = (
    b'"', b"'", b"\\", b"\n", b"\r", b"\0", b"{", b"}", b"[", b"]", b"<", b">", b"&", b"=3D", b"=\n", b"`", b"**", b"|",
    b"\x1b[", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80\x8b", b"type=AVC msg=audit(1.000:1): ",
    b"avc:  denied  { read } for ",
    b"scontext=", b"&quot;", b"<br>", b"]]>", b"> ", b"# ", b"{\"message\": \"", b"\\u0000",
    b"%3D", b"data:", b"-----\n",
)  # fmt: skip
_SLOW = 20.0  # processor seconds for one small text
_VECTOR = re.compile(rb"(?m)^(?:type=(?:USER_)?AVC msg=audit\([0-9.]+:[0-9]+\): )[^\n]*avc:  denied  \{")


def _cut(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] if rng.random() < 0.5 else data[at:]


def _insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_WORDS) * rng.choice((1, 1, 2, 40)) + data[at:]


def _drop(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.randrange(1, 60) :]


def _flip(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(max(1, len(data)))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _copy(rng: random.Random, data: bytes) -> bytes:
    begin, at = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
    return data[:at] + data[begin : begin + rng.randrange(1, 400)] + data[at:]


_CHANGES: Tuple[Change, ...] = (_cut, _insert, _insert, _drop, _flip, _copy)


def made(rng: random.Random) -> Tuple[str, bytes]:
    """A log in one to three wrappings, and the same damaged."""
    text = records(rng.randrange(10_000))
    every = {**CARRIERS, **DECORATIONS, **FOLDS}
    if rng.random() < 0.3:
        written = EXPORTS[rng.choice(sorted(EXPORTS))].write(text.splitlines())
        data = written if isinstance(written, bytes) else written.encode("utf-8", "surrogateescape")
    else:
        told = every[rng.choice(sorted(every))](text)
        if rng.random() < 0.6 and "\0" not in told and told.isascii():
            told = every[rng.choice(sorted(set(every) - OF_RECORDS))](told)
        data = told.encode("utf-8", "surrogateescape")
    for _ in range(rng.randint(0, 6)):
        data = rng.choice(_CHANGES)(rng, data)
    return text, data


def fault(text: str, data: bytes) -> str:
    """What is wrong with how a damaged log is read; empty for nothing."""
    begin = time.process_time()
    reading = read_bytes(data, ["fuzz"])
    if time.process_time() - begin > _SLOW:
        return "slow"
    for group in reading.groups:
        for denial in group.examples:
            check_text(denial)
    told, lost = reading.summary.denials, reading.summary.unreadable + reading.summary.granted
    if b"denied" not in data and told and _plain(data):
        return "invented"
    whole = len(_VECTOR.findall(data))
    return "dropped in silence" if whole and not told and not lost else ""


def _plain(data: bytes) -> bool:
    """Whether nothing can hide in a text: no compression, encoding or fold."""
    return data.isascii() and not re.search(rb"[A-Za-z0-9+/]{60}|%|=[0-9A-F]{2}|&|\\|<|\x1b|\x08|\n.{0,9}d|[*_^]", data)


def main(seconds: float, seed: int) -> int:
    """Fuzz; gives back how many findings there were."""
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    runs, found = 0, 0
    while time.monotonic() < end:
        text, data = made(rng)
        runs += 1
        try:
            wrong = fault(text, data)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            found += 1
            path = Path(tempfile.gettempdir()) / f"unwrapper-{seed}-{runs}"
            path.write_bytes(data)
            print(f"{wrong}: {path}", flush=True)
    print(f"{runs} texts, {found} findings")
    return found


if __name__ == "__main__":
    arguments: List[str] = sys.argv[1:]
    sys.exit(bool(main(float(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0)))
