"""Asks the policy about each component of a path, on behalf of a domain."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import FrozenSet, List, Optional, Tuple

from avcdoctor import diagnose, remedies
from avcdoctor.access.operations import needs
from avcdoctor.host import Host
from avcdoctor.host.policy import Policy
from avcdoctor.host.walk import Component, Walk
from avcdoctor.model import KERNEL, Context, Counted, Denial, EventId, Group, Remedy, safe_text
from avcdoctor.triage.guarded import is_secret, keep_denied
from avcdoctor.triage.layers.base import remedy
from avcdoctor.triage.packs import facts
from avcdoctor.triage.subject import Subject

_CLASSES = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "lnk_file",
    stat.S_IFCHR: "chr_file",
    stat.S_IFBLK: "blk_file",
    stat.S_IFSOCK: "sock_file",
    stat.S_IFIFO: "fifo_file",
}
_OPERATIONS = {
    # purpose: what is done to a file, and to a directory
    "read": ("read", "list"),
    "write": ("write", "add"),
    "execute": ("run", "pass"),
    "search": ("look", "pass"),
    "chroot": ("look", "pass"),
}

_BY_RECORD = "let `avcdoctor explain` find the remedy from the denial itself"


@dataclass(frozen=True)
class Refusal:
    """What the policy refuses at one component."""

    at: int
    path: str
    why: str
    remedies: Tuple[Remedy, ...] = ()


class View:
    """The policy as a domain sees it.

    Args:
        host: whose policy, labels and files are asked for ways out.
        policy: None when there is none, or when no domain was given.
        subject: whose domain counts.
        unknown: why the policy can't be asked; empty when it can.
    """

    def __init__(
        self, host: Host, policy: Optional[Policy], subject: Subject, unknown: str = "", note: str = ""
    ) -> None:
        self._host = host
        self._policy = policy
        self._subject = subject
        self.unknown = unknown
        self.note = note

    def held(self, capabilities: FrozenSet[str]) -> FrozenSet[str]:
        """Those of the capabilities that the policy lets the domain use."""
        if self._policy is None or self.unknown:
            return capabilities
        domain = self._subject.domain
        given = self._policy.allowed(domain, domain, "capability") | self._policy.allowed(domain, domain, "capability2")
        return frozenset(capabilities & given)

    def refusals(self, walk: Walk, wanted: str) -> List[Refusal]:
        """What the policy refuses on the way and at the end."""
        if self._policy is None or self.unknown:
            return []
        found: List[Refusal] = []
        end = len(walk.components) - 1
        for at, one in enumerate(walk.components):
            if not one.kind:
                continue
            creating = at == end - 1 and walk.end == "missing" and wanted == "write" and not walk.rest
            passing = (at < end or walk.end != "found") and not creating
            refusal = self._ask(self._policy, at, one, wanted, passing)
            if refusal is not None:
                found.append(refusal)
        if wanted == "chroot" and "sys_chroot" not in self.held(frozenset({"sys_chroot"})):
            domain = self._subject.domain
            why = f"the policy does not give {domain} the capability sys_chroot"
            itself = self._subject.context or Context("system_u", "system_r", domain, "")
            found.append(Refusal(end, walk.last.path, why, self._as_denied(itself, "capability", ("sys_chroot",))))
        return found

    def _ask(self, policy: Policy, at: int, one: Component, wanted: str, passing: bool) -> Optional[Refusal]:
        tclass = _CLASSES.get(stat.S_IFMT(one.mode), "file")
        if tclass == "lnk_file":
            needed: Tuple[str, ...] = ("read",)
        elif tclass == "dir":
            needed = tuple(sorted(needs("dir", "pass" if passing else _OPERATIONS[wanted][1])))
        else:
            needed = tuple(sorted(needs("file", _OPERATIONS[wanted][0])))
        label = one.label or one.default
        if label is None or not policy.has_type(label.type):
            return None
        domain = self._subject.domain
        missing = [name for name in needed if name not in self._allowed(policy, domain, label.type, tclass)]
        if wanted == "execute" and tclass == "file" and not passing and not missing:
            missing = _to_run(policy, domain, label.type)
        if not missing:
            return self._by_constraint(policy, at, one, label, tclass, needed)
        from_policy = "" if one.label else ", the label the policy means it to have"
        why = (
            f"{domain} may not {{ {' '.join(missing)} }} the {tclass} {safe_text(one.path)} ({label.type}{from_policy})"
        )
        return Refusal(at, one.path, why, self._remedies(one, label, tclass, tuple(missing)))

    def _by_constraint(  # noqa: PLR0917 - what is asked of the policy, in the policy's own order
        self, policy: Policy, at: int, one: Component, label: Context, tclass: str, needed: Tuple[str, ...]
    ) -> Optional[Refusal]:
        """Levels, categories, roles and users, which no type rule can overrule."""
        context = self._subject.context
        stands = policy.refusals(context, label, tclass, needed) if context is not None else ()
        if not stands:
            return None
        what = " and ".join(dict.fromkeys(name for refusal in stands for name in refusal.compares))
        why = (
            f"{context} may not {{ {' '.join(stands[0].permissions)} }} the {tclass} {safe_text(one.path)} ({label}): "
            f"the {what} of the two do not agree"
        )
        return Refusal(at, one.path, why, self._as_denied(label, tclass, tuple(stands[0].permissions), one.path))

    def _allowed(self, policy: Policy, domain: str, type_: str, tclass: str) -> FrozenSet[str]:
        known = policy.class_permissions(tclass)
        granted = policy.allowed(domain, type_, tclass)
        return granted | (frozenset(("map", "open")) - known)  # an old policy without these never refuses them

    def _remedies(self, one: Component, label: Context, tclass: str, missing: Tuple[str, ...]) -> Tuple[Remedy, ...]:
        """The ways out that `explain` has for such a denial; a label that the mount gives is changed there."""
        if is_secret(one):
            return (keep_denied(),)
        permissions = tuple(name for name in missing if " " not in name)  # the others are another domain's
        found = self._as_denied(label, tclass, permissions, one.path) if permissions else ()
        if one.mount is not None and one.mount.value("context"):
            point = safe_text(one.mount.point)
            title = f"the label comes from context= of the mount at {point}: change it there"
            return (remedy("mount-option", title), *found)
        return found or (remedy("policy-update", _BY_RECORD, [["avcdoctor", "explain", "--since", "recent"]]),)

    def _as_denied(
        self, target: Context, tclass: str, permissions: Tuple[str, ...], path: str = ""
    ) -> Tuple[Remedy, ...]:
        """What is done about a denial of just this, as it would be explained if it stood in the log."""
        source = self._subject.context or Context("system_u", "system_r", self._subject.domain, target.level[:2])
        shown, known = safe_text(path), facts()
        denial = Denial(
            EventId(), "AVC", permissions, source, target, tclass, path=shown, raw_path=path, provenance=KERNEL
        )
        group = Group(
            source.type,
            target.type,
            tclass,
            dict.fromkeys(permissions, 1),
            1,
            objects=(Counted(shown, 1),) if path else (),
            source_contexts=(Counted(str(source), 1),),
            target_contexts=(Counted(str(target), 1),),
            examples=(denial,),
            provenance=KERNEL,
        )
        host = self._host
        incidents = remedies.propose(diagnose.find([group], host, known, own_log=True), host, own_log=True)
        return incidents[0].remedies if incidents else ()


def _to_run(policy: Policy, domain: str, type_: str) -> List[str]:
    """What is missing to run a program after it may be read and executed: a transition, or the right to stay."""
    into = policy.transition(domain, type_)
    if into is None:
        return [] if "execute_no_trans" in policy.allowed(domain, type_, "file") else ["execute_no_trans"]
    missing = [] if "transition" in policy.allowed(domain, into, "process") else [f"transition to {into}"]
    return missing + ([] if type_ in policy.entrypoints(into) else [f"entrypoint of {into}"])


def view(host: Host, subject: Subject) -> View:
    """What the policy of a host can say about a subject's domain."""
    domain = subject.domain
    if not domain:
        return View(host, None, subject, "no domain was given: --as DOMAIN asks the policy")
    policy = host.policy
    if policy is None:
        return View(host, None, subject, "no policy is at hand")
    if not policy.has_type(domain):
        return View(host, None, subject, f"{host.info.name} does not know {safe_text(domain)}")
    if policy.is_permissive(domain):
        return View(host, policy, subject, note=f"{domain} is permissive: what the policy refuses is only logged")
    return View(host, policy, subject)
