"""The questions a policy has to answer once a remedy is applied, worked out from the incident and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Tuple

from avcdoctor.access.operations import FILES
from avcdoctor.actions.boolean import BooleanSet
from avcdoctor.actions.fcontext import FcontextAdd, FcontextModify
from avcdoctor.actions.label import ChconLevel, Restorecon
from avcdoctor.actions.module import ModuleInstall
from avcdoctor.actions.port import PortAdd, PortModify
from avcdoctor.actions.registry import typed_all
from avcdoctor.host import Policy, Question
from avcdoctor.model import Action, Context, Group, Incident, Remedy


@dataclass(frozen=True)
class Expected:
    """An access the policy should allow afterwards.

    Args:
        source: the domain, or, with `via`, the domain that starts the program.
        via: the program's new label; the access is then asked for the domain that executing it leads to.
        path: the object; what it is labelled at the time of asking counts more than `target`.
        contexts: the whole contexts that were seen, with the labels that the remedy gives.
        ioctls: the ioctl numbers that were seen.
    """

    source: str
    target: str
    tclass: str
    permissions: Tuple[str, ...]
    via: str = ""
    path: str = ""
    contexts: Tuple[Tuple[Context, Context], ...] = ()
    ioctls: Tuple[int, ...] = ()

    @classmethod
    def of(cls, group: Group, target: str = "", level: str = "", *, via: str = "", path: str = "") -> Expected:
        """What a group of denials asked for.

        Args:
            group: the denials.
            target: the type that the remedy gives the object; empty where it keeps its own.
            level: likewise the level.
            via: see the class.
            path: see the class.
        """
        asked = Question.of(group, target=target)
        levelled = ((one, other._replace(level=level) if level else other) for one, other in asked.contexts)
        permissions, numbers = tuple(sorted(asked.permissions)), tuple(sorted(asked.ioctls))
        contexts = tuple(dict.fromkeys(levelled))
        return cls(asked.source, asked.target, asked.tclass, permissions, via, path, contexts, numbers)

    @property
    def words(self) -> str:
        """The access as people write it."""
        return f"{self.source} {self.target}:{self.tclass} {{ {' '.join(self.permissions)} }}"

    def question(self, policy: Policy, label: Optional[Context] = None) -> Optional[Question]:
        """The question for a policy; None where it does not know the program's label.

        Args:
            policy: says in which domain the program runs.
            label: what the object carries now, where that is known.
        """
        source = self.source
        if self.via:
            if not policy.has_type(self.via):
                return None
            source = policy.transition(self.source, self.via) or self.source  # without a transition it stays there
        target = label.type if label else self.target
        contexts = tuple((one.with_type(source), label or other.with_type(target)) for one, other in self.contexts)
        wanted, numbers = frozenset(self.permissions), frozenset(self.ioctls)
        return Question(source, target, self.tclass, wanted, tuple(dict.fromkeys(contexts)), numbers)


def checks_for(incident: Incident, remedy: Remedy) -> Tuple[Expected, ...]:
    """What has to be allowed once `remedy` is applied: each resolved group, under the labels it gives.

    Nothing is asked for remedies that leave accesses denied on purpose (`dontaudit`), nor for those whose effect is
    outside the policy (`dac`, `app-fix`, ...).
    """
    groups = [group for group in incident.finding.groups if not remedy.groups or group.key in remedy.groups]
    if remedy.kind == "domain-transition" and all("socket" in group.tclass for group in groups):
        return ()  # the other side gets another domain at its next start, which is not part of the fix
    if remedy.kind in ("exec-type", "domain-transition", "move"):
        return _through_program(groups, remedy)
    labels, level = _new_labels(remedy.actions), _new_level(remedy.actions)
    retyped = _new_port_type(remedy.actions)
    opening = any(isinstance(one, (BooleanSet, ModuleInstall)) for one in typed_all(remedy.actions))
    if not opening and not level and not labels | retyped:
        return ()
    if remedy.kind == "dontaudit":
        return ()
    found = [_check(group, labels, level, retyped) for group in groups]
    return tuple(dict.fromkeys(check for check in found if check))


def _check(group: Group, labels: Mapping[str, str], level: str, ports: Mapping[str, str]) -> Optional[Expected]:
    target = group.target
    if group.tclass not in FILES:
        level = ""
    elif labels:
        target = next(iter(labels.values())) if len(set(labels.values())) == 1 else target
        if len(set(labels.values())) > 1:
            return None
    if "socket" in group.tclass and ports and {"name_bind", "name_connect"} & set(group.permissions):
        target = next(iter(ports.values()))
    return Expected.of(group, target, level, path=_path(group))


def _through_program(groups: Iterable[Group], remedy: Remedy) -> Tuple[Expected, ...]:
    types = set(_new_labels(remedy.actions).values())
    if len(types) != 1:
        return ()
    label = types.pop()
    relabelled = {one.path for one in typed_all(remedy.actions) if isinstance(one, Restorecon)}
    found: List[Expected] = []
    for group in groups:
        found.append(Expected(group.source, label, "file", ("execute",)))
        path = _path(group)
        if path not in relabelled:  # what was denied on the program itself is over once it is entered
            found.append(Expected.of(group, via=label, path=path))
    return tuple(dict.fromkeys(found))


def _path(group: Group) -> str:
    """The group's object where it has but one and its full path is known."""
    if group.tclass not in FILES or len(group.objects) != 1 or group.cut.get("objects"):
        return ""
    value = group.objects[0].value
    return value if value.startswith("/") and value.isprintable() else ""


def _new_labels(actions: Iterable[Action]) -> Dict[str, str]:
    """Path or pattern to the type it gets."""
    labels = {}
    for one in typed_all(tuple(actions)):
        if isinstance(one, Restorecon) and one.type:
            labels[one.path] = one.type
        elif isinstance(one, (FcontextAdd, FcontextModify)):
            labels[one.pattern] = one.type
    return labels


def _new_level(actions: Iterable[Action]) -> str:
    """The level that objects get; empty where none changes, or not all get the same."""
    levels = {one.level for one in typed_all(tuple(actions)) if isinstance(one, ChconLevel)}
    return levels.pop() if len(levels) == 1 else ""


def _new_port_type(actions: Iterable[Action]) -> Dict[str, str]:
    """Port to the type it gets."""
    given = (one for one in typed_all(tuple(actions)) if isinstance(one, (PortAdd, PortModify)))
    return {str(one.low): one.type for one in given}
