"""Gathers denials into groups: exact counts, bounded memory, and the same outcome in whatever parts a log is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, Iterator, Mapping, Optional, Sequence, Tuple

from avcdoctor.group.distinct import Distinct
from avcdoctor.group.examples import Detail, Examples, Key, Sighting, Slot, sighting
from avcdoctor.group.timeline import Timeline
from avcdoctor.model import Denial, Group

MOST_GROUPS = 2048
"""Groups kept; a log with more is made up, and its further denials are only counted."""

_MOST_OBJECTS = 256
_MOST_OTHERS = 64
_LONGEST_VALUE = 512  # characters of a path or context as it is counted

_MOST_EXAMPLES = 1500  # of all groups together; the first of each group is always kept
_MOST_TEXT = 4 << 20  # characters of records that examples keep as they stood


_Inode = Tuple[str, str, Optional[int], str]


class _State:
    """A group while it grows."""

    __slots__ = (
        "count",
        "examples",
        "objects",
        "permissions",
        "permissive",
        "ports",
        "processes",
        "source_contexts",
        "target_contexts",
        "timeline",
    )

    def __init__(self) -> None:
        self.count = 0
        self.permissive = 0
        self.permissions: Dict[str, int] = {}
        self.objects = Distinct(_MOST_OBJECTS)
        self.processes = Distinct(_MOST_OTHERS)
        self.ports = Distinct(_MOST_OTHERS)
        self.source_contexts = Distinct(_MOST_OTHERS)
        self.target_contexts = Distinct(_MOST_OTHERS)
        self.examples = Examples()
        self.timeline = Timeline()

    def distincts(self) -> Tuple[Tuple[str, Distinct], ...]:
        return (
            ("objects", self.objects),
            ("processes", self.processes),
            ("ports", self.ports),
            ("source_contexts", self.source_contexts),
            ("target_contexts", self.target_contexts),
        )


class Grouper:
    """Gathers denials; two groupers that read one log's halves merge into what one would have read.

    Args:
        most_groups: how many groups are kept; denials of further ones only raise `not_kept`.
    """

    def __init__(self, most_groups: int = MOST_GROUPS) -> None:
        self._states: Dict[Key, _State] = {}
        self._most_groups = most_groups
        self.not_kept = 0
        self.scarce = False  # whether an example or its text was left out for want of room
        self._examples = 0
        self._text = 0

    def add(self, denial: Denial) -> bool:
        """Count a denial and keep it whole if it brings something new.

        Returns:
            Whether its group is new.
        """
        seen = sighting(denial)
        new = seen.key not in self._states
        when = denial.event.milliseconds
        slot = self.reserve(seen)
        if slot is not None:
            self.keep(slot, denial)
        timeline = Timeline()
        timeline.add(when)
        self.count(seen, [(seen.program, seen.object, seen.port, 1)], timeline)
        return new and seen.key in self._states

    def count(
        self,
        like: Sighting,
        details: Sequence[Detail],
        timeline: Timeline,
        contexts: Optional[Mapping[Tuple[str, str], int]] = None,
    ) -> int:
        """Count denials that differ in program, object and port only.

        Args:
            like: what they have in common.
            details: programs, objects and ports, and how often each was seen.
            timeline: when they were.
            contexts: pairs of source and target and how often each was seen, where not all are those of `like`.

        Returns:
            How many denials these were, kept in a group or not.
        """
        times = sum(detail[3] for detail in details)
        if not times:
            return 0
        state = self._state(like.key)
        if state is None:
            self.not_kept += times
            return times
        state.count += times
        state.permissive += times if like.permissive else 0
        state.timeline.merge(timeline)
        for permission in like.permissions:
            state.permissions[permission] = state.permissions.get(permission, 0) + times
        for (source, target), number in (contexts or {(like.source_context, like.target_context): times}).items():
            state.source_contexts.add(source[:_LONGEST_VALUE], number)
            state.target_contexts.add(target[:_LONGEST_VALUE], number)
        programs: Dict[str, int] = {}
        for program, name, port, number in details:
            programs[program] = programs.get(program, 0) + number
            state.objects.add(name[:_LONGEST_VALUE], number)
            state.ports.add(port, number)
        for program, number in programs.items():
            state.processes.add(program[:_LONGEST_VALUE], number)
        return times

    def _state(self, key: Key) -> Optional[_State]:
        state = self._states.get(key)
        if state is None and len(self._states) < self._most_groups:
            state = self._states[key] = _State()
        return state

    def knows(self, like: Sighting, program: str, name: str, port: str) -> bool:
        """Whether these bring nothing new to a group that saw the rest of `like` before."""
        state = self._states.get(like.key)
        return state is not None and state.examples.knows(program, name, port)

    def knows_ports(self, like: Sighting) -> bool:
        """Whether a group keeps no more examples of ports."""
        state = self._states.get(like.key)
        return state is not None and state.examples.full("port")

    def count_ports(self, like: Sighting, ports: Mapping[str, int]) -> None:
        """Count ports of denials that were counted without them."""
        state = self._states.get(like.key)
        if state is not None:
            for port, times in ports.items():
                state.ports.add(port, times)

    def knows_sources(self, like: Sighting) -> bool:
        """Whether a group keeps no more examples of source contexts."""
        state = self._states.get(like.key)
        return state is not None and state.examples.full("source")

    def knows_contexts(self, like: Sighting, source: str, target: str) -> bool:
        """Whether these contexts bring nothing new to a group."""
        state = self._states.get(like.key)
        return state is not None and state.examples.has("source", source) and state.examples.has("target", target)

    def reserve(self, seen: Sighting) -> Optional[Slot]:
        """A place for a denial with these values if it should be kept whole; asking notes the values as known."""
        state = self._state(seen.key)
        if state is None:
            return None
        if state.examples.kept and self._examples >= _MOST_EXAMPLES:
            self.scarce = True
            return None
        slot = state.examples.reserve(seen)
        if slot is not None:
            self._examples += 1
        return slot

    def keep(self, slot: Slot, denial: Denial) -> None:
        """Put a denial into its place; its records as they stood are left out when there are too many."""
        size = sum(len(record) for record in denial.raw)
        if self._text + size > _MOST_TEXT:
            self.scarce = True
            denial = replace(denial, raw=())
        else:
            self._text += size
        slot.denial = denial

    def merge(
        self, other: Grouper, read: Optional[Callable[[Sequence[bytes], bytes], Optional[Denial]]] = None
    ) -> None:
        """Add what another grouper gathered from a later part of the same log.

        Args:
            other: the other one.
            read: reads a denial of which only the event's lines were kept so far.
        """
        for key, theirs in other._states.items():
            mine = self._state(key)
            if mine is None:
                self.not_kept += theirs.count
                continue
            mine.count += theirs.count
            mine.permissive += theirs.permissive
            mine.timeline.merge(theirs.timeline)
            for permission, times in theirs.permissions.items():
                mine.permissions[permission] = mine.permissions.get(permission, 0) + times
            for (_, distinct), (_, more) in zip(mine.distincts(), theirs.distincts()):
                distinct.merge(more)
            for theirs_kept in theirs.examples.kept:
                slot = self.reserve(theirs_kept.seen)
                denial = theirs_kept.denial
                if slot is not None and denial is None and read is not None and theirs_kept.unread is not None:
                    denial = read(*theirs_kept.unread)
                if slot is not None and denial is not None:
                    self.keep(slot, denial)
        self.not_kept += other.not_kept
        self.scarce |= other.scarce

    def groups(self) -> Tuple[Group, ...]:
        """The groups, the largest first, then by their keys."""
        ordered = sorted(self._states.items(), key=lambda item: (-item[1].count, item[0]))
        paths = self._paths()
        return tuple(_group(key, state, paths) for key, state in ordered)

    def _paths(self) -> Mapping[_Inode, Denial]:
        """Examples that tell a real path, by device, inode and name."""
        told: Dict[_Inode, Denial] = {}
        for state in self._states.values():
            for slot in state.examples.kept:
                denial = slot.denial
                if denial is not None and denial.raw_path and denial.inode is not None:
                    told.setdefault(_inode(denial, denial.raw_path.rsplit("/", 1)[-1]), denial)
        return told

    def counts(self) -> Iterator[Tuple[Key, int]]:
        """Each group's key and how many denials it holds, in the order the groups came."""
        for key, state in self._states.items():
            yield key, state.count

    def group(self, key: Key) -> Optional[Group]:
        """One group as it is now."""
        state = self._states.get(key)
        return _group(key, state, {}) if state is not None else None


