"""The ground a plan was made upon: recorded with the plan, looked at again before it is applied."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import Dict, List, Optional, Tuple

from avcdoctor.apply.machine import Machine
from avcdoctor.apply.prepare import FILE_ACTIONS
from avcdoctor.errors import AvcdoctorError
from avcdoctor.host.contents import read
from avcdoctor.host.pinned import UnsafePathError, look
from avcdoctor.model import safe_text
from avcdoctor.plan.effects import item_of
from avcdoctor.plan.model import Fact, Plan


def survey(plan: Plan, machine: Machine, created: int = 0) -> Plan:
    """The plan together with what this machine holds now of everything the plan touches.

    Facts that may not be read (an ordinary user can't see the policy store) are left out, so that a later `apply`
    has less to compare.

    Args:
        created: the time to put into the plan, milliseconds since the epoch.
    """
    root = "/" if machine.live else str(machine.root)
    return replace(plan, ground=ground_of(plan, machine), root=root, created=created)


def ground_of(plan: Plan, machine: Machine) -> Tuple[Fact, ...]:
    """What the machine holds now of everything the plan touches."""
    facts: List[Fact] = []
    digest = machine.policy_digest()
    if digest is not None:
        facts.append(Fact("policy", (machine.policy_type,), digest))
    items = list(dict.fromkeys(item for item in map(item_of, plan.actions) if item is not None))
    with suppress(AvcdoctorError, OSError):  # not for this user to read
        now = machine.store.read(items)
        facts += [Fact(item.kind, item.key, now[item]) for item in items]
    rewritten = {str(action.parameters["path"]) for action in plan.of("file-move", "text-replace")}
    for path in paths_of(plan):
        facts += _file_facts(machine, path, whole=path in rewritten)
    return tuple(facts)


def paths_of(plan: Plan) -> Tuple[str, ...]:
    """Every path on which the plan acts, once."""
    paths = [str(action.parameters["path"]) for action in plan.of(*FILE_ACTIONS)]
    paths += [str(action.parameters["to"]) for action in plan.of("file-move")]
    return tuple(dict.fromkeys(paths))


def shifted(plan: Plan, now: Tuple[Fact, ...]) -> Tuple[str, ...]:
    """What is no longer as the plan recorded it, one line each; empty where the ground is the same."""
    values: Dict[Tuple[str, Tuple[str, ...]], Optional[str]] = {(fact.kind, fact.key): fact.value for fact in now}
    found = []
    for fact in plan.ground:
        key = (fact.kind, fact.key)
        if key in values and values[key] != fact.value:
            found.append(_words(fact, values[key]))
        elif key not in values:
            found.append(f"{_name(fact)} can't be read any more")
    return tuple(found)


def _file_facts(machine: Machine, path: str, whole: bool) -> List[Fact]:
    try:
        pinned = look(machine.root, path, trusted=False)
    except UnsafePathError as error:
        absent = isinstance(error.__cause__, FileNotFoundError)
        return [Fact("file", (path,), None if absent else f"[{error.message}]")]
    state = f"inode {pinned.inode} mode {pinned.mode:o} owner {pinned.uid}:{pinned.gid}"
    if whole and pinned.kind == "f":
        with suppress(UnsafePathError, OSError):  # not for this user to read
            state += f" sha256 {hashlib.sha256(read(machine.root, path)).hexdigest()}"
    return [Fact("file", (path,), state), Fact("label", (path,), pinned.label)]


def _words(fact: Fact, now: Optional[str]) -> str:
    if fact.kind == "policy":
        return "the policy was changed"
    if fact.kind == "file":
        return f"{_name(fact)} was {'created' if fact.value is None else 'removed' if now is None else 'changed'}"
    return f"{_name(fact)} was {safe_text(fact.value or 'absent')} and is {safe_text(now or 'absent')}"


def _name(fact: Fact) -> str:
    return safe_text(f"{fact.kind} {' '.join(fact.key)}")
