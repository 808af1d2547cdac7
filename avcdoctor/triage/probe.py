"""Looks at the machine a log is from: walks the paths that failed, and asks the unit's settings."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Tuple

from avcdoctor.actions.registry import recalling, undo
from avcdoctor.errors import UsageError
from avcdoctor.host import Host
from avcdoctor.host.walk import Component, Walk, Walker
from avcdoctor.model import Remedy, safe_text
from avcdoctor.triage.access import Access, judge_access
from avcdoctor.triage.layers.base import remedy
from avcdoctor.triage.layers.capability import needed
from avcdoctor.triage.machine import domain_of, without_selinux
from avcdoctor.triage.model import Observation, Triage, TriageIncident
from avcdoctor.triage.naming import for_unit
from avcdoctor.triage.subject import Subject, subject
from avcdoctor.triage.unit import Forbids, UnitFacts, forbids

_WALKED = ("path", "symlink", "dac", "mount", "immutable", "sandbox", "exec-format")
_RUNS = re.compile(r"\b(?:exec\w*|spawn\w*|run\b|start\w* (?:program|script)|interpreter)", re.I)
_WRITES = re.compile(
    r"\b(?:writ\w+|creat\w+|mkdir|unlink|remov\w+|renam\w+|trunc\w+|append|log file|open log|pid)\b", re.I
)
_MOST_LINES = 3  # lines an incident shows of the walk


def look(triage: Triage, host: Host, unit: Optional[UnitFacts] = None) -> Triage:
    """Add to each incident what the machine itself shows; a setting of the unit that explains it becomes the layer.

    Args:
        triage: the verdict over the log.
        host: the machine the log is from.
        unit: its service's settings.
    """
    if host.report is not None:
        notes = ("this root is a report, not a whole system: paths were not looked at", *triage.notes)
        triage = replace(triage, notes=notes)
    who = _who(host, unit)
    walker = Walker(host.files, host.labels)
    incidents = [_looked_at(incident, host, unit, walker, who) for incident in triage.incidents]
    if unit is not None:
        incidents = [for_unit(incident, unit.name) for incident in incidents]
    leading = incidents[0].layer if incidents else ""
    selinux, why = _verdict(triage, incidents, host)
    return replace(triage, incidents=tuple(incidents), layer=leading, selinux=selinux, selinux_why=why)


def _verdict(triage: Triage, incidents: Sequence[TriageIncident], host: Host) -> Tuple[str, str]:
    """What the machine adds to an undecided verdict: a layer that it shows to refuse, or that SELinux is not in use."""
    if triage.selinux != "unknown" or not incidents:
        return triage.selinux, triage.selinux_why
    if incidents[0].proof == "named" and incidents[0].layer != "selinux":
        return "false", incidents[0].explanation.cause
    absent = without_selinux(host)
    if absent:
        return "false", absent
    return triage.selinux, triage.selinux_why


def _who(host: Host, unit: Optional[UnitFacts]) -> Subject:
    domain = domain_of(host, unit) or None if unit is not None else None
    if unit is not None and unit.user:
        try:
            return subject(host, domain, unit.user)
        except UsageError:  # the account does not exist there; root's view is still worth showing
            return subject(host, domain)
    return subject(host, domain)


def _looked_at(
    incident: TriageIncident, host: Host, unit: Optional[UnitFacts], walker: Walker, who: Subject
) -> TriageIncident:
    first = next((one for one in incident.observations if one.path.startswith("/")), incident.observations[0])
    setting = forbids(unit, first.errno, first.path, needed(first.line)) if unit is not None else None
    if setting is not None and incident.layer != "selinux" and unit is not None:
        return _by_setting(incident, setting, unit)
    if (
        host.report is not None
        or incident.layer not in _WALKED
        or not first.path.startswith("/")
        or incident.proof == "warning"
    ):
        return incident
    walk = walker.walk(first.path)
    if not host.live and _elsewhere(walk, walker):
        return incident
    access = judge_access(walk, who, host, _purpose(incident, first))
    return _by_walk(incident, access, first)


def _elsewhere(walk: Walk, walker: Walker) -> bool:
    """Whether an offline root lacks the file system on which the path lies, so that its being missing tells nothing."""
    mount = walker.mounts.at(walk.asked)
    if walk.end != "missing" or mount is None or mount.point == "/":
        return False
    parent = walk.last.path.rpartition("/")[0] or "/"
    return mount.point.startswith(walk.last.path) or parent == mount.point


def _purpose(incident: TriageIncident, seen: Observation) -> Optional[str]:
    if "chroot" in incident.explanation.kind:
        return "chroot"
    if incident.layer == "symlink":
        return None
    if _RUNS.search(seen.line):
        return "execute"
    if incident.layer in ("mount", "immutable") or _WRITES.search(seen.line):
        return "write"
    return None


def _by_setting(incident: TriageIncident, setting: Forbids, unit: UnitFacts) -> TriageIncident:
    old = incident.explanation
    fix = remedy(
        "app-fix",
        f"change {setting.setting}= in a drop-in of the unit, no wider than this service needs",
        [["systemctl", "edit", unit.name], ["systemctl", "restart", unit.name]],
        notes=("`ReadWritePaths=` and `BindPaths=` open one place without giving up the rest",),
    )
    seen = Observation("sandbox", setting.why, "named", where=unit.told_by)
    explanation = replace(
        old,
        kind="unit-setting",
        title=setting.why,
        cause=setting.why,
        because="systemd set this up for the service alone: outside of it, from a shell, the same access works.",
        remedies=(fix, *old.remedies),
        also=tuple(dict.fromkeys((incident.layer, *old.also))),
    )
    observations = (seen, *incident.observations)
    return replace(
        incident, layer="sandbox", proof="named", explanation=explanation, observations=observations, ruled_out=()
    )


def _by_walk(incident: TriageIncident, access: Access, first: Observation) -> TriageIncident:
    walk, old = access.walk, incident.explanation
    where = f"{safe_text(walk.asked)} now"
    seen = tuple(
        Observation(incident.layer, line, incident.proof, where=where, path=walk.real, line=line)
        for line in _shown(access)
    )
    observations = (*incident.observations[:1], *seen, *incident.observations[1:])
    stops = [stop for stop in access.stops if not first.errno or stop.errno == first.errno]
    fixes: List[Remedy] = [fix for stop in stops[:2] for fix in stop.remedies]
    cause, warnings = old.cause, old.warnings
    proof, layer = incident.proof, incident.layer
    if incident.layer == "symlink" and not access.stops:
        fixes = _bind_mounts(walk)
        cause = _link_cause(walk) or cause
    elif stops:
        cause = stops[0].why
        if incident.undecided:  # the machine shows who refuses; what the policy alone would refuse has no record yet
            layer = layer if incident.rule else stops[0].layer
            proof = "errno" if stops[0].layer == "selinux" else "named"
    elif not access.stops:
        warnings = (*warnings, _nothing_wrong(walk, incident, access.subject))
    ways = tuple(_recalling(fix, walk) for fix in _merged(incident, old.remedies, fixes))
    explanation = replace(old, cause=cause, warnings=warnings, remedies=ways)
    return replace(incident, layer=layer, proof=proof, explanation=explanation, observations=observations)


def _recalling(fix: Remedy, walk: Walk) -> Remedy:
    """The same remedy with the way back to what the files on the path are now, where nothing told it."""
    known: Dict[Tuple[str, Tuple[str, ...]], Optional[str]] = {}
    for one in walk.components:
        if one.kind:
            known["owner", (one.path,)] = f"{one.uid}:{one.gid}"
            known["mode", (one.path,)] = f"{one.permissions:04o}"
            known["label", (one.path,)] = str(one.label or "") or None
    if fix.undo or any(action.do == "manual" for action in fix.actions):
        return fix
    actions = recalling(fix.actions, known)
    return replace(fix, actions=actions, undo=undo(actions))


def _nothing_wrong(walk: Walk, incident: TriageIncident, who: Subject) -> str:
    said = f"nothing is wrong with {safe_text(walk.asked)} for {who.name} now"
    if incident.undecided:
        return f"{said}: owner, mode and mount let it pass, so that SELinux or the unit's sandbox is left"
    return f"{said}: it was put right since, or the process sees another file system (chroot, container, sandbox)"


def _merged(incident: TriageIncident, stated: Sequence[Remedy], found: Sequence[Remedy]) -> Tuple[Remedy, ...]:
    """What the walk found goes first, but for missing paths the rule's way of making them; nothing twice."""
    known = {action.argv for fix in stated for action in fix.actions if action.argv}
    new = [fix for fix in found if not {action.argv for action in fix.actions if action.argv} & known]
    new = [fix for fix in new if fix.title not in {one.title for one in stated}]
    return (*stated, *new) if incident.rule and incident.layer == "path" else (*new, *stated)


