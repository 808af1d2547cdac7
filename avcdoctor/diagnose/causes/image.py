"""Systems that carry their policy in the image: whose it is, and what can be done without the usual commands."""

from __future__ import annotations

import re
from typing import FrozenSet, Optional, Tuple

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes.constraint import level_differs
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.host import Host
from avcdoctor.knowledge.systems import System, named, systems
from avcdoctor.model import Group, Proposal, RuledOut

_PAIR = re.compile(r":c\d+,c\d+$")  # what runtimes give containers and their volumes


PAGES = (
    Page(
        "image-policy",
        "the policy is part of the system's image",
        "Systems such as Talos, Bottlerocket, Flatcar and Android bring their policy in a read-only image, and nobody "
        "changes it on the machine: there is no package, module, option or label of one's own.",
        "os-release names the system, or the contexts are of its policy and of no other",
        "change the workload, or how it is labelled where it is described; report what the policy lacks to the system",
    ),
)


@cause(20, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say who owns the policy and what can be done on a system that lets nobody change it, or nothing."""
    system, sign = _system(case)
    if system is None or not system.steps:
        return None
    name, levels = system.name, system.levels if level_differs(case) else ""
    never = f"the policy is part of {name}'s image"
    return Diagnosis(
        cause="image-policy",
        title=f"{case.described()}: {name}'s own policy refuses it",
        why=f"The policy is part of {name}'s image and nobody changes it on the machine. {system.why}",
        root=("image-policy", name, case.source, case.target, str(bool(levels))),
        evidence=(sign, *((f"levels: {case.source_context.level}, {case.target_context.level}",) if levels else ())),
        ruled_out=tuple(RuledOut(kind, never) for kind in ("module", "boolean", "fcontext", "restorecon")),
        proposals=_proposals(system, levels),
        final=True,
    )


def _proposals(system: System, levels: str) -> Tuple[Proposal, ...]:
    """One level for both sides where only that is missing, else another way for the program, and whom to tell."""
    if levels:
        return (Proposal("constraint", {"steps": (levels,)}),)
    update = Proposal("policy-update", {"steps": (system.report,)})
    return Proposal("app-fix", {"steps": system.steps}), update


def notes(host: Host, own_log: bool) -> Tuple[str, ...]:
    """What to mind with all advice on the system that a log is about.

    Args:
        host: the machine or root at hand.
        own_log: it wrote the log.
    """
    system = named(host.system(own_log))
    return system.notes if system else ()


def _system(case: Case) -> Tuple[Optional[System], str]:
    """The system and the sign it is told by: what the root or machine calls itself, or else the contexts of the log."""
    names = case.host.system(case.own_log)
    if names:
        return named(names), f"os-release: {names[0]}"
    ends = (case.source_context, case.target_context)
    for system in systems():
        if any(one.user != system.user for one in ends):
            continue
        if system.roles and all(one.role in system.roles for one in ends):
            return system, f"contexts of {system.name}'s policy: {ends[0]}, {ends[1]}"
        if _is_its(case, system) and not _has_another_policy(case, system):
            return system, f"types of {system.name}'s policy: {case.source}, {case.target}"
    return None, ""


def _has_another_policy(case: Case, system: System) -> bool:
    """Whether the policy at hand has the system's own types and others as well: then they are an administrator's."""
    policy = None if case.host.by_reference else case.host.policy
    if policy is None or policy.types <= system.all_types:
        return False
    seen = frozenset().union(*map(_ends, (case.group, *case.others)))
    return any(policy.has_type(name) for name in seen & (system.own | system.plain))


def _is_its(case: Case, system: System) -> bool:
    """Whether a denial, or else the whole log, has only types of one system's policy, and some that tell it."""
    if not _ends(case.group) <= system.all_types:
        return False
    if _tells(case.group, system):
        return True
    return all(_ends(one) <= system.all_types and one.told for one in case.others) and any(
        _tells(one, system) for one in case.others
    )


def _tells(group: Group, system: System) -> bool:
    """Whether a denial can be of no other system: by a type, or by a plain one with a container's categories."""
    if _ends(group) & system.own:
        return True
    paired = (_PAIR.search(one.source.level) and _PAIR.search(one.target.level) for one in group.examples)
    return bool(_ends(group) & system.plain) and any(paired)


def _ends(group: Group) -> FrozenSet[str]:
    return frozenset((group.source, group.target))
