"""Reads logs into groups: the one function the rest of avcdoctor calls."""

from __future__ import annotations

import lzma
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, List, Optional, Sequence, Union

from avcdoctor.errors import InputError
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import Reading, safe_text
from avcdoctor.private import shown
from avcdoctor.read.counters import Tally, reading_of
from avcdoctor.read.fast.events import read_later
from avcdoctor.read.fast.parallel import scan_spans
from avcdoctor.read.fast.scanner import Scanner
from avcdoctor.read.general import PlainReader
from avcdoctor.read.shapes import is_raw
from avcdoctor.read.shapes.nothing import found_instead
from avcdoctor.sources import journal
from avcdoctor.sources.files import AUDIT_DIRECTORY, STANDARD_INPUT, find_logs, open_log
from avcdoctor.sources.ranges import CHUNK, Span, whole, whole_lines, within

_SMALL = 1 << 18  # bytes; less is read line by line
_MOST_SAID = 10  # files without records that are named
_SAMPLE = 1 << 16  # bytes by which a file is told to be raw

_TIMELESS = (
    "denials without a time, which --since and --until leave in: {}; journalctl -o json and -o short-iso print times"
)

JOURNAL = "the journal"
"""What the journal is called where files are named."""

Progress = Callable[[int], None]


@dataclass
class Gathered:
    """What was read of logs, before it is put into words: two of them merge exactly, and one can be sent elsewhere.

    Args:
        grouper: the denials.
        tally: what else was counted.
        files: the inputs' names.
        failed: those that could not be read, each with its reason.
    """

    grouper: Grouper
    tally: Tally
    files: List[str] = field(default_factory=list)
    failed: List[str] = field(default_factory=list)

    def merge(self, other: Gathered) -> None:
        """Add what was read elsewhere."""
        self.grouper.merge(other.grouper)
        self.tally.merge(other.tally)
        self.files += other.files
        self.failed += other.failed

    def reading(self) -> Reading:
        """The groups and the summary."""
        return reading_of(self.grouper, self.tally, self.files, self.failed)


def read(
    paths: Sequence[str],
    *,
    since: Optional[int] = None,
    until: Optional[int] = None,
    root: Optional[str] = None,
    progress: Optional[Progress] = None,
) -> Reading:
    """Read audit logs of any shape.

    Args:
        paths: files, globs, directories, or `-` for standard input; empty is the host's own trail, or its journal
            where it has no trail that can be read.
        since: leave out denials before this time; milliseconds since the epoch.
        until: leave out denials after it.
        root: an offline root whose trail is read when no paths are given.
        progress: called now and then with the number of bytes read since the last call.

    Returns:
        The groups and a summary; every line that looked like a denial is in one or the other.

    Raises:
        InputError: a file can't be opened or read.
    """
    return gather(paths, since=since, until=until, root=root, progress=progress).reading()


def gather(
    paths: Sequence[str],
    *,
    since: Optional[int] = None,
    until: Optional[int] = None,
    root: Optional[str] = None,
    host: str = "",
    one_process: bool = False,
    progress: Optional[Progress] = None,
) -> Gathered:
    """Read audit logs as `read` does, into what can be merged with other logs.

    Args:
        paths: as for `read`.
        since: likewise.
        until: likewise.
        root: likewise.
        host: the name of the host whose records name none.
        one_process: start no second process for large logs.
        progress: as for `read`.

    Raises:
        InputError: a file can't be opened or read.
    """
    reader = _Reader(since, until, progress, host)
    reader.one_process = one_process
    failed: List[InputError] = []
    files = _find_each(paths, failed) if len(paths) > 1 else _find(paths, root, reader)
    runs = list(_runs(files)) if files != [JOURNAL] else []
    for run in runs:
        try:
            if isinstance(run, str):
                reader.stream(run)
            else:
                reader.raw_files(run)
        except InputError as error:
            failed.append(error)
    if failed and len(failed) >= max(len(runs), len(paths)):
        raise failed[0]  # nothing at all could be read
    reader.finish()
    if paths or not reader.tally.records:
        reader.tally.warnings += reader.without_records[:_MOST_SAID]
    if reader.tally.timeless:
        reader.tally.warnings.append(_TIMELESS.format(reader.tally.timeless))
    return Gathered(reader.grouper, reader.tally, [shown(file) for file in files], [str(error) for error in failed])


def _find(paths: Sequence[str], root: Optional[str], reader: _Reader) -> List[str]:
    """The files of one path, or of the host's own trail; its journal where it has no trail.

    Raises:
        InputError: there are none; of a root also where its journal tells nothing, since that may just not be in it.
    """
    try:
        return find_logs(paths, root)
    except InputError:
        if paths or journal.program() is None:
            raise
        names = reader.journal(root)
        if root is not None and not reader.tally.records:
            raise
        return names


def _find_each(paths: Sequence[str], failed: List[InputError]) -> List[str]:
    """The files of several paths; one that names nothing does not keep the others from being read."""
    found: List[str] = []
    for path in paths:
        try:
            found += find_logs([path])
        except InputError as error:
            failed.append(error)
    if failed and not found:
        raise failed[0]
    return found