def _inode(denial: Denial, name: str) -> _Inode:
    return (denial.event.node, denial.device, denial.inode, name)


def _with_path(denial: Denial, paths: Mapping[_Inode, Denial]) -> Denial:
    """A denial that names only the last component, with the path another one told of the same inode of that name.

    The kernel gives `name=` where a file is looked up and `path=` where it is open: read comes without, open with.
    """
    if denial.path or denial.inode is None or not denial.raw_name:
        return denial
    other = paths.get(_inode(denial, denial.raw_name))
    return denial if other is None else replace(denial, path=other.path, raw_path=other.raw_path)


def _group(key: Key, state: _State, paths: Mapping[_Inode, Denial]) -> Group:
    node, source, target, tclass = key
    return Group(
        node=node,
        source=source,
        target=target,
        tclass=tclass,
        permissions=dict(sorted(state.permissions.items())),
        count=state.count,
        first=state.timeline.first,
        last=state.timeline.last,
        permissive=state.permissive,
        objects=state.objects.most_seen(),
        processes=state.processes.most_seen(),
        ports=state.ports.most_seen(),
        source_contexts=state.source_contexts.most_seen(),
        target_contexts=state.target_contexts.most_seen(),
        examples=tuple(_with_path(slot.denial, paths) for slot in state.examples.kept if slot.denial is not None),
        cut={name: distinct.cut for name, distinct in state.distincts() if distinct.cut},
        times=state.timeline.buckets(),
    )
