"""The loop of `avcdoctor tail`: waits, reads, and has the speaker say what is new."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable, List, Optional, Union

from avcdoctor import output
from avcdoctor.tail.sources import FileSource, PipeSource, Signals
from avcdoctor.tail.worker import Teller

if TYPE_CHECKING:
    from avcdoctor.tail.announcer import Speaker

_SETTLED = 0.3  # seconds without a record, after which open events are complete
_NEWS = 0.25  # seconds between two looks at what is new while records keep coming


class Loop:
    """Waits, reads, and lets the speaker say what is new.

    Args:
        source: where records come from.
        speaker: says what is new.
        signals: what ends it.
        interval: seconds between two counts of what came again, or None.
        quiet: no summary in the end.
    """

    def __init__(
        self,
        source: Union[FileSource, PipeSource],
        speaker: Speaker,
        signals: Signals,
        interval: Optional[float],
        *,
        quiet: bool,
    ) -> None:
        from avcdoctor.read.live import LiveReader  # noqa: PLC0415 - the help must not wait for it

        self._source, self._speaker, self._signals = source, speaker, signals
        self._teller = Teller(signals.writer)
        self._reader = LiveReader(source.since)
        self._interval = interval
        self._quiet = quiet
        self._clock: Callable[[], float] = time.monotonic
        self._unsettled = False
        self._next_news = self._last_data = self._clock()
        self._next_every = self._clock() + (interval or 0.0)

    def run(self) -> None:
        """Until a signal, or the end of standard input."""
        try:
            self._step()  # what is there already
            while self._signals.caught is None and not self._source.ended:
                self._source.wait(self._patience())
                self._signals.drain()
                self._teller.check()
                self._step()
            self._step()
            self._reader.settle()
            self._say()
            if self._interval is not None:
                self._teller.do(self._speaker.every)
            self._teller.finish()
            self._source.remember(self._reader.tally.last, now=True)
            if not self._quiet:
                self._speaker.end(self._reader.summary(), sum(1 for _ in self._reader.grouper.counts()))
        finally:
            self._source.close()

    def exit_code(self) -> int:
        """What came of it: 1 where an input that has ended held news, 3 where what was read is no audit trail, else 0.

        A log that is still written to and was followed until somebody said stop is fine, whatever it told meanwhile.
        """
        from avcdoctor.read.shapes.nothing import NO_RECORDS  # noqa: PLC0415 - only in the end

        read = self._reader.summary()
        if self._source.ended and self._speaker.told:
            return 1
        if self._source.ended and read.unreadable:
            return 3
        if read.records or read.scanned or read.denials or not (self._source.ended or self._reader.bytes):
            return 0
        found = NO_RECORDS if self._reader.bytes else "is empty"
        output.note(f"avcdoctor: {self._source.name} {found}, so that nothing can be said of it")
        return 3

    def _patience(self) -> Optional[float]:
        """How long nothing need be done; None for as long as nothing comes."""
        due: List[float] = []
        if self._unsettled:
            due.append(self._last_data + _SETTLED)
        if self._interval is not None:
            due.append(self._next_every)
        return max(0.0, min(due) - self._clock()) if due else None

    def _step(self) -> None:
        for data, name, offset in self._source.read():
            self._reader.feed(data, name, offset)
            self._unsettled = True
            self._last_data = self._clock()
            if self._last_data >= self._next_news:
                self._say()
        now = self._clock()
        if self._unsettled and now >= self._last_data + _SETTLED:
            self._reader.settle()
            self._unsettled = False
            self._say()
            self._source.remember(self._reader.tally.last, now=True)
        elif self._unsettled and now >= self._next_news:
            self._say()
            self._source.remember(self._reader.tally.last)
        if self._interval is not None and now >= self._next_every:
            self._teller.do(self._speaker.every)
            self._next_every = now + self._interval

    def _say(self) -> None:
        fresh, more = self._reader.news()
        self._next_news = self._clock() + _NEWS
        if more:
            self._teller.do(lambda: self._speaker.more(more))
        if fresh:
            everything = tuple(group for group in self._reader.groups() if group.examples)
            self._teller.do(lambda: self._speaker.fresh(fresh, everything))
