"""Compression is undone wherever bytes come from, in layers, piece by piece; what is damaged says so."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO, Callable, Dict, cast

import pytest

from avcdoctor.sources.unpack import compression, opened

TEXT = b"".join(b"line %d of a log\n" % number for number in range(20_000))
PACK: Dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
}
if shutil.which("zstd"):
    PACK["zstandard"] = lambda data: subprocess.run(["zstd", "-qc"], input=data, stdout=-1, check=True).stdout


class Pipe(io.RawIOBase):
    """A stream that can't seek and gives seven bytes at most."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(7 if size < 0 else min(size, 7))


@pytest.mark.parametrize("kind", list(PACK))
def test_each_compression(kind: str) -> None:
    packed = PACK[kind](TEXT)
    assert compression(packed[:13]) == kind
    with opened(io.BytesIO(packed), "x") as stream:
        assert b"".join(iter(lambda: stream.read(1000), b"")) == TEXT
    small = PACK[kind](TEXT[:900])
    with opened(cast(BinaryIO, Pipe(small)), "x") as stream:
        assert b"".join(iter(lambda: stream.read(50), b"")) == TEXT[:900]


def test_layers_and_members() -> None:
    with opened(io.BytesIO(gzip.compress(lzma.compress(TEXT))), "x") as stream:
        assert b"".join(iter(lambda: stream.read(1 << 16), b"")) == TEXT
    with opened(io.BytesIO(gzip.compress(TEXT) + gzip.compress(TEXT) + b"\0" * 99), "x") as stream:
        assert b"".join(iter(lambda: stream.read(1 << 16), b"")) == TEXT * 2


@pytest.mark.parametrize("kind", [kind for kind in PACK if kind != "zstandard"])
def test_an_end_that_is_missing(kind: str) -> None:
    def read() -> int:
        with opened(io.BytesIO(PACK[kind](TEXT)[:-30]), "x") as stream:
            return sum(len(piece) for piece in iter(lambda: stream.read(1 << 16), b""))

    with pytest.raises((EOFError, OSError, lzma.LZMAError)):
        read()


def test_plain_text_stays() -> None:
    for data in (b"", b"x", b"BZhello world this is text\n", b"\x1f\x8bno", TEXT):
        with opened(io.BytesIO(data), "x") as stream:
            assert b"".join(iter(lambda: stream.read(1 << 16), b"")) == data


@pytest.mark.parametrize("kind", list(PACK))
def test_standard_input(kind: str, tmp_path: Path) -> None:
    record = (
        b'type=AVC msg=audit(1700000001.250:31): avc:  denied  { read } for  pid=41 comm="app" name="x" dev="dm-0" '
        b"ino=7 scontext=u:r:app_t:s0 tcontext=u:object_r:data_t:s0 tclass=file permissive=0\n"
    )
    argv = [sys.executable, "-m", "avcdoctor", "explain", "--policy", "reference", "--format", "json", "-"]
    done = subprocess.run(argv, input=PACK[kind](record), capture_output=True, check=False, env={**os.environ})
    assert (done.returncode, b'"app_t"' in done.stdout) == (1, True)
