"""Checks before the first change, each with its result; one that fails stops the fix."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.apply.machine import Machine
from avcdoctor.apply.prepare import missing_folders, number_of
from avcdoctor.errors import AvcdoctorError
from avcdoctor.host import Host
from avcdoctor.host.offline import problems_of
from avcdoctor.host.patterns import literal_path, substituted
from avcdoctor.host.pinned import LABEL, UnsafePathError, look, opened
from avcdoctor.host.tree import left_out
from avcdoctor.model import Action, safe_text
from avcdoctor.plan.effects import item_of, wanted
from avcdoctor.plan.model import Plan
from avcdoctor.plan.preconditions import ground_of, paths_of, shifted

_ROOM_STORE = 128 << 20  # bytes; a commit writes the whole store and the policy a second time
_ROOM_HISTORY = 4 << 20
_SHOWN = 20  # files that are left out of a tree, by name
_SELINUXFS = Path("/sys/fs/selinux")


@dataclass(frozen=True)
class Check:
    """One check: `passed` is None where there was nothing to compare, which doesn't stop a fix."""

    name: str
    passed: Optional[bool]
    detail: str


def preflight(plan: Plan, machine: Machine, host: Optional[Host] = None) -> Tuple[Check, ...]:
    """Every check of a plan against the machine as it is now.

    Args:
        host: the machine's facts, if they were opened already.
    """
    facts = host or machine.host()
    checks: List[Check] = []
    for name, run in _CHECKS:
        try:
            found = list(run(plan, machine, facts))
        except (AvcdoctorError, OSError) as error:
            found = [Check(name, False, safe_text(str(error)))]
        checks += found or [Check(name, True, "nothing to check")]
    return tuple(dict.fromkeys(checks))


def failures(checks: Sequence[Check]) -> Tuple[Check, ...]:
    """The checks that stop a fix."""
    return tuple(check for check in checks if check.passed is False)


