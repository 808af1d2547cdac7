"""Scans parts of raw log files, on two processor cores where they are large; the outcome is the same as on one."""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import struct
from typing import Callable, Iterable, NamedTuple, NoReturn, Optional, Sequence, Tuple

from avcdoctor.group.examples import Key
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import safe_text
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.events import LOOK_BACK, read_later
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.sources.ranges import Span, before, chunks, halves

_WORTH_TWO = 32 << 20  # bytes; below this a second process costs more than it saves
_MINE = 0.46  # of the bytes; who scans the first part also reads the examples, and joins both outcomes
MOST_BEHIND = 8 << 20  # bytes read behind a part for events that began in it

_LOAD = struct.Struct("QQ")

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
    scan = _Scan(since, until, progress, later=later, host=host)
    scan.over(spans)
    return scan.finished(following)


class _Scan:
    """One scanner's way over parts that follow each other; it can be sent on over further parts.

    Args:
        since: leave out denials before this time, milliseconds.
        until: leave out denials after it.
        progress: called with the number of bytes read since the last call.
        later: keep examples unread, for another process to read.
        host: the name of the host whose records name none.
    """

    def __init__(
        self, since: Optional[int], until: Optional[int], progress: Progress, *, later: bool = False, host: str = ""
    ) -> None:
        self._grouper, self._tally = Grouper(host=host), Tally(since, until)
        self._scanner = Scanner(self._grouper, self._tally, later)
        self._progress = progress
        self._last: Optional[Span] = None

    @property
    def limited(self) -> bool:
        """Whether a limit of memory was hit, so that the result would depend on where the log was split."""
        return self._grouper.folded > 0 or self._grouper.scarce

    def over(self, spans: Sequence[Span], after_chunk: Callable[[], None] = lambda: None) -> None:
        """Scan parts; the first one may go on where the last one ended."""
        for span in spans:
            if self._last is None or (span.path, span.start) != (self._last.path, self._last.end):
                self._scanner.begin(safe_text(span.path), span.start)
            if self._last is None and span.start:
                self._scanner.context(before(span, LOOK_BACK))
            self._last = span
            for chunk in chunks(span):
                self._scanner.feed(chunk)
                if self._progress is not None:
                    self._progress(len(chunk))
                after_chunk()

    def finished(self, following: Sequence[Span]) -> Outcome:
        """The outcome; of `following` only records that belong to events that began before."""
        left = MOST_BEHIND
        for span in following:
            if self._last is not None and span.path != self._last.path:
                self._scanner.begin(safe_text(span.path), span.start)
            for chunk in chunks(span):
                left -= len(chunk)
                if not self._scanner.collect_only(chunk) or left < 0:
                    self._scanner.finish()
                    return Outcome(self._grouper, self._tally)
        self._scanner.finish()
        return Outcome(self._grouper, self._tally)

    @property
    def load(self) -> Tuple[int, int]:
        """How much is kept so far."""
        return self._grouper.load

    def has_room_for(self, load: Tuple[int, int], keys: Iterable[Key] = ()) -> bool:
        """Whether what another scan keeps fits beside it, so that joining them leaves nothing out."""
        return self._grouper.has_room_for(load, keys)


def _on_two_cores(
    spans: Sequence[Span], since: Optional[int], until: Optional[int], progress: Progress
) -> Optional[Outcome]:
    """Halve the parts and merge the outcomes; None where that would not give what one core gives.

    Where a limit is met, what is kept depends on the order, so this process scans the second part as well, going on
    from the first: no slower than one core alone. The other process is ended as soon as that is known.
    """
    first, second = halves(spans, _MINE)
    other = _Other(second, since, until)
    mine = _Scan(since, until, progress)
    try:
        mine.over(first, lambda: None if mine.has_room_for(other.load) and not mine.limited else other.end())
        theirs = other.outcome()
    finally:
        other.end()
    if theirs is None or mine.limited or not mine.has_room_for(theirs.grouper.load, theirs.grouper.keys):
        mine.over(second)
        return mine.finished(())
    joined = mine.finished(second)
    joined.grouper.merge_later(theirs.grouper, read_later)
    joined.tally.merge(theirs.tally)
    if progress is not None:
        progress(sum(span.size for span in second))
    return None if mine.limited else joined


class _Other:
    """A forked process that scans parts by itself.

    Args:
        spans: the parts.
        since: leave out denials before this time, milliseconds.
        until: leave out denials after it.
    """

    def __init__(self, spans: Sequence[Span], since: Optional[int], until: Optional[int]) -> None:
        self._board = mmap.mmap(-1, _LOAD.size)  # shared with the child, which writes there what it keeps
        receiver, sender = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            _child(sender, self._board, spans, since, until)
        os.close(sender)
        self._pipe = os.fdopen(receiver, "rb")

    @property
    def load(self) -> Tuple[int, int]:
        """How much it keeps so far."""
        examples, text = _LOAD.unpack_from(self._board)
        return examples, text

    def outcome(self) -> Optional[Outcome]:
        """What it found; None where it was ended, failed or met a limit."""
        if not self._child:
            return None
        data = self._pipe.read()
        if self._reap() != 0:
            return None
        grouper, tally = _loads(data)
        return Outcome(grouper, tally)

    def end(self) -> None:
        """End it, if it still runs."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            self._reap()

    def _reap(self) -> int:
        self._pipe.close()
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        return status


def _child(
    sender: int, board: mmap.mmap, spans: Sequence[Span], since: Optional[int], until: Optional[int]
) -> NoReturn:
    """Scan in a forked process and leave it without running anyone's exit handlers, at once where a limit is met."""
    status = 1
    try:
        scan = _Scan(since, until, None, later=True)
        scan.over(spans, lambda: os._exit(1) if scan.limited else _LOAD.pack_into(board, 0, *scan.load))
        outcome = scan.finished(())
        if not scan.limited:
            with os.fdopen(sender, "wb") as pipe:
                pickle.dump(tuple(outcome), pipe, protocol=pickle.HIGHEST_PROTOCOL)
            status = 0
    finally:
        os._exit(status)  # the parent notices the status and scans the part itself


def _loads(data: bytes) -> Tuple[Grouper, Tally]:
    grouper, tally = pickle.loads(data)  # noqa: S301 - comes from our own child through our own pipe
    return grouper, tally
