"""Systems that carry their policy in the image: whose it is, and what can be done without the usual commands."""

from __future__ import annotations

from typing import Any, FrozenSet, Mapping, Optional, Tuple

from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes.constraint import level_differs
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.host import Host
from avcdoctor.knowledge import tables
from avcdoctor.model import Group, Proposal, RuledOut

_USER = "system_u"  # the only one these policies have


PAGES = (
    Page(
        "image-policy",
        "the policy is part of the system's image",
        "Systems such as Talos, Bottlerocket and Flatcar bring their policy in a read-only image, and nobody changes "
        "it on the machine: there is no package, module, option or label of one's own.",
        "os-release names the system, or both types are of its policy and one of them of no other",
        "change the workload, or how it is labelled where it is described; report what the policy lacks to the system",
    ),
)


@cause(20, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Say who owns the policy and what can be done on a system that lets nobody change it, or nothing."""
    system, sign = _system(case)
    if system is None or "steps" not in system:
        return None
    name, levels = system["name"], system.get("levels") if level_differs(case) else None
    never = f"the policy is part of {name}'s image"
    return Diagnosis(
        cause="image-policy",
        title=f"{case.described()}: {name}'s own policy refuses it",
        why=f"The policy is part of {name}'s image and nobody changes it on the machine. {system['why']}",
        root=("image-policy", name, case.source, case.target, str(bool(levels))),
        evidence=(sign, *((f"levels: {case.source_context.level}, {case.target_context.level}",) if levels else ())),
        ruled_out=tuple(RuledOut(kind, never) for kind in ("module", "boolean", "fcontext", "restorecon")),
        proposals=_proposals(system, levels),
        final=True,
    )


def _proposals(system: Mapping[str, Any], levels: Optional[str]) -> Tuple[Proposal, ...]:
    """One level for both sides where only that is missing, else another way for the program, and whom to tell."""
    if levels:
        return (Proposal("constraint", {"steps": (levels,)}),)
    update = Proposal("policy-update", {"steps": (system["report"],)})
    return Proposal("app-fix", {"steps": tuple(system["steps"])}), update


def notes(host: Host, own_log: bool) -> Tuple[str, ...]:
    """What to mind with all advice on the system that a log is about.

    Args:
        host: the machine or root at hand.
        own_log: it wrote the log.
    """
    system = _named(host.system(own_log))
    return tuple(system.get("notes", ())) if system else ()


def _system(case: Case) -> Tuple[Optional[Mapping[str, Any]], str]:
    """The system and the sign it is told by: what the root or machine calls itself, or else the types of the log."""
    names = case.host.system(case.own_log)
    if names:
        return _named(names), f"os-release: {names[0]}"
    if case.source_context.user != _USER or case.target_context.user != _USER:
        return None, ""
    for system in tables.document("systems.yaml").values():
        own = frozenset(system.get("own", ()))
        if _is_its(case, own, own.union(system.get("types", ()))):
            return system, f"types of {system['name']}'s policy: {case.source}, {case.target}"
    return None, ""


def _named(names: Tuple[str, ...]) -> Optional[Mapping[str, Any]]:
    """The system that os-release names."""
    return next((one for one in tables.document("systems.yaml").values() if set(names) & set(one["ids"])), None)


def _is_its(case: Case, own: FrozenSet[str], types: FrozenSet[str]) -> bool:
    """Whether a denial, or else the whole log, has only types of one system's policy and some of its own."""
    if not _ends(case.group) <= types:
        return False
    if _ends(case.group) & own:
        return True
    return all(_ends(one) <= types for one in case.others) and any(_ends(one) & own for one in case.others)


def _ends(group: Group) -> FrozenSet[str]:
    return frozenset((group.source, group.target))