def _rights(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    if os.geteuid() == 0:
        yield Check("rights", True, "running as root")
    elif machine.live:
        yield Check("rights", False, "only root may change this machine's policy: run it with sudo")
    else:
        may = os.access(machine.store.directory, os.W_OK)
        yield Check("rights", may, f"{'may' if may else 'may not'} write {machine.store.directory}")


def _mode(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    if not machine.live:
        yield Check("SELinux", None, f"not asked: {machine.root} is an offline root")
        return
    try:
        mode = (_SELINUXFS / "enforce").read_text("ascii").strip()
    except OSError:
        yield Check("SELinux", False, "it is not enabled on this machine, so nothing would change")
        return
    yield Check("SELinux", True, "enforcing" if mode == "1" else "permissive")


def _store(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    store = machine.store
    if store.damaged:
        yield Check("policy store", False, f"{store.directory} was left damaged: avcdoctor undo puts it back")
        return
    problems = [] if machine.live else problems_of(machine.root, machine.policy_type)
    if problems:
        yield Check("policy store", False, safe_text(f"this root could reach out of itself: {'; '.join(problems[:3])}"))
    busy = store.busy()
    word = "another program is changing it" if busy else "free"
    yield Check("policy store", not busy, f"{store.directory}: {word}")


def _ground(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    if not plan.ground:
        yield Check("ground", None, "the plan recorded nothing to compare with")
        return
    changed = shifted(plan, ground_of(plan, machine))
    count = len(plan.ground)
    yield Check(
        "ground", not changed, "; ".join(changed) if changed else f"{count} facts are as the plan recorded them"
    )


def _names(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    policy = host.policy
    if policy is None:
        yield Check("names", False, "there is no policy to look them up in")
        return
    for action in plan.actions:
        type_ = action.parameters.get("type")
        if isinstance(type_, str):
            yield _type_check(type_, action, host)
        if action.do == "boolean-set":
            name = str(action.parameters["name"])
            known = name in policy.booleans
            yield Check("boolean", known, name if known else f"{name} does not exist in this policy")
        if action.do in ("chown",):
            owner, group = str(action.parameters["owner"]), str(action.parameters["group"])
            number_of(owner, machine.root, "passwd")
            number_of(group, machine.root, "group")
            yield Check("owner", True, f"{owner}:{group} exist")


def _type_check(type_: str, action: Action, host: Host) -> Check:
    policy = host.policy
    if policy is None or not policy.has_type(type_):
        return Check("type", False, f"{type_} does not exist in this policy")
    attribute = "port_type" if action.do.startswith("port-") else "file_type"
    if attribute == "file_type" and policy.is_domain(type_):
        return Check("type", False, f"{type_} is a process type: no file can carry it")
    known = policy.types_with(attribute)
    if known and type_ not in known:
        return Check("type", False, f"{type_} is no {attribute.replace('_', ' ')}")
    return Check("type", True, type_)


def _conflicts(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    pairs = [(action, item) for action in plan.actions for item in [item_of(action)] if item is not None]
    now = machine.store.read([item for _, item in pairs])
    labels = host.labels
    equivalences = dict(labels.equivalences) if labels else {}
    for action, item in pairs:
        value, name = now[item], safe_text(str(item))
        if action.do.endswith(("-delete", "-remove")):
            yield Check("local entry", value is not None, f"{name} {'is there' if value else 'is not there'}")
            continue
        same = value is not None and (value == wanted(action) or str(wanted(action)) in value.split(":"))
        if action.do.endswith(("-add", "-install")) and value is not None and not same:
            shown = "another module" if item.kind == "module" else safe_text(value)
            yield Check("local entry", False, f"{name} has a local rule already: {shown}")
            continue
        path = literal_path(item.key[0]) if item.kind == "fcontext" else None
        if path is not None and substituted(path, equivalences) != path:
            other = safe_text(substituted(path, equivalences))
            yield Check("local entry", False, f"{name} is labelled like {other}: the rule has to name that path")
            continue
        yield Check("local entry", True, f"{name} is {'as wanted already' if same else 'free to be set'}")


def _modules(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    for action in plan.of("module-install"):
        name = str(action.parameters["name"])
        folders = (machine.store.directory / "active/modules").glob(f"[0-9]*/{name}")
        others = sorted(path.parent.name for path in folders if path.parent.name != "400")
        detail = (
            f"{name} would hide a module at priority {', '.join(others)}" if others else f"{name} hides no other one"
        )
        yield Check("module", not others, detail)


def _files(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    arrivals = {str(action.parameters["to"]) for action in plan.of("file-move")}
    for path in paths_of(plan):
        shown = safe_text(path)
        if path in arrivals:
            yield _arrival(path, machine.root)
            continue
        pinned = look(machine.root, path)
        if pinned.kind not in "fd":
            yield Check("file", False, f"{shown} is neither a regular file nor a directory")
        elif pinned.kind == "f" and pinned.links > 1:
            # A label belongs to the inode: a page may be another name of a file that must stay closed.
            yield Check(
                "file", False, f"{shown} has {pinned.links} names (hard links), and a label holds for all of them"
            )
        elif not _carries_labels(machine.root, path):
            yield Check("file", False, f"the filesystem of {shown} carries no labels")
        elif _read_only(machine.root, path):
            yield Check("file", False, f"the filesystem of {shown} is mounted read-only")
        else:
            label = safe_text(pinned.label or "no label")
            yield Check("file", True, f"{shown}: inode {pinned.inode}, {label}, only root can swap it")


def _trees(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    """A whole tree is walked before anything is changed, as it will be walked again; what stays out is named."""
    actions = plan.of("restorecon", "chcon-level")
    arrivals = {str(action.parameters["to"]) for action in plan.of("file-move")}
    for path in dict.fromkeys(str(action.parameters["path"]) for action in actions if action.parameters["recursive"]):
        if path in arrivals:
            continue
        count, skipped = left_out(machine.root, path)
        yield Check("tree", True, f"{safe_text(path)}: {count} files can be relabelled safely")
        for one, why in skipped[:_SHOWN]:
            yield Check("tree", None, f"left out: {safe_text(one)}: {why}")
        if len(skipped) > _SHOWN:
            yield Check("tree", None, f"left out: {len(skipped) - _SHOWN} more, for such reasons")


def _arrival(path: str, root: Path) -> Check:
    shown = safe_text(path)
    try:
        look(root, path)
    except UnsafePathError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            return Check("file", False, str(error))
    else:
        return Check("file", False, f"{shown} is there already")
    made = missing_folders(root, path)
    return Check("file", True, f"{shown} is free" + (f"; {safe_text(made[0])} will be made" if made else ""))


def _carries_labels(root: Path, path: str) -> bool:
    with opened(root, path) as descriptor:
        try:
            os.getxattr(f"/proc/self/fd/{descriptor}", LABEL)
        except OSError as error:
            return error.errno == 61  # ENODATA: it could carry one
    return True


def _read_only(root: Path, path: str) -> bool:
    with opened(root, path) as descriptor:
        return bool(os.fstatvfs(descriptor).f_flag & os.ST_RDONLY)


def _room(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    places = ((machine.store.directory, _ROOM_STORE), (_existing(machine.root / "var/lib/avcdoctor"), _ROOM_HISTORY))
    for place, needed in places:
        found = os.statvfs(place)
        free = found.f_bavail * found.f_frsize
        yield Check("disk space", free >= needed, f"{place}: {free >> 20} MiB free, {needed >> 20} MiB needed")


def _existing(path: Path) -> Path:
    while not path.is_dir():
        path = path.parent
    return path


def _service(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    for action in plan.of("service-restart"):
        yield Check("service", None, f"{action.parameters['unit']} has to be restarted afterwards; that is left to you")
    if not plan.automatic:
        yield Check("by hand", None, "the plan holds steps that no program can do; they are shown")


_CHECKS: Tuple[Tuple[str, Callable[[Plan, Machine, Host], Iterator[Check]]], ...] = (
    ("rights", _rights),
    ("SELinux", _mode),
    ("policy store", _store),
    ("ground", _ground),
    ("names", _names),
    ("local entry", _conflicts),
    ("module", _modules),
    ("file", _files),
    ("tree", _trees),
    ("disk space", _room),
    ("service", _service),
)
