"""Parts of log files by bytes: which of them a time span needs, how they are halved, and reading them in chunks."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO, Iterator, List, NamedTuple, Optional, Sequence, Tuple

CHUNK = 5 << 14
"""Bytes read at a time. From some 100 KiB on, with what is kept of the chunk before, the C library maps and unmaps
memory for each, which costs half as much again."""

_SLACK = 5000  # milliseconds by which neighbouring records may stand in the wrong order
_STAMP = re.compile(rb"(?:^|\n)(?:node=[^ \n]+ )?type=[^ \n]+ msg=audit\(([0-9]{10})\.([0-9]{3}):")
_NEAR = 1 << 16  # bytes; a bisection that got this close reads on


class Span(NamedTuple):
    """A part of a file, from `start` up to `end`; both stand at the beginning of a line."""

    path: str
    start: int
    end: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.end - self.start


def whole(path: str) -> Span:
    """All of a regular file."""
    return Span(path, 0, Path(path).stat().st_size)


def whole_lines(span: Span) -> Span:
    """A part without what stands behind its last line end, such as a line that is being written."""
    with open(span.path, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted
        begin = max(span.start, span.end - _NEAR)
        log.seek(begin)
        newline = log.read(span.end - begin).rfind(b"\n")
    return span._replace(end=begin + newline + 1) if newline >= 0 else span


def within(span: Span, since: Optional[int], until: Optional[int]) -> Span:
    """The part of a raw log that can hold records of a time span, found by bisection.

    Args:
        span: the file.
        since: milliseconds since the epoch, or None.
        until: likewise.

    Returns:
        A part that may begin a little early and end a little late; all of it where the times are out of order.
    """
    if since is None and until is None:
        return span
    with open(span.path, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted
        first, last = _time_at(log, span, span.start), _last_time(log, span)
        if first is None or last is None or last < first:
            return span
        whole_file = (span.start, span.end)
        since_bounds = _bisect(log, span, since - _SLACK) if since is not None else whole_file
        until_bounds = _bisect(log, span, until + _SLACK) if until is not None else whole_file
        if since_bounds is None or until_bounds is None:
            return span
        start, end = line_start(log, span, since_bounds[0]), line_start(log, span, until_bounds[1])
    return Span(span.path, start, max(start, end))


def _bisect(log: BinaryIO, span: Span, wanted: int) -> Optional[Tuple[int, int]]:
    """Between which positions the first line at or after a time begins; None if times are seen to be out of order."""
    low, high = span.start, span.end
    low_time: Optional[int] = None
    high_time: Optional[int] = None
    while high - low > _NEAR:
        middle = (low + high) // 2
        time = _time_at(log, span, middle)
        if time is None:
            return None
        if (low_time is not None and time < low_time - _SLACK) or (high_time is not None and time > high_time + _SLACK):
            return None
        if time < wanted:
            low, low_time = middle, time
        else:
            high, high_time = middle, time
    return low, high


def _time_at(log: BinaryIO, span: Span, position: int) -> Optional[int]:
    log.seek(position)
    data = log.read(min(_NEAR, span.end - position))
    match = _STAMP.search(data) if position == span.start else _STAMP.search(data, max(0, data.find(b"\n")))
    return int(match[1]) * 1000 + int(match[2]) if match else None


def _last_time(log: BinaryIO, span: Span) -> Optional[int]:
    start = max(span.start, span.end - _NEAR)
    log.seek(start)
    found = list(_STAMP.finditer(log.read(span.end - start)))
    return int(found[-1][1]) * 1000 + int(found[-1][2]) if found else None


def line_start(log: BinaryIO, span: Span, position: int) -> int:
    """Where the first line at or behind a position begins."""
    if position <= span.start:
        return span.start
    log.seek(position - 1)
    while True:
        data = log.read(min(_NEAR, span.end - position + 1))
        if not data:
            return span.end
        newline = data.find(b"\n")
        if newline >= 0:
            return min(span.end, position + newline)
        position += len(data)


def halves(spans: Sequence[Span], share: float = 0.5) -> Tuple[List[Span], List[Span]]:
    """Two parts, cut at a line's beginning; the first has about this share of the bytes."""
    middle = int(sum(span.size for span in spans) * share)
    first: List[Span] = []
    for index, span in enumerate(spans):
        if span.size <= middle:
            first.append(span)
            middle -= span.size
            continue
        with open(span.path, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted
            cut = line_start(log, span, span.start + middle)
        return [*first, span._replace(end=cut)], [span._replace(start=cut), *spans[index + 1 :]]
    return first, []


def chunks(span: Span) -> Iterator[bytes]:
    """The bytes of a part; if the file shrinks meanwhile, it ends early."""
    with open(span.path, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(log.fileno(), span.start, span.size, os.POSIX_FADV_SEQUENTIAL)
        log.seek(span.start)
        left = span.size
        while left > 0:
            data = log.read(min(CHUNK, left))
            if not data:
                return
            left -= len(data)
            yield data


def before(span: Span, size: int) -> bytes:
    """Up to `size` bytes that stand before a part in its file."""
    with open(span.path, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted
        log.seek(max(0, span.start - size))
        return log.read(min(size, span.start)) or b""
