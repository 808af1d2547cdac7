"""Checks before the first change, each with its result; one that fails stops the fix."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.actions.base import Check
from avcdoctor.apply.history import PLACE
from avcdoctor.apply.machine import Machine
from avcdoctor.apply.prepare import site_of
from avcdoctor.errors import AvcdoctorError
from avcdoctor.host import Host
from avcdoctor.host.offline import problems_of
from avcdoctor.model import safe_text
from avcdoctor.plan.model import Plan
from avcdoctor.plan.preconditions import ground_of, shifted
from avcdoctor.remedies.protect import refusal

_ROOM_STORE = 128 << 20  # bytes; a commit writes the whole store and the policy a second time
_ROOM_POLICY = 32 << 20
_ROOM_HISTORY = 4 << 20
_SELINUXFS = Path("/sys/fs/selinux")


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
        checks += found
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


def _actions(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    """What each action checks for itself; one that can't be checked doesn't hide what the others say."""
    if host.policy is None:
        yield Check("names", False, "there is no policy to look them up in")
        return
    site = site_of(plan.actions, machine, host)
    for one in site.others:
        try:
            yield from list(one.preflight(site))
        except (AvcdoctorError, OSError) as error:
            yield Check("file" if one.paths() else one.do, False, safe_text(str(error)))


def _protected(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    """No step opens a protected object, whatever the log or the plan's file claims it to be."""
    reason = refusal(host, plan.actions)
    yield Check("protected", reason is None, safe_text(reason or "no protected object is opened"))


def _room(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    policy = machine.root / "etc/selinux" / machine.policy_type
    wanted = ((machine.store.directory, _ROOM_STORE), (policy, _ROOM_POLICY))
    places = [*wanted, (machine.root.joinpath(*PLACE), _ROOM_HISTORY)]
    for place, needed in ((_existing(place), needed) for place, needed in places):
        found = os.statvfs(place)
        free = found.f_bavail * found.f_frsize
        yield Check("disk space", free >= needed, f"{place}: {free >> 20} MiB free, {needed >> 20} MiB needed")


def _existing(path: Path) -> Path:
    while not path.is_dir():
        path = path.parent
    return path


def _by_hand(plan: Plan, machine: Machine, host: Host) -> Iterator[Check]:
    if not plan.automatic:
        yield Check("by hand", None, "the plan holds steps that no program can do; they are shown")


_CHECKS: Tuple[Tuple[str, Callable[[Plan, Machine, Host], Iterator[Check]]], ...] = (
    ("rights", _rights),
    ("SELinux", _mode),
    ("policy store", _store),
    ("ground", _ground),
    ("actions", _actions),
    ("protected", _protected),
    ("disk space", _room),
    ("by hand", _by_hand),
)
