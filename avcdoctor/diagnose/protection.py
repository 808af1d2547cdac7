"""Whether an access to a protected object is to stay denied, may only be put right, or is like any other."""

from __future__ import annotations

from typing import FrozenSet, Iterable, NamedTuple, Optional, Tuple

from avcdoctor.access import names
from avcdoctor.access.operations import FILES
from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.identity import Identity, identities
from avcdoctor.host import Answer, Host, Question
from avcdoctor.knowledge import facts
from avcdoctor.knowledge.domains import in_family
from avcdoctor.knowledge.protected import Kind, categories, core
from avcdoctor.model import Group

UNCONFINED = ("unconfined_domain_type", "unconfined_domain", "files_unconfined_type")
"""Attributes of domains that no type rule confines."""

FREE, CLOSED, RESTORE, SEALED = "free", "closed", "restore", "sealed"
"""What may be done about an access: anything; anything that does not open the object's type; only to put the label
back that the object should have; nothing, because it should stay denied."""
_ORDER = (FREE, CLOSED, RESTORE, SEALED)


_EXPOSED = ("web", "network", "user", "person", "container", "machine")
"""Families of domains that strangers, people or guests reach: what they ask of hardware is no oversight."""


class Judgement(NamedTuple):
    """What may be done about a group's accesses, and the object that decides it; None where every one is ordinary."""

    may: str
    identity: Optional[Identity] = None


def judge(host: Host, group: Group) -> Judgement:
    """The strictest judgement over the objects of a group."""
    found = [Judgement(_one(host, group, one), one) for one in identities(host, group) if one.kind is not None]
    return max(found, key=lambda one: _ORDER.index(one.may), default=Judgement(FREE))


def _one(host: Host, group: Group, identity: Identity) -> str:
    kind = identity.kind
    if kind is None or is_unconfined(host, group.source):
        return FREE
    if _is_elsewhere(group, identity, kind):
        return CLOSED if identity.disputed else FREE
    permissions = frozenset(group.permissions)
    asked = categories(permissions, group.tclass) & kind.guards
    if not identity.disputed or kind.accepts(identity.claimed):
        return _as_labelled(host, group, kind, asked)
    if facts.in_group(identity.claimed, "filesystem") or not (kind.fixed or asked):
        return FREE  # the label is the mount's, which nothing but the mount can change
    if identity.restorable and may_use(host, group.source, identity.right, group.tclass, permissions, kind=kind):
        return RESTORE
    return SEALED


def _as_labelled(host: Host, group: Group, kind: Kind, asked: FrozenSet[str]) -> str:
    """The object carries the label of its kind: what the domain asks for is what the label is there to refuse."""
    if not asked or may_use(host, group.source, group.target, group.tclass, frozenset(group.permissions), kind=kind):
        return FREE
    sealed = asked & kind.seals and not _is_hushed(host, group, kind)
    if sealed and in_family(group.source, *kind.trusted):
        return CLOSED  # it handles such things; what it lacks is told by the other causes, but never allowed by us
    if sealed and kind.known and asked <= {"look", "read"} and in_family(group.source, *kind.known):
        return CLOSED
    if sealed and kind.machinery and not in_family(group.source, *_EXPOSED):
        return CLOSED  # a service of the system that works with hardware: its policy lacks a rule, nobody broke in
    return SEALED if sealed else CLOSED


def _is_hushed(host: Host, group: Group, kind: Kind) -> bool:
    """Whether the policy refuses this domain such an access without a word: then it is known, and no attack."""
    policy = host.policy_with(group.source, group.target)
    if policy is None or kind.rank == 0 or not policy.has_class(group.tclass):
        return False
    return bool(policy.dontaudited(group.source, group.target, group.tclass) & frozenset(group.permissions))


def _is_elsewhere(group: Group, identity: Identity, kind: Kind) -> bool:
    """Whether a path is a container's own, which says nothing of the host's file of that name."""
    inside = kinds.is_container_domain(group.source) and not kind.contained
    return inside and not kind.has_type(identity.claimed) and not identity.told


def may_use(host: Host, domain: str, type_: str, tclass: str, permissions: FrozenSet[str], *, kind: Kind) -> bool:
    """Whether a domain may use objects of a type in the way it asks for.

    Args:
        domain: the source.
        type_: the type that the object should have.
        tclass: the class.
        permissions: what was asked for; who may read is not asked about each permission that belongs to reading.
        kind: what the object is; answers where no policy knows domain and type.
    """
    if is_unconfined(host, domain):
        return True
    asked = categories(permissions, tclass)
    policy = host.policy_with(domain, type_)
    if policy is not None and policy.has_class(tclass):
        got = Answer(Question(domain, type_, tclass, permissions), policy).granted
        if tclass == "lnk_file":  # who may use the files themselves learns nothing from a link to one
            got |= Answer(Question(domain, type_, "file", permissions), policy).granted
        if permissions & policy.class_permissions(tclass) <= got:
            return True
        return bool(asked) and all(core(one) & got for one in asked)
    family = words.family(domain)
    own = bool(family) and (type_ == names.typed(family) or type_.startswith(f"{family}_"))
    return own or in_family(domain, *kind.trusted) or (bool(asked) and asked <= kind.open)


