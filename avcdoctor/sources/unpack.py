"""Undoes compression wherever bytes come from, one layer after another, without ever holding all of it."""

from __future__ import annotations

import bz2
import importlib
import io
import lzma
import shutil
import subprocess
import threading
import zlib
from typing import BinaryIO, Callable, List, Optional, Protocol, cast

from avcdoctor.errors import InputError
from avcdoctor.system import install

_CHUNK = 1 << 16
_MOST_LAYERS = 3
LONGEST_MAGIC = 13

_GZIP, _XZ, _BZIP2, _ZSTD = b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"


class _Undo(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


def compression(start: bytes) -> str:
    """The name of the compression that bytes begin with; empty for none."""
    if start.startswith(_GZIP) and start[2:3] == b"\x08":
        return "gzip"
    if start.startswith(_XZ):
        return "xz"
    if start.startswith(_BZIP2) and start[4:7] in {b"1AY", b"\x17rE"}:
        return "bzip2"
    if start.startswith(_ZSTD):
        return "zstandard"
    if start[:3] == b"\x5d\0\0" and start[5:13] in {b"\xff" * 8, *(_size(start),)} and len(start) >= 13:
        return "lzma"
    return ""


def _size(start: bytes) -> bytes:
    """The length in an .lzma header, where it is a likely one."""
    size = int.from_bytes(start[5:13], "little")
    return start[5:13] if 0 < size < 1 << 40 else b""


def opened(raw: BinaryIO, name: str) -> BinaryIO:
    """A stream of what a stream holds, with up to three layers of compression undone.

    Args:
        raw: read from its beginning on; need not be seekable.
        name: for the error.

    Raises:
        InputError: nothing on this machine undoes the compression.
    """
    stream = raw
    for _ in range(_MOST_LAYERS):
        peeked = Peeked(stream)
        kind = compression(peeked.peek(LONGEST_MAGIC))
        if not kind:
            return cast(BinaryIO, peeked)
        stream = cast(BinaryIO, _zstandard(peeked, name) if kind == "zstandard" else Unpacked(peeked, kind))
    return stream


class Peeked(io.RawIOBase):
    """A stream whose first bytes were looked at."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._head = b""

    def peek(self, size: int) -> bytes:
        """The first bytes, which are read again."""
        while len(self._head) < size:
            more = self._stream.read(size - len(self._head))
            if not more:
                break
            self._head += more
        return self._head

    def readable(self) -> bool:
        """As any stream."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes."""
        if not self._head:
            return self._stream.read(size) or b""
        head, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
        return head + (self._stream.read() if size < 0 else b"")

    def close(self) -> None:
        """Close what is below, too."""
        if not self.closed:
            self._stream.close()
        super().close()


class Unpacked(io.RawIOBase):
    """What a compressed stream holds, decompressed piece by piece.

    Args:
        stream: compressed.
        kind: what `compression` says.
    """

    def __init__(self, stream: Peeked, kind: str) -> None:
        super().__init__()
        self._stream = stream
        self._kind = kind
        self._new = _decompressors(kind)
        self._undo: Optional[_Undo] = None
        self._waiting = b""

    def readable(self) -> bool:
        """As any stream."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; empty at the end.

        Raises:
            EOFError: the stream ends too early.
            OSError, lzma.LZMAError, zlib.error: it is damaged.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(_CHUNK), b""))
        while size:
            if self._undo is None and not self._begin():
                return b""
            data = self._step(size)
            if data:
                return data
        return b""

    def _begin(self) -> bool:
        """Start with the next member, if there is one; what follows the last one is no part of the content."""
        while len(self._waiting) < LONGEST_MAGIC:
            more = self._stream.read(_CHUNK)
            if not more:
                break
            self._waiting = (self._waiting + more).lstrip(b"\0")
        if compression(self._waiting[:LONGEST_MAGIC]) != self._kind:
            self._waiting = b""
            return False
        self._undo = self._new()
        return True

    def _step(self, size: int) -> bytes:
        undo = self._undo
        if undo is None:
            return b""
        given, self._waiting = self._waiting, b""
        if not given and undo.needs_input:
            given = self._stream.read(_CHUNK)
            if not given:
                raise EOFError("it ends too early")
        data = undo.decompress(given, size)
        if undo.eof:
            self._waiting, self._undo = undo.unused_data, None
        return data

    def close(self) -> None:
        """Close what is below, too."""
        if not self.closed:
            self._stream.close()
        super().close()


class _Zlib:
    """zlib's decompressor in the manner of bz2's and lzma's."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    def decompress(self, data: bytes, max_length: int = 0) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)


def _decompressors(kind: str) -> Callable[[], _Undo]:
    if kind == "gzip":
        return cast("Callable[[], _Undo]", _Zlib)
    if kind == "bzip2":
        return cast("Callable[[], _Undo]", bz2.BZ2Decompressor)
    return cast("Callable[[], _Undo]", lzma.LZMADecompressor)


def _zstandard(stream: Peeked, name: str) -> BinaryIO:
    """zstandard by Python's own module (3.14 and later), or by the zstd program.

    Raises:
        InputError: there is neither.
    """
    try:
        module = importlib.import_module("compression.zstd")
    except ImportError:
        program = shutil.which("zstd")
        if program is None:
            raise InputError(
                f"{name} is compressed with zstandard, which nothing here undoes", install("zstd")
            ) from None
        return cast(BinaryIO, _Piped([program, "-dcq"], stream, name))
    return cast(BinaryIO, module.ZstdFile(stream))


class _Piped(io.RawIOBase):
    """What a program makes of a stream."""

    def __init__(self, argv: List[str], stream: Peeked, name: str) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        threading.Thread(target=self._feed, daemon=True).start()

    def _feed(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        try:
            while True:
                data = self._stream.read(_CHUNK)
                if not data:
                    break
                pipe.write(data)
            pipe.close()
        except (OSError, ValueError):  # the program or the reader has ended
            return

    def readable(self) -> bool:
        """As any stream."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes.

        Raises:
            EOFError: the program could not undo it.
        """
        pipe = self._process.stdout
        data = pipe.read(size) if pipe is not None else b""
        if not data and size and self._process.wait():
            raise EOFError("it is damaged, or ends too early")
        return data

    def close(self) -> None:
        """End the program."""
        if not self.closed:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        continue  # what was not written is of no use any more
            self._stream.close()
        super().close()


def unpacked_bytes(content: bytes, most: int) -> bytes:
    """Content with its compression undone, cut at a limit; as it is where it is not compressed, or damaged."""
    if not compression(content[:LONGEST_MAGIC]):
        return content
    try:
        with opened(io.BytesIO(content), "a part") as stream:
            parts: List[bytes] = []
            while most > 0:
                part = stream.read(min(most, _CHUNK))
                if not part:
                    break
                parts.append(part)
                most -= len(part)
            return b"".join(parts)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, InputError):
        return content
