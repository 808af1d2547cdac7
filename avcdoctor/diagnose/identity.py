"""What a denied object is: its label on disk, its path's default label and the log are asked, and compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Dict, Iterable, Iterator, List, MutableMapping, Optional, Set, Tuple
from weakref import WeakKeyDictionary

from avcdoctor.access import names
from avcdoctor.access.operations import FILES
from avcdoctor.host import Host, Policy
from avcdoctor.host.devices import names_of
from avcdoctor.knowledge import facts, protected
from avcdoctor.knowledge.protected import Kind
from avcdoctor.model import Buckets, Denial, Group, safe_text

_MODES = (0, 0o100000, 0o060000, 0o020000)
_MODE_OF = {"file": 0o100000, "blk_file": 0o060000, "chr_file": 0o020000}
_MOST_OBJECTS = 256  # names looked at beyond the examples


@dataclass(frozen=True)
class Witness:
    """One who says what an object is: the type it names, and the kind of protected object that makes it."""

    who: str  # "log", "default", "disk", "path" or "link"
    type: str
    kind: Optional[Kind]


@dataclass(frozen=True)
class Identity:
    """What is known of one object.

    Args:
        shown: its path or name, as text.
        claimed: the type that the log gives it.
        right: the type to judge it by: that of the most protected witness; empty where nobody names one.
        kind: the most protected kind that any witness makes it; None for an ordinary object.
        told: where the machine and the log disagree, one sentence each.
        restorable: putting the right label back changes no label that is right on disk already.
        misplaced: the log gives it a protected type that its place has not as default label.
        confirmed: the machine has this object, with the label, device and inode that were recorded, and one name only.
    """

    shown: str
    claimed: str
    right: str = ""
    kind: Optional[Kind] = None
    told: Tuple[str, ...] = ()
    restorable: bool = True
    misplaced: bool = False
    confirmed: bool = False

    @property
    def disputed(self) -> bool:
        """Whether the log gives it another type than the one it is judged by."""
        return self.kind is not None and self.right != self.claimed


def identities(host: Host, group: Group) -> Tuple[Identity, ...]:
    """What each object of a group is, as far as the group keeps them; nothing for what lies in no file system."""
    if group.tclass not in FILES:
        return ()
    found: Dict[Tuple[str, ...], Identity] = {}
    for denial in group.examples:
        found.setdefault((denial.path or denial.name, denial.raw_path), identify(host, denial))
    for one in group.objects[:_MOST_OBJECTS]:
        if not any(key[0] == one.value for key in found):
            found[(one.value, "")] = _named(host, group, one.value)
    return tuple(found.values())


def parted(host: Host, group: Group) -> Tuple[Group, ...]:
    """A group in two, where only some of its objects are protected ones that the log calls something else.

    So a line about a secret takes no remedy away from the other objects, and they bring none to the secret.
    """
    if group.tclass not in FILES or len(group.examples) < 2 or group.cut.get("objects"):
        return (group,)
    mine = tuple(one for one in group.examples if identify(host, one).disputed)
    rest = tuple(one for one in group.examples if one not in mine)
    strange = {name for one in mine for name in (one.path, one.name) if name}
    strange |= {one.value for one in group.objects[:_MOST_OBJECTS] if _named(host, group, one.value).disputed}
    strange -= {name for one in rest for name in (one.path, one.name)}
    count = sum(one.seen for one in group.objects if one.value in strange)
    if not mine or not rest or not 0 < count < group.count:
        return (group,)
    return (_part(group, rest, group.count - count, strange), _part(group, mine, count, strange, inside=True))


def _part(group: Group, examples: Tuple[Denial, ...], count: int, strange: Set[str], *, inside: bool = False) -> Group:
    asked = {name for one in examples for name in one.permissions}
    return replace(
        group,
        examples=examples,
        count=count,
        permissive=min(group.permissive, count),
        times=Buckets(),
        objects=tuple(one for one in group.objects if (one.value in strange) is inside),
        permissions={name: min(seen, count) for name, seen in group.permissions.items() if name in asked or not inside},
    )


def identify(host: Host, denial: Denial) -> Identity:
    """What the object of a denial is."""
    paths = tuple(dict.fromkeys(_paths(denial)))
    name = denial.raw_name or denial.name
    found = _identity(host, paths, name, denial.tclass, denial.target.type)
    sure = confirmed(host, denial)
    return Identity(**{**found.__dict__, "shown": denial.path or denial.name or found.shown, "confirmed": sure})


def _named(host: Host, group: Group, value: str) -> Identity:
    """What an object is of which only the text is kept."""
    paths = protected.forms(value) if "/" in value else ()
    kinds = {one.kind for one in _by_name(paths, value.rsplit("/", 1)[-1], group.tclass)}
    if kinds <= {None}:
        paths = ()  # default labels are looked up for the examples; a place is told by its path alone
    return _identity(host, paths, value.rsplit("/", 1)[-1], group.tclass, group.target)


def _paths(denial: Denial) -> Iterator[str]:
    """Every path the records may mean, in all its spellings."""
    name = denial.raw_name or denial.name
    for text in (denial.raw_path, denial.path):
        if text and "/" in text:
            yield from protected.forms(text, denial.cwd)
    for one in denial.paths:
        text = one.raw or one.name
        last = text.rstrip("/").rsplit("/", 1)[-1]
        same = one.inode is not None and one.inode == denial.inode
        if text and (same or (last == name if name else not denial.path)):
            yield from protected.forms(text, denial.cwd)
    if name.startswith("/"):
        yield from protected.forms(name, denial.cwd)


def _identity(host: Host, paths: Tuple[str, ...], name: str, tclass: str, claimed: str) -> Identity:
    said = [Witness("log", claimed, kind_of_type(host, claimed))]
    for path in paths:
        said += _by_machine(host, path, tclass, claimed)
    said += _by_name(paths, name, tclass)
    shown = safe_text(paths[0] if paths else name)
    ranked = sorted((one for one in said if one.kind is not None), key=lambda one: one.kind.rank if one.kind else 0)
    told = _disagreements(said, shown)
    if not ranked:
        return Identity(shown, claimed, told=told)
    right = _right(ranked[0], said)
    defaults = {one.type for one in said if one.who == "default"}
    settled = any(one.who == "disk" and one.type == right for one in said)
    misplaced = right == claimed and bool(defaults) and claimed not in defaults
    return Identity(shown, claimed, right, ranked[0].kind, told, right in defaults or not settled, misplaced)


def _right(best: Witness, said: List[Witness]) -> str:
    """The type that an object is judged by: the witness' own, else what disk or policy name for that place."""
    if best.type:
        return best.type
    named = [one.type for who in ("disk", "default") for one in said if one.who == who and one.type]
    meant = best.kind.right if best.kind else ""
    return next((type_ for type_ in named if not (meant and facts.is_generic(type_))), meant or "".join(named[:1]))