def is_unconfined(host: Host, domain: str) -> bool:
    """Whether no type rule confines a domain: by the policy's attributes, else by what is known of the name."""
    policy = host.policy_with(domain)
    if policy is not None and any(policy.has_attribute(name) for name in UNCONFINED):
        return bool(policy.attributes(domain) & set(UNCONFINED))
    return any(facts.has_attribute(domain, name) for name in UNCONFINED[:1])


def reaches_out(host: Host, source: str, target: str, tclass: str) -> str:
    """Why a rule between two domains is dangerous, and the narrow way; empty where it is not.

    What matters is who stands behind a socket, a process, a pipe or a descriptor: through one that is not confined a
    confined program that was taken over reaches everything.

    Args:
        source: the domain that asks.
        target: the type of the other side.
        tclass: the class.
    """
    through = tclass in facts.classes("process") or tclass.endswith("_socket")
    if not through or source == target or is_unconfined(host, source) or not is_unconfined(host, target):
        return ""
    if not in_family(target, "launcher", "person", "runtime") and not _runs(host, target):
        return ""
    return (
        f"danger: {target} is not confined, so whoever takes over {source} acts through it on the whole machine; the "
        "narrow way is to let the other side run in a domain of its own (restore the label of its program and restart "
        "it), or to hand over only what is meant, by a socket or file with a type of its own"
    )


def _runs(host: Host, type_: str) -> bool:
    policy = host.policy_with(type_)
    return policy is not None and policy.is_domain(type_)


def sealed_groups(host: Host, groups: Iterable[Group]) -> Tuple[Tuple[Group, Judgement], ...]:
    """Groups about protected objects, each with its judgement; ordinary ones are left out."""
    judged = ((group, judge(host, group)) for group in groups if group.tclass in FILES)
    return tuple((group, one) for group, one in judged if one.may != FREE)


def closer(identity: Optional[Identity]) -> Tuple[str, ...]:
    """How to look closer at a denial that should stay one, without a command that would open anything."""
    found = [
        "keep the denial; do not allow it, do not relabel",
        "see what the process did: `ausearch -p {pid} -i` and its parents (ppid in the SYSCALL record)",
        "check the service for a break-in: its access log at that time, files changed since, outgoing connections",
    ]
    kind = identity.kind if identity is not None else None
    if identity is not None and kind is not None:
        found += kind.closer
        found += [kind.narrow] if kind.narrow else []
        if identity.misplaced:
            found.append(
                "if you know that it is no secret and only brought its label along, and `stat -c %h` says that it has "
                "one name only (a hard link to a secret would be opened as well): put a fresh copy of its contents in "
                "its place, which gets the label of that place by itself"
            )
        if identity.disputed:
            found.append(
                "look what the object really is: `ls -lZ`, `stat` (links, inode) and `matchpathcon` on it; if it truly "
                f"carries {identity.claimed}, find out who relabelled or copied it before its label is put right"
            )
    return tuple(found)


def filled(steps: Iterable[str], groups: Iterable[Group]) -> Tuple[str, ...]:
    """Steps with the process' number in them, where the log tells it."""
    pid = next((str(one.pid) for group in groups for one in group.examples if one.pid), "PID")
    return tuple(step.replace("{pid}", pid) for step in steps)


def reason(identity: Identity, source: str) -> str:
    """Why an access to a protected object stays denied, in a sentence or two."""
    kind, right = identity.kind, identity.right
    what = kind.title if kind is not None else "protected objects"
    if identity.disputed and not identity.restorable:
        return (
            f"The log calls it {identity.claimed}; on disk it is {right}, as {what} are, and its place has another "
            "default label. Whoever relabels it by what the log claims gives it away."
        )
    if identity.disputed and right:
        return (
            f"The log calls it {identity.claimed}, but it belongs to {what} and should be {right}, which {source} may "
            "not use this way. What a log claims of such an object opens nothing."
        )
    if identity.disputed:
        return f"It belongs to {what}, whatever label the log claims; {source} has no business there."
    return (
        f"{identity.claimed} is for {what}. {source} may not use it this way, and a service that is broken into tries "
        "just this. This is what SELinux is for."
    )
