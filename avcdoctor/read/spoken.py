"""Gathers what only setroubleshoot's sentences tell, and leaves out what a record tells as well."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.group.examples import object_of
from avcdoctor.group.timeline import Timeline
from avcdoctor.model import TEXT, Counted, Denial, Group
from avcdoctor.parse.sentences import Said, Sentence, denial_of, sentences

_MOST = 1024
_COMM = 15  # bytes of a program's name that the kernel keeps (TASK_COMM_LEN)


class _Heard:
    """How often a sentence was met: in a line of its own, and at the head of a report."""

    __slots__ = ("alone", "example", "in_reports", "reports", "timeline")

    def __init__(self, example: Said) -> None:
        self.example = example
        self.alone = 0
        self.in_reports = 0
        self.timeline = Timeline()
        self.reports = Timeline()

    def merge(self, other: _Heard) -> None:
        self.alone += other.alone
        self.in_reports += other.in_reports
        self.timeline.merge(other.timeline)
        self.reports.merge(other.reports)

    @property
    def times(self) -> Tuple[int, Timeline]:
        """How often the denial was told: each alert is logged once in a line and once as a report."""
        return (self.alone, self.timeline) if self.alone >= self.in_reports else (self.in_reports, self.reports)


class Spoken:
    """The sentences of the texts that were read; two of them merge."""

    def __init__(self) -> None:
        self._heard: Dict[Sentence, _Heard] = {}
        self.left_out = 0  # sentences of which there are too many

    def __bool__(self) -> bool:
        return bool(self._heard)

    def read(self, text: bytes, since: Optional[int] = None, until: Optional[int] = None) -> None:
        """Note the sentences of a text.

        Args:
            text: with nothing around it.
            since: leave out what was said before; milliseconds since the epoch.
            until: leave out what was said after.
        """
        for said in sentences(text):
            early = since is not None and said.clock is not None and said.clock < since
            late = until is not None and said.clock is not None and said.clock > until
            if not early and not late:
                self._note(said)

    def _note(self, said: Said) -> None:
        heard = self._heard.get(said.sentence)
        if heard is None:
            if len(self._heard) >= _MOST:
                self.left_out += 1
                return
            heard = self._heard[said.sentence] = _Heard(said)
        elif said.alert and not heard.example.alert:
            heard.example = said
        heard.alone += not said.report
        heard.in_reports += said.report
        (heard.reports if said.report else heard.timeline).add(said.clock)

    def merge(self, other: Spoken) -> None:
        """Add what was said elsewhere."""
        self.left_out += other.left_out
        for sentence, heard in other._heard.items():
            if sentence in self._heard:
                self._heard[sentence].merge(heard)
            elif len(self._heard) < _MOST:
                self._heard[sentence] = heard
            else:
                self.left_out += heard.times[0]

    def groups(self, told: Sequence[Group]) -> Tuple[Group, ...]:
        """A group for each program, class and object that no record tells of.

        Their sources and targets are empty, and so they share keys where the class is the same.

        Args:
            told: what the records tell.
        """
        joined: Dict[Tuple[str, ...], List[_Heard]] = {}
        for sentence, heard in self._heard.items():
            if not any(_tells(group, sentence) for group in told):
                key = (sentence.program, sentence.tclass, sentence.object, str(sentence.port), sentence.label)
                joined.setdefault(key, []).append(heard)
        return tuple(_group(each) for each in joined.values())


def _group(each: Sequence[_Heard]) -> Group:
    """One group of sentences that differ in permissions alone."""
    timeline = Timeline()
    permissions: Dict[str, int] = {}
    count = 0
    for heard in each:
        times, told = heard.times
        count += times
        timeline.merge(told)
        for name in heard.example.sentence.permissions:
            permissions[name] = permissions.get(name, 0) + times
    examples = tuple(denial_of(heard.example) for heard in each)
    first = examples[0]
    return Group(
        source=first.source.type,
        target=first.target.type,
        tclass=first.tclass,
        permissions=permissions,
        count=count,
        first=timeline.first,
        last=timeline.last,
        objects=_counted(first.path or object_of(first.name, first.fields), count),
        processes=_counted(first.comm, count),
        ports=_counted("" if first.port is None else str(first.port), count),
        examples=examples,
        times=timeline.buckets(),
        provenance=TEXT,
    )


def _counted(value: str, count: int) -> Tuple[Counted, ...]:
    return (Counted(value, count),) if value else ()


def _tells(group: Group, sentence: Sentence) -> bool:
    """Whether records tell what a sentence says: the same permissions, class, object and program."""
    if group.tclass != sentence.tclass or not set(sentence.permissions) <= set(group.permissions):
        return False
    if sentence.port is not None:
        same = str(sentence.port) in {one.value for one in group.ports}
    else:
        same = not sentence.object or _last(sentence.object) in set(_names(group))
    return same and (bool(group.cut) or _is_by(group, sentence.program, sure=bool(sentence.object)))


def _is_by(group: Group, program: str, *, sure: bool) -> bool:
    """Whether a program is among a group's; a record without its system call has a thread's name for it.

    Args:
        group: what records tell.
        program: its path or name.
        sure: the object is the same one.
    """
    named = {one.value[:_COMM] for one in group.processes}
    paths = {one.exe for one in group.examples if one.exe}
    return _last(program)[:_COMM] in named or program in paths or (sure and not paths and program.startswith("/"))


def _names(group: Group) -> Iterator[str]:
    yield from (_last(one.value) for one in group.objects)
    yield from (_last(name) for name in _of_examples(group.examples) if name)


def _of_examples(examples: Iterable[Denial]) -> Iterator[str]:
    for one in examples:
        yield one.path
        yield one.name


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
