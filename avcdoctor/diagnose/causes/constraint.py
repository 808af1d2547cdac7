"""Levels, categories, users, roles and bounds: what no allow rule can help."""

from __future__ import annotations

import re
from typing import FrozenSet, Optional, Set, Tuple

from avcdoctor.access.operations import CHANGES
from avcdoctor.diagnose import words
from avcdoctor.diagnose.case import Case, Diagnosis
from avcdoctor.diagnose.causes import noise
from avcdoctor.diagnose.places import changes
from avcdoctor.diagnose.registry import Page, cause
from avcdoctor.knowledge import facts
from avcdoctor.model import Context, Proposal, RuledOut

_MODULE = RuledOut("module", "a constraint stands above every allow rule: a module would change nothing")
_LOGIN_USERS = frozenset({"staff_u", "user_u", "guest_u", "xguest_u", "sysadm_u"})


def categories(level: str, high: bool = True) -> FrozenSet[int]:
    """The categories of one end of a level range, such as `s0-s0:c0.c1023`.

    Args:
        level: a level or a range of two, as in a context.
        high: the upper end (clearance), else the lower.
    """
    ends = level.split("-", 1)
    part = ends[-1] if high else ends[0]
    found: Set[int] = set()
    for item in part.partition(":")[2].split(","):
        match = re.fullmatch(r"c(\d{1,4})(?:\.c(\d{1,4}))?", item)
        if match:
            first = int(match.group(1))
            found.update(range(first, int(match.group(2) or first) + 1))
    return frozenset(found)


def sensitivity(level: str, high: bool = True) -> int:
    """The sensitivity number of one end of a level range; 0 when there is none."""
    ends = level.split("-", 1)
    match = re.match(r"s(\d{1,3})", ends[-1] if high else ends[0])
    return int(match.group(1)) if match else 0


def dominates(source: str, target: str) -> bool:
    """Whether the source's clearance covers the target's lower level."""
    return sensitivity(source) >= sensitivity(target, False) and categories(source) >= categories(target, False)


def level_differs(case: Case) -> bool:
    """Whether the levels alone would refuse this: the source does not dominate the target."""
    source, target = case.source_context.level, case.target_context.level
    return bool(source and target) and not dominates(source, target)


def _writes_down(case: Case) -> bool:
    """Whether a process of a higher sensitivity would change something of a lower one, which an MLS policy forbids."""
    source, target = case.source_context.level, case.target_context.level
    writes = case.is_file and bool(case.permissions & CHANGES)
    return writes and bool(source and target) and sensitivity(source, False) > sensitivity(target)


def _is_of_mls(case: Case) -> bool:
    """Whether the log is from an MLS policy while the one at hand has one sensitivity only."""
    highest = max(sensitivity(case.source_context.level), sensitivity(case.target_context.level))
    return highest > 0 and case.policy is not None and len(case.policy.db.sensitivities) == 1


def _compares_levels(case: Case) -> bool:
    """Whether a constraint may be taken to compare the levels although no policy at hand says so.

    MCS compares categories of what the kernel guards; what D-Bus, systemd and the like ask for themselves is bound by
    levels in an MLS policy only, whose logs show other sensitivities than s0.
    """
    source, target = case.source_context.level, case.target_context.level
    return case.tclass not in facts.classes("manager") or sensitivity(source) != sensitivity(target, False)


PAGES = (
    Page(
        "constraint",
        "user, role or level stand against it",
        "Type rules are not all: constraints compare users, roles and levels, and one of them refuses.",
        "the policy's constraints were asked with these contexts and one of them fails",
        "change the user, role or level that the finding names; no allow rule can help",
    ),
)


@cause(100, *PAGES)
def diagnose(case: Case) -> Optional[Diagnosis]:
    """Name the field that differs when a constraint refuses, or nothing."""
    if case.denial.record_type == "SELINUX_ERR":
        return None
    said = _by_policy(case)
    if said is None:
        return None
    field, detail = said
    source, target = case.source_context, case.target_context
    shown = {
        "level": (source.level, target.level),
        "user": (source.user, target.user),
        "role": (source.role, target.role),
    }
    left, right = shown.get(field, (str(source), str(target)))
    return Diagnosis(
        cause="constraint",
        title=f"{case.described()}: the {field} differs",
        why=f"The types would fit, but a constraint of the policy compares the {field}: the process has {left}, the "
        f"{'new process' if 'transition' in case.permissions else 'object'} {right}. No allow rule can lift a "
        "constraint.",
        root=("constraint", field, case.source),
        next=noise.hushed(case) if field == "level" else "",
        evidence=(f"{field} of the process: {left}", f"{field} of the object: {right}", *detail),
        ruled_out=(_MODULE,),
        proposals=(Proposal("constraint", {"field": field, "steps": _steps(field, source, target, case)}),),
        final=True,
    )


