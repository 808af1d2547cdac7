"""What a worker does: reads a batch of inputs, and merges what several batches gave."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple, Union

from avcdoctor import api
from avcdoctor.errors import AvcdoctorError
from avcdoctor.fleet.reports import Merged, load
from avcdoctor.fleet.sources import REPORT, SOSREPORT, Input, is_local, opened
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import safe_text
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.parallel import scan_block
from avcdoctor.read.logs import Gathered, gather
from avcdoctor.read.shapes.unwrap import is_raw
from avcdoctor.records import dataclass, field
from avcdoctor.sources.ranges import Span, line_start

BLOCK = 128 << 20  # bytes of one large raw log that a worker reads at a time
BATCH = 64 << 20  # bytes of small inputs that go to a worker together
_MOST_IN_BATCH = 64
_MOST_NAMES = 20
_SAMPLE = 1 << 16
_LARGEST_COPY = 8 << 30


class Block(NamedTuple):
    """A part of a large raw log; it begins and ends between two lines."""

    host: str
    span: Span
    size: int  # of the whole file


Item = Union[Input, Block]


@dataclass
class Part:
    """What was read somewhere; two of these merge in any order.

    Args:
        gathered: denials out of logs.
        merged: incidents out of reports and sosreports.
        read: hosts by name of which something was read; those that only records name are in `gathered`.
        failed: what could not be read, each with its reason; the number of all is exact.
    """

    gathered: Gathered = field(default_factory=lambda: Gathered(Grouper(), Tally()))
    merged: Merged = field(default_factory=Merged)
    read: Set[str] = field(default_factory=set)
    failed: List[str] = field(default_factory=list)
    failures: int = 0
    inputs: int = 0

    def fail(self, name: str, reason: str) -> None:
        """Note an input that could not be read."""
        self.failures += 1
        self.failed = sorted([*self.failed, f"{safe_text(name)}: {safe_text(reason)}"])[:_MOST_NAMES]

    def merge(self, other: Part) -> None:
        """Add what was read elsewhere."""
        self.gathered.merge(other.gathered)
        self.gathered.files = self.gathered.files[:_MOST_NAMES]
        self.gathered.tally.warnings = sorted(set(self.gathered.tally.warnings))[:_MOST_NAMES]
        self.merged.merge(other.merged)
        self.read |= other.read
        self.failures += other.failures
        self.failed = sorted([*self.failed, *other.failed])[:_MOST_NAMES]
        self.inputs += other.inputs


def batches(inputs: Sequence[Input], block: int = BLOCK, batch: int = BATCH) -> List[Tuple[Item, ...]]:
    """Put small inputs together and take large raw logs apart, at the beginning of a line.

    Args:
        inputs: what was found.
        block: bytes of a part of a large log.
        batch: bytes of inputs that go together.
    """
    found: List[Tuple[Item, ...]] = []
    small: List[Item] = []
    size = 0
    for one in inputs:
        blocks = _blocks(one, block)
        if blocks:
            found += [(part,) for part in blocks]
            continue
        if small and (size + one.size > batch or len(small) >= _MOST_IN_BATCH):
            found.append(tuple(small))
            small, size = [], 0
        small.append(one)
        size += one.size
    return [*found, *([tuple(small)] if small else [])]


def _blocks(one: Input, size: int) -> List[Block]:
    """The parts of an input that is one large raw log of this machine; none for any other."""
    if one.kind in (REPORT, SOSREPORT) or len(one.urls) != 1 or one.size <= size or not is_local(one.urls[0]):
        return []
    path = one.urls[0]
    try:
        with open(path, "rb", buffering=0) as log:  # noqa: PTH123 - no buffer wanted
            if not is_raw(log.read(_SAMPLE) or b""):
                return []
            whole = Span(path, 0, os.fstat(log.fileno()).st_size)
            cuts = [0, *(line_start(log, whole, place) for place in range(size, whole.end, size)), whole.end]
    except OSError:
        return []  # the worker gives the error its words
    return [Block(one.host, Span(path, a, b), whole.end) for a, b in zip(cuts, cuts[1:]) if b > a]


def work(items: Sequence[Item], since: Optional[int] = None, until: Optional[int] = None, policy: str = "") -> Part:
    """Read a batch. What can't be read is in the answer, never an error.

    Args:
        items: inputs and blocks.
        since: leave out denials before this time, milliseconds since the epoch.
        until: leave out denials after it.
        policy: a policy that judges sosreports which hold none of their own.
    """
    part = Part()
    for item in items:
        name = item.host or (item.span.path if isinstance(item, Block) else item.urls[0])
        part.inputs += 1
        try:
            if isinstance(item, Block):
                outcome = scan_block(item.span, item.size, since, until, item.host)
                _take(Gathered(outcome.grouper, outcome.tally, [safe_text(item.span.path)]), item.host, part)
            else:
                _read(item, part, since, until, policy)
        except AvcdoctorError as error:
            part.fail(name, str(error))
        except (OSError, ValueError, ImportError) as error:
            part.fail(name, str(error) or type(error).__name__)
    return part


def _read(item: Input, part: Part, since: Optional[int], until: Optional[int], policy: str) -> None:
    with _copies(item.urls) as paths:
        if item.kind == REPORT:
            part.merged.add(item.host or item.urls[0], load(paths[0].read_bytes(), item.urls[0]))
        elif item.kind == SOSREPORT:
            report = api.explain([], root=str(paths[0]), policy=policy or None, since=since, until=until)
            part.merged.add(item.host or item.urls[0], report)
        else:
            found = gather([str(path) for path in paths], since=since, until=until, host=item.host, one_process=True)
            for reason in found.failed:
                part.fail(item.host or item.urls[0], reason)
            found.failed = []
            _take(found, item.host, part)


def _take(found: Gathered, host: str, part: Part) -> None:
    """Add what a log held; its name is a host's unless every record names another one."""
    named = found.grouper.hosts()
    if host and (not named or host in named):
        part.read.add(host)
    part.gathered.merge(found)


@contextmanager
def _copies(urls: Sequence[str]) -> Iterator[List[Path]]:
    """The files of URLs on this machine; copies of what is elsewhere are gone afterwards."""
    if all(is_local(url) for url in urls):
        yield [Path(url) for url in urls]
        return
    with tempfile.TemporaryDirectory(prefix="avcdoctor-fleet-") as folder:
        paths = []
        for number, url in enumerate(urls):
            system, place = opened(url)
            if int(system.info(place).get("size") or 0) > _LARGEST_COPY:
                raise ValueError(f"it is larger than {_LARGEST_COPY >> 30} GiB")
            target = Path(folder) / f"{number}-{place.rpartition('/')[2]}"
            system.get_file(place, str(target))
            paths.append(target)
        yield paths


def merge(parts: Sequence[Part]) -> Part:
    """Merge what several batches gave, into a new part.

    Args:
        parts: at least one.
    """
    total = Part()
    for part in parts:
        total.merge(part)
    return total
