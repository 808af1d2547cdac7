"""Gathers denials into groups: exact counts, bounded memory, and the same outcome in whatever parts a log is read."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from avcdoctor.group.distinct import Distinct
from avcdoctor.group.examples import Detail, Examples, Key, Sighting, Slot, sighting
from avcdoctor.group.hosts import MOST as MOST_HOSTS
from avcdoctor.group.hosts import HostNumbers, Hosts, Times
from avcdoctor.group.timeline import Timeline
from avcdoctor.model import TEXT, Denial, Group, Rest

MOST_GROUPS = 2048
"""Groups kept; of a log with more, the rarest are put together by their class."""

_MOST_OBJECTS = 256
_MOST_OTHERS = 64
_LONGEST_VALUE = 512  # characters of a path or context as it is counted

_MOST_EXAMPLES = 1500  # of all groups together; the first of each group is always kept
_MOST_TEXT = 4 << 20  # characters of records that examples keep as they stood


Read = Callable[[Sequence[bytes], bytes], Optional[Denial]]
_Inode = Tuple[bool, str, str, Optional[int], str]


class _State:
    """A group while it grows."""

    __slots__ = (
        "count",
        "examples",
        "hosts",
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
        self.hosts = Hosts()

    def distincts(self) -> Tuple[Tuple[str, Distinct], ...]:
        return (
            ("objects", self.objects),
            ("processes", self.processes),
            ("ports", self.ports),
            ("source_contexts", self.source_contexts),
            ("target_contexts", self.target_contexts),
        )


class _Folded:
    """Groups of one class that were put together."""

    __slots__ = ("count", "groups", "permissions", "timeline")

    def __init__(self) -> None:
        self.groups = 0
        self.count = 0
        self.permissions: Dict[str, int] = {}
        self.timeline = Timeline()

    def add(self, other: Union[_State, _Folded], groups: int) -> None:
        self.groups += groups
        self.count += other.count
        for permission, times in other.permissions.items():
            self.permissions[permission] = self.permissions.get(permission, 0) + times
        self.timeline.merge(other.timeline)


class Grouper:
    """Gathers denials; groupers of a log's parts, or of several hosts' logs, merge into what one would have read.

    Counts, times, hosts and examples are the same in whatever order the parts are merged, as long as there are no more
    than `most_groups` groups and no more examples than there is room for (`scarce`). A grouper can be pickled.

    Args:
        most_groups: how many groups are kept; the rarest others are put together by their class.
        host: the name of the host whose records name none.
    """

    def __init__(self, most_groups: int = MOST_GROUPS, host: str = "") -> None:
        self._states: Dict[Key, _State] = {}
        self._most_groups = most_groups
        self._folded: Dict[Tuple[str, str], _Folded] = {}
        self._host = host
        self._numbers = HostNumbers()
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
        self.trim()
        return new and seen.key in self._states

    def count(
        self,
        like: Sighting,
        details: Sequence[Detail],
        timeline: Timeline,
        hosts: Optional[Mapping[str, Times]] = None,
        contexts: Optional[Mapping[Tuple[str, str], int]] = None,
    ) -> int:
        """Count denials that differ in program, object and port only.

        Args:
            like: what they have in common.
            details: programs, objects and ports, and how often each was seen.
            timeline: when they were.
            hosts: how often and when they were seen on each host, where it is not only that of `like`.
            contexts: pairs of source and target and how often each was seen, where not all are those of `like`.

        Returns:
            How many denials these were.
        """
        times = sum(detail[3] for detail in details)
        if not times:
            return 0
        state = self._state(like.key)
        state.count += times
        state.permissive += times if like.permissive else 0
        state.timeline.merge(timeline)
        for permission in like.permissions:
            state.permissions[permission] = state.permissions.get(permission, 0) + times
        for (source, target), number in (contexts or {(like.source_context, like.target_context): times}).items():
            state.source_contexts.add(source[:_LONGEST_VALUE], number)
            state.target_contexts.add(target[:_LONGEST_VALUE], number)
        for node, seen in (hosts or {like.node: Times(times, timeline.first, timeline.last)}).items():
            self._on_host(state, node or self._host, seen)
        programs: Dict[str, int] = {}
        for program, name, port, number in details:
            programs[program] = programs.get(program, 0) + number
            state.objects.add(name[:_LONGEST_VALUE], number)
            state.ports.add(port, number)
        for program, number in programs.items():
            state.processes.add(program[:_LONGEST_VALUE], number)
        return times

    def _on_host(self, state: _State, name: str, seen: Times) -> None:
        if name:
            state.hosts.add(self._numbers.of(name), seen)
            state.hosts.trim(self._numbers.names, 2 * MOST_HOSTS)

    def _state(self, key: Key) -> _State:
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _State()
        return state

    def trim(self) -> None:
        """Fold the rarest groups where there are many too many; to be called when all that was seen is counted."""
        if len(self._states) > self._most_groups + max(8, self._most_groups // 4):
            self._fold()

    def _fold(self) -> None:
        """Put the rarest groups together by their class, so that no more than most_groups are left."""
        ordered = sorted(self._states.items(), key=lambda item: (-item[1].count, item[0]))
        for key, state in ordered[self._most_groups :]:
            self._folded.setdefault((key[0], key[3]), _Folded()).add(state, 1)
            self._examples -= state.examples.count
            del self._states[key]

    @property
    def folded(self) -> int:
        """How many denials are in no group of their own."""
        return sum(folded.count for folded in self._folded.values())

    @property
    def load(self) -> Tuple[int, int]:
        """How many examples are kept, and how many characters of their records."""
        return self._examples, self._text

    def has_room_for(self, load: Tuple[int, int], keys: Iterable[Key] = ()) -> bool:
        """Whether this and another one's load and groups fit into the limits of one, so that merging loses nothing."""
        return (
            self._examples + load[0] < _MOST_EXAMPLES
            and self._text + load[1] <= _MOST_TEXT
            and len(self._states.keys() | set(keys)) <= self._most_groups
        )

    @property
    def keys(self) -> Iterable[Key]:
        """The keys of all groups."""
        return self._states.keys()

    def knows(self, seen: Sighting) -> bool:
        """Whether program, object and port bring nothing new to a group that saw the rest before."""
        state = self._states.get(seen.key)
        return state is not None and state.examples.knows(seen.program, seen.object, seen.port)

    def knows_contexts(self, seen: Sighting) -> bool:
        """Whether the contexts bring nothing new to a group."""
        state = self._states.get(seen.key)
        if state is None:
            return False
        return state.examples.has("source", seen.source_context) and state.examples.has("target", seen.target_context)

    def reserve(self, seen: Sighting) -> Optional[Slot]:
        """Reserve a slot if any of the values is new, and mark the values as seen."""
        state = self._state(seen.key)
        if state.examples.count and self._examples >= _MOST_EXAMPLES:
            self.scarce = True
            return None
        before = state.examples.count
        slot = state.examples.reserve(seen)
        self._examples += state.examples.count - before
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

    def merge(self, other: Grouper) -> None:
        """Add what another grouper gathered, which stays as it is."""
        self._merge(other, by_time=True, read=_denial_of)

    def merge_later(self, other: Grouper, read: Read) -> None:
        """Add what another grouper gathered from a later part of the same log.

        Args:
            other: the other one.
            read: reads a denial of which only the event's lines were kept so far.
        """
        self._merge(
            other, by_time=False, read=lambda slot: slot.denial or (read(*slot.unread) if slot.unread else None)
        )

    def _merge(self, other: Grouper, by_time: bool, read: Callable[[Slot], Optional[Denial]]) -> None:
        numbers = [self._numbers.of(name) for name in other._numbers.names]
        for key, theirs in other._states.items():
            mine = self._states.setdefault(key, _State())
            mine.count += theirs.count
            mine.permissive += theirs.permissive
            mine.timeline.merge(theirs.timeline)
            mine.hosts.merge(theirs.hosts, numbers)
            mine.hosts.trim(self._numbers.names)
            for permission, times in theirs.permissions.items():
                mine.permissions[permission] = mine.permissions.get(permission, 0) + times
            for (_, distinct), (_, more) in zip(mine.distincts(), theirs.distincts()):
                distinct.merge(more)
            self._merge_examples(mine, theirs, by_time, read)
        for place, folded in other._folded.items():
            self._folded.setdefault(place, _Folded()).add(folded, folded.groups)
        if len(self._states) > self._most_groups:
            self._fold()
        self.scarce |= other.scarce

    def _merge_examples(
        self, mine: _State, theirs: _State, by_time: bool, read: Callable[[Slot], Optional[Denial]]
    ) -> None:
        if by_time:
            before = mine.examples.count
            mine.examples.settle()
            self._examples += mine.examples.count - before
        taken: List[Tuple[Slot, Slot]] = []
        for their_slot in sorted(theirs.examples.kept, key=lambda slot: slot.came):
            if mine.examples.count and self._examples >= _MOST_EXAMPLES:
                self.scarce = True
                break
            before = mine.examples.count
            slot = mine.examples.reserve(their_slot.seen, by_time)
            self._examples += mine.examples.count - before
            if slot is not None:
                taken.append((slot, their_slot))
        for slot, their_slot in taken:
            denial = read(their_slot) if slot.uses else None
            if denial is not None:
                self.keep(slot, denial)

    def groups(self) -> Tuple[Group, ...]:
        """The groups, the largest first, then by their keys."""
        if len(self._states) > self._most_groups:
            self._fold()
        ordered = sorted(self._states.items(), key=lambda item: (-item[1].count, item[0]))
        paths = self._paths()
        return tuple(_group(key, state, paths, self._numbers.names) for key, state in ordered)

    def rest(self) -> Tuple[Rest, ...]:
        """What was put together by class, the most first; complete once `groups` was asked for."""
        ordered = sorted(self._folded.items(), key=lambda item: (-item[1].count, item[0]))
        return tuple(
            Rest(
                provenance=provenance,
                tclass=tclass,
                groups=folded.groups,
                count=folded.count,
                permissions=dict(sorted(folded.permissions.items())),
                first=folded.timeline.first,
                last=folded.timeline.last,
            )
            for (provenance, tclass), folded in ordered
        )

    def hosts(self) -> Tuple[str, ...]:
        """The names of all hosts, in the order of their places in `Group.host_set`."""
        return tuple(self._numbers.names)

    def _paths(self) -> Mapping[_Inode, Denial]:
        """Examples that tell a real path, by device, inode and name; the earliest tells it."""
        slots = [slot for state in self._states.values() for slot in state.examples.kept]
        told: Dict[_Inode, Denial] = {}
        for slot in sorted(slots, key=lambda one: one.order):
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
        return _group(key, state, {}, self._numbers.names) if state is not None else None


def _denial_of(slot: Slot) -> Optional[Denial]:
    return slot.denial


def _inode(denial: Denial, name: str) -> _Inode:
    return (denial.provenance == TEXT, denial.event.node, denial.device, denial.inode, name)


def _with_path(denial: Denial, paths: Mapping[_Inode, Denial]) -> Denial:
    """A denial that names only the last component, with the path another one told of the same inode of that name.

    The kernel gives `name=` where a file is looked up and `path=` where it is open: read comes without, open with.
    """
    if denial.path or denial.inode is None or not denial.raw_name:
        return denial
    other = paths.get(_inode(denial, denial.raw_name))
    return denial if other is None else replace(denial, path=other.path, raw_path=other.raw_path)


def _group(key: Key, state: _State, paths: Mapping[_Inode, Denial], names: Sequence[str]) -> Group:
    provenance, source, target, tclass = key
    state.hosts.trim(names)
    return Group(
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
        provenance=provenance,
        hosts=state.hosts.most_seen(names),
        host_set=state.hosts.members,
    )