def _by_policy(case: Case) -> Optional[Tuple[str, Tuple[str, ...]]]:
    """The field a constraint stumbles over, and what shows it."""
    type_allows = case.allows(case.target) if case.local else None
    if _is_of_mls(case) and type_allows is not False and (level_differs(case) or _writes_down(case)):
        return "level", ("the sensitivities are those of an MLS policy, which lets write at one's own level only",)
    if case.tclass == "process" and "transition" in case.permissions:
        return _transition_field(case, type_allows)
    apart = (level_differs(case) or _writes_down(case)) and not case.local  # a policy at hand is asked below
    if apart and _compares_levels(case) and type_allows is not False:
        return "level", ()
    if _other_identity(case) and type_allows is not False and not case.local:
        return "user", ("who creates a file gives it his own SELinux user; another one was asked for on purpose",)
    if not case.local or case.policy is None or not type_allows:
        return None
    refused = case.answer.refusals
    if not refused:
        return None
    differing = _differing(case.source_context, case.target_context)
    field = next((one for one in refused[0].compares if one in differing), differing[0] if differing else "context")
    return field, (f"the policy's constraint: {refused[0].text}",)


def _other_identity(case: Case) -> bool:
    """Whether a file was to be created with another SELinux user, as `cp -a` does; few domains may."""
    asked = {one.target.user for one in case.denials}
    strangers = case.source_context.user not in asked and "" not in asked
    may = case.source_is("identity-changer") or case.source_context.user == ""
    return case.is_file and "create" in case.permissions and strangers and not may


def _transition_field(case: Case, type_allows: Optional[bool]) -> Optional[Tuple[str, Tuple[str, ...]]]:
    """A transition that changes user, role or level needs a domain that may."""
    source, target = case.source_context, case.target_context
    if type_allows is False:
        return None
    if source.user != target.user and source.user in _LOGIN_USERS:
        return "user", (f"role: {source.role} to {target.role}", f"level: {source.level} to {target.level}")
    if type_allows and level_differs(case):
        return "level", ()
    return None


def _differing(source: Context, target: Context) -> Tuple[str, ...]:
    """The fields in which two contexts differ, the level only where the source's does not cover the target's."""
    found = []
    if source.level and target.level and not dominates(source.level, target.level):
        found.append("level")
    found += [name for name in ("user", "role") if getattr(source, name) != getattr(target, name)]
    return tuple(found)


def _steps(field: str, source: Context, target: Context, case: Case) -> Tuple[str, ...]:
    if field == "user" and case.tclass == "process":
        return (
            "map the login to an SELinux user that may do this: `semanage login -m -s staff_u -r s0-s0:c0.c1023 "
            f"LOGIN` gives it the full range; {source.user} needs a role that can enter {target.type}",
            "or start the service by systemd instead of from that login",
        )
    if field == "user" and "create" in case.permissions:
        return (
            f"let {words.typed(case.program)} create the file without somebody else's label: `cp` without -a and "
            "--preserve=context, `tar` and `rsync` without their options for SELinux labels and extended attributes",
        )
    if field == "user":
        return (
            f"the object belongs to the SELinux user {target.user}, the process to {source.user}: start the program "
            f"where it runs as {target.user} (services by systemctl), or set the object's user: `chcon -u "
            f"{source.user} FILE`",
        )
    if field == "role":
        return (f"use a role that is authorised for {target.type}, or authorise one: `semanage user -m -R ...`",)
    if case.tclass in ("process", "dir", "file") and case.source == case.target:
        return (
            "two processes of different categories are kept apart on purpose; give both the same level if they "
            "belong together",
        )
    if _writes_down(case):
        return (
            f"the process is above the object, and an MLS policy lets nothing flow down: start it at {target.level}, "
            "or at a range that begins there (a systemd unit: `SELinuxContext=`; the program's own policy: "
            "range_transition)",
            f"or have the policy trust {source.type} with it, by an attribute such as mlsfilewrite: that is for its "
            "makers to decide",
        )
    if case.is_file and changes(case) and sensitivity(source.level) != sensitivity(target.level, False):
        return (
            f"an MLS policy lets write at one's own level only: run the process at {target.level} (a systemd unit: "
            "`SELinuxContext=`), or keep the object at the process's level",
        )
    return (
        f"run the process at a level that dominates {target.level}: for a systemd unit `SELinuxContext=` with that "
        "level, for a container the pod's or container's level option",
        "or give the object the process's level, when it belongs to it: `chcon -l "
        f"{words.typed(source.level.split('-')[0])} FILE`",
    )