def _runs(files: Sequence[str]) -> Iterator[Union[str, List[str]]]:
    """Large raw files that follow each other as lists, everything else one by one."""
    raw: List[str] = []
    large = sum(_size(file) for file in files) >= _SMALL
    for file in files:
        if large and _is_raw_file(file):
            raw.append(file)
            continue
        if raw:
            yield raw
            raw = []
        yield file
    if raw:
        yield raw


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size if path != STANDARD_INPUT and Path(path).is_file() else 0
    except OSError:
        return 0


def _is_raw_file(path: str) -> bool:
    if not _size(path):
        return False
    try:
        with open(path, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted; _size saw a regular file
            return is_raw(log.read(_SAMPLE) or b"")
    except OSError:
        return False  # opening it again gives the error its words


class _Reader:
    """Reads one log after another into the same groups; neighbours of the same shape are read as one log."""

    def __init__(self, since: Optional[int], until: Optional[int], progress: Optional[Progress], host: str) -> None:
        self.grouper = Grouper(host=host)
        self.tally = Tally(since, until)
        self._progress = progress
        self.one_process = False
        self._plain: Optional[PlainReader] = None
        self._scanner: Optional[Scanner] = None
        self._name = self._path = ""
        self._length = 0  # of the file at hand when it was opened
        self.without_records: List[str] = []

    def raw_files(self, files: Sequence[str]) -> None:
        """Scan raw regular files; what a time span does not need is not read."""
        self.finish()
        since, until = self.tally.since, self.tally.until
        try:
            sizes = [_size(file) for file in files]
            spans = [within(self._written(file), since, until) for file in files]
            outcome = scan_spans(spans, since, until, self._progress, one_process=self.one_process)
        except OSError as error:
            raise InputError(f"{safe_text(error.filename or files[0])} can't be read: {error.strerror}") from error
        self.grouper.merge_later(outcome.grouper, read_later)
        self.tally.merge(outcome.tally)
        for file, size in zip(files, sizes):
            self._note_truncation(file, size)

    def _written(self, file: str) -> Span:
        """A raw file; of the host's own trail as far as lines are whole, because auditd may be at the last one."""
        span = whole(file)
        if not file.startswith(AUDIT_DIRECTORY):
            return span
        written = whole_lines(span)
        if written.end < span.end:
            self._note_unfinished(file)
        return written

    def _note_unfinished(self, file: str) -> None:
        self.tally.warnings.append(f"{safe_text(file)}: the last line is being written, and is left out")

    def _note_truncation(self, file: str, size: int) -> None:
        if _size(file) < size:
            self.tally.warnings.append(f"{safe_text(file)} was truncated while it was read: what was cut off is lost")

    def stream(self, path: str) -> None:
        """Read what can only be read from its beginning on, or is small, or is no raw log."""
        self._name = "standard input" if path == STANDARD_INPUT else safe_text(shown(path))
        self._path, self._length = path, _size(path)
        try:
            with open_log(path) as log:
                first = _fill(log)
                if len(first) >= _SMALL and is_raw(first[:_SAMPLE]):
                    self._scan(first, log)
                else:
                    self._read_plainly(first, log)
            self._note_truncation(path, self._length)
        except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
            raise InputError(f"{self._name} can't be read: {error}", "is the file complete?") from error

    def journal(self, root: Optional[str]) -> List[str]:
        """Read the denials of the host's journal; gives back what to call it."""
        tally = self.tally
        self._plain = PlainReader(self.grouper, tally)
        self._plain.read_vouched(journal.denials(tally.since, tally.until, root), JOURNAL)
        self.finish()
        return [JOURNAL]

    def _scan(self, first: bytes, log: BinaryIO) -> None:
        if self._scanner is None:
            self.finish()
            self._scanner = Scanner(self.grouper, self.tally)
        self._scanner.begin(self._name)
        for chunk in self._chunks(first, log):
            self._scanner.feed(chunk)

    def _read_plainly(self, first: bytes, log: BinaryIO) -> None:
        if self._plain is None:
            self.finish()
            self._plain = PlainReader(self.grouper, self.tally)
        before = (self.tally.records, self.tally.unreadable)
        self._plain.unwrap(self._chunks(first, log), self._name)
        if (self.tally.records, self.tally.unreadable) == before and not self.tally.spoken:
            what, hint = found_instead(first[:_SAMPLE])
            self.without_records.append(f"{self._name} {what}; {hint}")

    def _chunks(self, first: bytes, log: BinaryIO) -> Iterator[bytes]:
        chunk = first
        while chunk:
            following = log.read(CHUNK)
            last = not following and not chunk.endswith(b"\n")
            if last and (self._path.startswith(AUDIT_DIRECTORY) or _size(self._path) > self._length):
                self._note_unfinished(self._path)
                yield chunk[: chunk.rfind(b"\n") + 1]
            else:
                yield chunk
            if self._progress is not None:
                self._progress(len(chunk))
            chunk = following

    def finish(self) -> None:
        """The log that was read has ended."""
        if self._plain is not None:
            self._plain.finish(self._name)
        if self._scanner is not None:
            self._scanner.finish()
        self._plain = self._scanner = None


def _fill(log: BinaryIO) -> bytes:
    """The beginning, whole where a pipe gives it in pieces."""
    parts: List[bytes] = []
    missing = _SMALL
    while missing:
        part = log.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