def _by_name(paths: Tuple[str, ...], name: str, tclass: str) -> Iterator[Witness]:
    for path in paths:
        yield Witness("path", "", protected.of_path(path))
    if not paths and name:
        yield Witness("path", "", protected.of_name(name, tclass))


def _by_machine(host: Host, path: str, tclass: str, claimed: str) -> Iterator[Witness]:
    """What the policy's file contexts, our own table and the disk say of a path.

    Where the policy means an object of this class to have just the type that the log gives it, what it has for other
    kinds of file of that name says nothing: /dev/loop-control is no disk.
    """
    real = host.files.real(path)
    for place in dict.fromkeys((path, real or path)):
        for type_ in (claimed,) if _as_meant(host, place, tclass, claimed) else default_types(host, place):
            yield Witness("default", type_, kind_of_type(host, type_))
        if place != path:
            yield Witness("path", "", protected.of_path(place))
    label = host.files.label(real or path)
    if label is not None:
        yield Witness("disk", label.type, kind_of_type(host, label.type))
    other = other_name(host, real) if real else None
    if other:
        type_ = next(iter(default_types(host, other)), "")
        yield Witness("link", type_, protected.of_path(other))


def _as_meant(host: Host, path: str, tclass: str, claimed: str) -> bool:
    mode = _MODE_OF.get(tclass)
    found = host.labels.default(path, mode) if host.labels is not None and mode is not None else None
    return found is not None and found.type == claimed


