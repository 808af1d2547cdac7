"""Reads files behind URLs: a part of a large one where its file system can start anywhere, else a copy of all of it."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Iterator, List, Sequence, Tuple

from avcdoctor.fleet.sources import is_local, opened, told
from avcdoctor.read.fast.events import LOOK_BACK
from avcdoctor.read.fast.parallel import MOST_BEHIND
from avcdoctor.sources.ranges import Span

_PIECE = 4 << 20  # bytes asked for at a time
_REQUEST = 1 << 15  # bytes of one request where many are under way at once
_LARGEST_COPY = 8 << 30


@contextmanager
def file_at(url: str) -> Iterator[Tuple[BinaryIO, int]]:
    """A file that is read at any place without reading what is before it, and its size in bytes.

    Raises:
        OSError: it can't be read.
        ValueError: it can only be read from its beginning on, as from a web server without ranges.
    """
    if is_local(url):
        with open(url, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted
            yield log, Path(url).stat().st_size
        return
    system, path = opened(url)
    with told():
        size = int(system.info(path).get("size") or 0)
        with system.open(path, "rb", block_size=_PIECE, cache_type="none") as log:
            log.seek(0)
            yield log, size


@contextmanager
def part(span: Span, size: int) -> Iterator[Span]:
    """A part of a file as a part of one on this machine.

    Of a file elsewhere, the part is copied with what is looked at before and after it, to the same place of a file
    that holds nothing else and takes no room for it.

    Args:
        span: which part of which file or URL.
        size: bytes of the whole file.
    """
    if is_local(span.path):
        yield span
        return
    start, end = max(0, span.start - LOOK_BACK), min(size, span.end + MOST_BEHIND)
    with tempfile.NamedTemporaryFile(prefix="avcdoctor-fleet-") as copy, file_at(span.path) as (log, _):
        copy.truncate(size)
        copy.seek(start)
        for piece in _pieces(log, start, end):
            copy.write(piece)
        copy.flush()
        yield span._replace(path=copy.name)


def _pieces(log: Any, start: int, end: int) -> Iterator[bytes]:
    """The bytes between two places; with many requests under way where the file can (paramiko's)."""
    with told():
        if hasattr(log, "readv"):
            places = range(start, end, _REQUEST)
            yield from log.readv([(place, min(_REQUEST, end - place)) for place in places])
            return
        log.seek(start)
        while start < end:
            piece = log.read(min(_PIECE, end - start))
            if not piece:
                raise OSError("it ended before its end")
            start += len(piece)
            yield piece


@contextmanager
def copies(urls: Sequence[str]) -> Iterator[List[Path]]:
    """The files of URLs on this machine; copies of what is elsewhere are gone afterwards."""
    if all(is_local(url) for url in urls):
        yield [Path(url) for url in urls]
        return
    with tempfile.TemporaryDirectory(prefix="avcdoctor-fleet-") as folder:
        paths = []
        for number, url in enumerate(urls):
            system, place = opened(url)
            target = Path(folder) / f"{number}-{place.rpartition('/')[2]}"
            with told():
                if int(system.info(place).get("size") or 0) > _LARGEST_COPY:
                    raise ValueError(f"it is larger than {_LARGEST_COPY >> 30} GiB and can't be read in parts")
                system.get_file(place, str(target))
            paths.append(target)
        yield paths
