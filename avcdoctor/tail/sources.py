"""Input sources and signal handling of `avcdoctor tail`: a log file that grows, standard input, the journal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Iterator, Optional, Tuple

from avcdoctor import output
from avcdoctor.model import safe_text
from avcdoctor.sources import checkpoint as saved
from avcdoctor.sources.follow import Follower
from avcdoctor.sources.inotify import Watch
from avcdoctor.sources.journal import raw_lines
from avcdoctor.sources.pipe import PipeReader

_PATIENCE = 0.02  # seconds: auditd writes record by record, and each wake-up costs more than its record
_SAVE = 1.0  # seconds between two saved checkpoints
_LOOK = 5.0  # seconds after which a file is looked at although nothing was noticed (network file systems)
_DRAIN = 0.5  # the same while a rotated file may still be written to


class Signals:
    """Ctrl-C and SIGTERM end the loop where it waits; a byte in the pipe wakes it."""

    def __init__(self) -> None:
        self.caught: Optional[int] = None
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self.writer, False)

    def __enter__(self) -> Signals:
        self._before = [(number, signal.signal(number, self._catch)) for number in (signal.SIGINT, signal.SIGTERM)]
        self._before.append((signal.SIGHUP, signal.signal(signal.SIGHUP, _ignore)))  # auditd: its configuration changed
        self._wakeup = signal.set_wakeup_fd(self.writer, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before:
            signal.signal(number, handler)

    def _catch(self, number: int, _: Optional[FrameType]) -> None:
        if self.caught is not None:  # the second time: at once
            raise KeyboardInterrupt
        self.caught = number

    def drain(self) -> None:
        """Empty the pipe, so that it wakes nobody twice."""
        try:
            while os.read(self.reader, 4096):
                pass  # only that there was something matters
        except BlockingIOError:
            return


def _ignore(_: int, __: Optional[FrameType]) -> None:
    """Take a signal and do nothing."""


class FileSource:
    """A log file that grows; `checkpoint` remembers how far it was read."""

    def __init__(self, path: str, signals: Signals, from_start: bool, checkpoint: Optional[Path]) -> None:
        self.name = safe_text(path)
        self._checkpoint = checkpoint
        self._save = saved.save
        position = saved.load(checkpoint) if checkpoint is not None else None
        self.follower = Follower(path, from_start=from_start, position=position, warn=output.note)
        self.since = None
        if position is not None and not self.follower.went_on and position.milliseconds is not None:
            self.since = position.milliseconds + 1
        self._watch = Watch(self.follower.directories(), signals.reader)
        self._saved = 0.0
        self._told = ""  # what went wrong with the checkpoint
        self.ended = False

    def wait(self, longest: Optional[float]) -> None:
        """Wait for a change."""
        look = _DRAIN if self.follower.is_draining else _LOOK
        if self._watch.wait(look if longest is None else min(longest, look)):
            time.sleep(_PATIENCE)

    def read(self) -> Iterator[Tuple[bytes, str, int]]:
        """What has come."""
        for piece in self.follower.read():
            yield piece.data, piece.path, piece.offset

    def remember(self, milliseconds: Optional[int], *, now: bool = False) -> None:
        """Save how far it was read, now and then."""
        moment = time.monotonic()
        if self._checkpoint is None or (moment < self._saved + _SAVE and not now):
            return
        self._saved = moment
        position = self.follower.position(milliseconds)
        if position is None:
            return
        try:
            self._save(self._checkpoint, position)
            self._told = ""
        except OSError as error:  # a full disk: the log is still followed, and the next try may work
            words = f"the checkpoint {self._checkpoint} can't be written: {error.strerror}"
            if words != self._told:
                output.note(words)
            self._told = words

    def close(self) -> None:
        """Give everything back."""
        self._watch.close()
        self.follower.close()


class PipeSource:
    """Standard input or the journal: a descriptor that is emptied at once, and perhaps the process that writes it."""

    def __init__(self, signals: Signals, process: Optional[subprocess.Popen[bytes]] = None) -> None:
        descriptor = sys.stdin.fileno() if process is None or process.stdout is None else process.stdout.fileno()
        self.name = "standard input" if process is None else "the journal"
        self._process = process
        self._reader = PipeReader(descriptor, signals.writer)
        self._watch = Watch([], signals.reader)
        self._rest = b""
        self.since = None
        self.ended = False

    def wait(self, longest: Optional[float]) -> None:
        """Wait for data or the end."""
        if self._watch.wait(longest) and not self._reader.ended:
            time.sleep(_PATIENCE)

    def read(self) -> Iterator[Tuple[bytes, str, int]]:
        """What has come, in whole lines."""
        data = self._reader.take()
        self.ended = data is None
        data = self._rest + (data or b"")
        end = len(data) if self.ended else data.rfind(b"\n") + 1
        if end == 0 and len(data) > 1 << 20:
            end = len(data)
        self._rest = data[end:]
        if end and self._process is not None:
            yield (
                b"".join(line + b"\n" for line, vouched in raw_lines(data[:end].splitlines()) if vouched),
                "journal",
                0,
            )
        elif end:
            yield data[:end], "standard input", 0

    def remember(self, milliseconds: Optional[int], *, now: bool = False) -> None:
        """A pipe can't be gone back to."""

    def close(self) -> None:
        """End the process, if there is one."""
        self._watch.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