def default_types(host: Host, path: str) -> Tuple[str, ...]:
    """The types that the policy, or our own table, means a path to have, whatever kind of file lies there."""
    found: List[str] = []
    for mode in _MODES:
        label = host.label_for(path, mode)
        if label is not None:
            found.append(label.type)
    known = facts.default_label(path)
    if known is not None and (known.sure or not found):
        found.append(known.type)
    return tuple(dict.fromkeys(found))


def at_path(host: Host, path: str) -> Identity:
    """What the machine and the table say of a path, whatever a log claims of it."""
    return _identity(host, protected.forms(path), path.rsplit("/", 1)[-1], "file", "")


def other_name(host: Host, path: str) -> Optional[str]:
    """A protected path that is the same file as this one: a hard link gives a secret a harmless name."""
    here = host.files.lstat(path)
    if here is None or here.links < 2 or here.type == "d":
        return None
    for place in protected.samples():
        there = host.files.lstat(place)
        if there is not None and (there.device, there.inode) == (here.device, here.inode) and place != path:
            return place
    return None


def _disagreements(said: Iterable[Witness], shown: str) -> Tuple[str, ...]:
    """Where the disk says another thing than the log."""
    witnesses = list(said)
    claimed = witnesses[0].type
    found = [
        f"the log says that {shown} is {claimed}; on disk it is {one.type}"
        for one in witnesses
        if one.who == "disk" and claimed and one.type != claimed
    ]
    found += [f"{shown} is another name of a protected file (a hard link)" for one in witnesses if one.who == "link"]
    return tuple(dict.fromkeys(found))


def kind_of_type(host: Host, type_: str) -> Optional[Kind]:
    """The most protected kind of a type: by the table, and by the attributes of the policy at hand."""
    named = protected.of_type(type_)
    for policy in host.policies:
        if policy.has_type(type_):
            told = _by_attributes(policy, policy.resolve(type_))
            kinds = [one for one in (named, told) if one is not None]
            return min(kinds, key=lambda kind: kind.rank, default=None)
    return named


def _by_attributes(policy: Policy, type_: str) -> Optional[Kind]:
    known = _KNOWN.setdefault(policy, {})
    if type_ not in known:
        known[type_] = _kind_by_attributes(policy, type_)
    return known[type_]


_KNOWN: MutableMapping[Policy, Dict[str, Optional[Kind]]] = WeakKeyDictionary()


def _kind_by_attributes(policy: Policy, type_: str) -> Optional[Kind]:
    has = policy.attributes(type_)
    for kind in protected.kinds():
        if kind.excludes(type_):
            continue
        if "file_type" in has and any(policy.has_attribute(one) and one not in has for one in kind.lacks):
            return kind
        # Fedora's usr_t, etc_t and container content are exec_type as well, and are no program's own type.
        if "exec_type" in has and names.is_program(type_) and _enters(policy, type_, kind):
            return kind
    return None


def _enters(policy: Policy, type_: str, kind: Kind) -> bool:
    domains = policy.domains_through(type_)
    return any(domains & policy.types_with(attribute) for attribute in kind.enters)


def confirmed(host: Host, denial: Denial) -> bool:
    """Whether the machine itself has this object just as the log says: label, device, inode, and no second name.

    Of an offline root the device is not compared: it is mounted elsewhere now.
    """
    path, here = denial.raw_path, host.files.lstat(denial.raw_path) if denial.raw_path.startswith("/") else None
    if here is None or here.path != path or denial.inode is None or denial.inode != here.inode:
        return False
    label = host.files.label(path)
    if label is None or label.type != denial.target.type or (here.links > 1 and here.type != "d"):
        return False
    if not host.live:
        return True
    recorded = next((one.device for one in denial.paths if one.inode == denial.inode and one.device), "")
    if recorded:
        return recorded == here.device
    return bool(denial.device) and denial.device in names_of(here.device)
