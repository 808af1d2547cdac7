"""Preconditions of a plan: machine state recorded when planning, compared again before applying."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Protocol, Sequence, Set, Tuple

from avcdoctor.actions.files import file_value
from avcdoctor.actions.registry import recalling, typed_all
from avcdoctor.errors import AvcdoctorError
from avcdoctor.host.contents import read
from avcdoctor.host.items import Item
from avcdoctor.host.pinned import UnsafePathError, look
from avcdoctor.model import safe_text
from avcdoctor.plan.model import Fact, Plan


class Readable(Protocol):
    """A policy store that can be read."""

    def read(self, items: Sequence[Item]) -> Mapping[Item, Optional[str]]:
        """The local value of each item."""


class Place(Protocol):
    """What is asked of a machine; `avcdoctor.apply.machine.Machine` is one."""

    @property
    def root(self) -> Path:
        """ "/" or the top of an offline root."""

    @property
    def live(self) -> bool:
        """Whether it is the running host."""

    @property
    def policy_type(self) -> str:
        """The policy type, such as "targeted"."""

    @property
    def store(self) -> Readable:
        """Its policy store."""

    def policy_digest(self) -> Optional[str]:
        """SHA-256 of the installed binary policy."""


def survey(plan: Plan, machine: Place, created: int = 0) -> Plan:
    """The plan together with what this machine holds now of everything the plan touches.

    Facts that may not be read (an ordinary user can't see the policy store) are left out, so that a later `apply`
    has less to compare.

    Args:
        created: the time to put into the plan, milliseconds since the epoch.
    """
    root = "/" if machine.live else str(machine.root)
    ready = replace(plan, ground=ground_of(plan, machine), root=root, created=created)
    known = ready.known()
    return replace(ready, steps=tuple(replace(step, actions=recalling(step.actions, known)) for step in ready.steps))


def ground_of(plan: Plan, machine: Place) -> Tuple[Fact, ...]:
    """What the machine holds now of everything the plan touches."""
    actions = typed_all(plan.actions)
    facts: List[Fact] = []
    digest = machine.policy_digest()
    if digest is not None:
        facts.append(Fact("policy", (machine.policy_type,), digest))
    items = list(dict.fromkeys(item for item in (one.item() for one in actions) if item is not None))
    with suppress(AvcdoctorError, OSError):  # not for this user to read
        now = machine.store.read(items)
        facts += [Fact(item.kind, item.key, now[item]) for item in items]
    rewritten = {path for one in actions if one.rewrites() for path in one.paths()[:1]}
    for path in dict.fromkeys(path for one in actions for path in one.paths()):
        facts += _file_facts(machine, path, rewritten)
    return tuple(facts)


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


def _file_facts(machine: Place, path: str, rewritten: Set[str]) -> List[Fact]:
    try:
        pinned = look(machine.root, path, trusted=False)
    except UnsafePathError as error:
        absent = isinstance(error.__cause__, FileNotFoundError)
        return [Fact("file", (path,), None if absent else f"[{error.message}]")]
    state = f"inode {pinned.inode}"
    if path in rewritten and pinned.kind == "f":
        with suppress(UnsafePathError, OSError):  # not for this user to read
            state += f" sha256 {hashlib.sha256(read(machine.root, path)).hexdigest()}"
    kinds = ("owner", "mode", "label")
    return [Fact("file", (path,), state), *(Fact(kind, (path,), file_value(kind, pinned)) for kind in kinds)]


def _words(fact: Fact, now: Optional[str]) -> str:
    if fact.kind == "policy":
        return "the policy was changed"
    if fact.kind == "file":
        return f"{_name(fact)} was {'created' if fact.value is None else 'removed' if now is None else 'changed'}"
    return f"{_name(fact)} was {safe_text(fact.value or 'absent')} and is {safe_text(now or 'absent')}"


def _name(fact: Fact) -> str:
    return safe_text(f"{fact.kind} {' '.join(fact.key)}")