def _shown(access: Access) -> Tuple[str, ...]:
    links = [one for one in access.walk.components if one.kind == "link"]
    lines = [f"{safe_text(one.path)} is a symbolic link to {safe_text(one.target)}" for one in links]
    owners = [
        f"{safe_text(one.path)} belongs to {one.owner}:{one.group}"
        for one in access.walk.components[-1:]
        if one.kind and one.uid != 0
    ]
    stops = [stop.why for stop in access.stops]
    if not stops and access.walk.end == "found":
        stops = [f"it is there, and nothing stops {access.subject.name} from {access.purpose} on it"]
    return tuple((lines + owners)[:_MOST_LINES] + stops[:_MOST_LINES])


def _link_cause(walk: Walk) -> str:
    link = next((one for one in walk.components if one.kind == "link"), None)
    if link is None:
        return ""
    return (
        f"{safe_text(link.path)} is a symbolic link to {safe_text(link.target)}; the kernel would follow it, "
        "the program that opens the path refuses to"
    )


def _bind_mounts(walk: Walk) -> List[Remedy]:
    """For the first link on the way to a directory: a directory with a bind mount in its place."""
    for at, link in enumerate(walk.components):
        target = _leads_to(walk, at)
        if link.kind == "link" and target is not None:
            line = f"{_fstab(target.path)}  {_fstab(link.path)}  none  bind  0  0"
            return [
                remedy(
                    "app-fix",
                    f"put a bind mount in the place of the link {safe_text(link.path)}",
                    [["rm", "--", link.path], ["mkdir", "--", link.path], ["mount", "--bind", target.path, link.path]],
                    undo=[
                        ["umount", link.path],
                        ["rmdir", "--", link.path],
                        ["ln", "-s", "--", link.target, link.path],
                    ],
                    steps=(f"and for good, in /etc/fstab: `{line}`",),
                    notes=("stop what uses it first; a bind mount is no link, so every component is a real directory",),
                )
            ]
    return []


def _leads_to(walk: Walk, at: int) -> Optional[Component]:
    """The directory that a link leads to, links after it followed as well."""
    link = walk.components[at]
    if link.kind != "link":
        return None
    wanted = link.target if link.target.startswith("/") else f"{link.path.rpartition('/')[0]}/{link.target}"
    name = wanted.rstrip("/").rpartition("/")[2]
    after = [one for one in walk.components[at + 1 :] if one.kind == "directory" and one.path.endswith("/" + name)]
    return after[0] if after else None


def _fstab(path: str) -> str:
    """A path as fstab(5) wants it: blanks, tabs, newlines and backslashes as octal escapes."""
    escaped = re.sub(r"[\s\\]", lambda match: f"\\{ord(match[0]):03o}", path)
    return safe_text(escaped)
