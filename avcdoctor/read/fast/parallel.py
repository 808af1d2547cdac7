"""Scans parts of raw log files, on two processor cores where they are large; the outcome is the same as on one."""

from __future__ import annotations

import os
import pickle
from typing import Callable, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.group.grouper import Grouper
from avcdoctor.model import safe_text
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.events import LOOK_BACK, read_later
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.sources.ranges import Span, before, chunks, halves

_WORTH_TWO = 32 << 20  # bytes; below this a second process costs more than it saves
_MINE = 0.46  # of the bytes; who scans the first part also reads the examples, and joins both outcomes
_MOST_BEHIND = 8 << 20  # bytes read behind a part for events that began in it

Progress = Optional[Callable[[int], None]]


class Outcome(NamedTuple):
    """What parts of logs hold."""

    grouper: Grouper
    tally: Tally


def scan_block(span: Span, size: int, since: Optional[int], until: Optional[int], host: str = "") -> Outcome:
    """Scan a part of a raw log by itself, so that all parts together give what one reading of the file gives.

    Args:
        span: the part; it begins and ends between two lines.
        size: bytes of the whole file, in which events that begin here may end.
        since: leave out denials before this time, milliseconds.
        until: leave out denials after it.
        host: the name of the host whose records name none.

    Raises:
        OSError: the file can't be read.
    """
    following = [Span(span.path, span.end, size)] if size > span.end else []
    return _scan([span], following, since, until, None, host=host)


def scan_spans(
    spans: Sequence[Span],
    since: Optional[int],
    until: Optional[int],
    progress: Progress = None,
    *,
    one_process: bool = False,
) -> Outcome:
    """Scan parts that follow each other in time, such as rotated files.

    Args:
        spans: the parts, oldest first.
        since: leave out denials before this time, milliseconds.
        until: leave out denials after it.
        progress: called with the number of bytes read since the last call.
        one_process: start no second one.

    Raises:
        OSError: a file can't be read.
    """
    if not one_process and sum(span.size for span in spans) >= _WORTH_TWO and _cores() > 1:
        outcome = _on_two_cores(spans, since, until, progress)
        if outcome is not None:
            return outcome
    return _scan(spans, (), since, until, progress)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _scan(
    spans: Sequence[Span],
    following: Sequence[Span],
    since: Optional[int],
    until: Optional[int],
    progress: Progress,
    *,
    later: bool = False,
    host: str = "",
) -> Outcome:
    """Scan `spans`; of `following` only records that belong to events of `spans`."""
    grouper, tally = Grouper(host=host), Tally(since, until)
    scanner = Scanner(grouper, tally, later)
    for index, span in enumerate(spans):
        scanner.begin(safe_text(span.path), span.start)
        if index == 0 and span.start:
            scanner.context(before(span, LOOK_BACK))
        for chunk in chunks(span):
            scanner.feed(chunk)
            if progress is not None:
                progress(len(chunk))
    _finish_events(scanner, spans, following)
    scanner.finish()
    return Outcome(grouper, tally)


def _finish_events(scanner: Scanner, spans: Sequence[Span], following: Sequence[Span]) -> None:
    left = _MOST_BEHIND
    for span in following:
        if spans and span.path != spans[-1].path:
            scanner.begin(safe_text(span.path), span.start)
        for chunk in chunks(span):
            left -= len(chunk)
            if not scanner.collect_only(chunk) or left < 0:
                return


def _on_two_cores(
    spans: Sequence[Span], since: Optional[int], until: Optional[int], progress: Progress
) -> Optional[Outcome]:
    """Halve the parts and merge the outcomes; None where that would not give what one core gives."""
    first, second = halves(spans, _MINE)
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        _child(sender, second, since, until)
    os.close(sender)
    try:
        mine = _scan(first, second, since, until, progress)
    finally:
        theirs = _receive(receiver, child)
    if theirs is None or _limited(mine.grouper) or _limited(theirs.grouper):
        return None
    mine.grouper.merge_later(theirs.grouper, read_later)
    mine.tally.merge(theirs.tally)
    if progress is not None:
        progress(sum(span.size for span in second))
    return None if _limited(mine.grouper) else mine


def _limited(grouper: Grouper) -> bool:
    """Whether something was left out, so that what is kept depends on where the log was halved."""
    return grouper.folded > 0 or grouper.scarce


def _child(sender: int, spans: List[Span], since: Optional[int], until: Optional[int]) -> None:
    """Scan in a forked process and leave it without running anyone's exit handlers."""
    status = 1
    try:
        outcome = _scan(spans, (), since, until, None, later=True)
        with os.fdopen(sender, "wb") as pipe:
            pickle.dump(tuple(outcome), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        status = 0
    finally:
        os._exit(status)  # the parent notices the status and scans the half itself


def _receive(receiver: int, child: int) -> Optional[Outcome]:
    with os.fdopen(receiver, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        return None
    grouper, tally = _loads(data)
    return Outcome(grouper, tally)


def _loads(data: bytes) -> Tuple[Grouper, Tally]:
    grouper, tally = pickle.loads(data)  # noqa: S301 - comes from our own child through our own pipe
    return grouper, tally
