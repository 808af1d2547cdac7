"""What a worker does: reads a batch of inputs, and merges what several batches gave."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple, Union

from avcdoctor.errors import AvcdoctorError, InputError
from avcdoctor.fleet.remote import copies, file_at
from avcdoctor.fleet.remote import part as part_of
from avcdoctor.fleet.reports import Merged, load
from avcdoctor.fleet.sources import REPORT, SOSREPORT, Input, is_local, is_packed, shown, told
from avcdoctor.group.grouper import Grouper
from avcdoctor.model import safe_text
from avcdoctor.read.counters import Tally
from avcdoctor.read.fast.parallel import scan_block
from avcdoctor.read.logs import Gathered, gather
from avcdoctor.read.shapes.unwrap import is_raw
from avcdoctor.sources.ranges import Span, line_start

BLOCK = 128 << 20  # bytes of one large raw log that a worker reads at a time
BATCH = 64 << 20  # bytes of small inputs that go to a worker together
_MOST_IN_BATCH = 64
_OF_PACKED, _OF_REPORT, _ELSEWHERE = 10, 300, 10  # times as long as a raw log of this machine, byte by byte
_OF_SOSREPORT = 1 << 30
_MOST_NAMES = 20
_SAMPLE = 1 << 16


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
    """The parts of an input that is one large raw log which can be read at any place; none for any other."""
    if one.kind in (REPORT, SOSREPORT) or len(one.urls) != 1 or one.size <= size:
        return []
    url = one.urls[0]
    try:
        with file_at(url) as (log, end), told():
            if not is_raw(log.read(_SAMPLE) or b""):
                return []
            whole = Span(url, 0, end)
            cuts = [0, *(line_start(log, whole, place) for place in range(size, end, size)), end]
    except (OSError, ValueError, ImportError, InputError):
        return []  # the worker gives the error its words
    return [Block(one.host, Span(url, a, b), end) for a, b in zip(cuts, cuts[1:]) if b > a]


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
        name = name_of(item)
        part.inputs += 1
        try:
            if isinstance(item, Block):
                with part_of(item.span, item.size) as span:
                    outcome = scan_block(span, item.size, since, until, item.host)
                found = Gathered(outcome.grouper, outcome.tally, [shown(item.span.path)])
                _take(_named(found, {span.path: item.span.path}), item.host, part)
            else:
                _read(item, part, since, until, policy)
        except AvcdoctorError as error:
            part.fail(name, str(error))
        except (OSError, ValueError, ImportError) as error:
            part.fail(name, str(error) or type(error).__name__)
    return part


def effort(item: Item) -> int:
    """About how many bytes of a raw log are read in the time that an item takes."""
    if isinstance(item, Block):
        return item.span.size * (1 if is_local(item.span.path) else _ELSEWHERE)
    if item.kind == SOSREPORT:
        return _OF_SOSREPORT
    times = _OF_REPORT if item.kind == REPORT else _OF_PACKED if any(map(is_packed, item.urls)) else 1
    return item.size * times * (1 if all(map(is_local, item.urls)) else _ELSEWHERE)


def name_of(item: Item) -> str:
    """What to call an item: its host, or its first file."""
    return item.host or shown(item.span.path if isinstance(item, Block) else item.urls[0])


def _read(item: Input, part: Part, since: Optional[int], until: Optional[int], policy: str) -> None:
    name = name_of(item)
    with copies(item.urls) as paths:
        if item.kind == REPORT:
            part.merged.add(name, load(paths[0].read_bytes(), shown(item.urls[0])))
        elif item.kind == SOSREPORT:
            from avcdoctor import api  # noqa: PLC0415 - workers that only read start without what explains

            report = api.explain([], root=str(paths[0]), policy=policy or None, since=since, until=until)
            part.merged.add(name, report)
        else:
            found = gather([str(path) for path in paths], since=since, until=until, host=item.host, one_process=True)
            for reason in found.failed:
                part.fail(name, reason)
            found.failed = []
            found.files = [shown(url) for url in item.urls]
            _take(_named(found, dict(zip(map(str, paths), item.urls))), item.host, part)


def _named(found: Gathered, names: Mapping[str, str]) -> Gathered:
    """Call files by their URLs, not by their copies, where lines of them are shown."""
    for number, one in enumerate(found.tally.examples):
        for copy, url in names.items():
            if one.where.startswith(copy):
                found.tally.examples[number] = replace(one, where=shown(url) + one.where[len(copy) :])
    return found


def _take(found: Gathered, host: str, part: Part) -> None:
    """Add what a log held; its name is a host's unless every record names another one."""
    named = found.grouper.hosts()
    if host and (not named or host in named):
        part.read.add(host)
    part.gathered.merge(found)


def merge(parts: Sequence[Part]) -> Part:
    """Merge what several batches gave, into a new part.

    Args:
        parts: at least one.
    """
    total = Part()
    for part in parts:
        total.merge(part)
    return total
