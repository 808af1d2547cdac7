"""The gate before every remedy: no action opens a protected object, and none is safe that the machine did not confirm.

`refusal` judges actions alone, so that a saved plan can be checked by the same rules as a new remedy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Callable, Dict, Iterable, Iterator, Optional, Sequence

from avcdoctor.actions.cil import check_module
from avcdoctor.diagnose.identity import at_path, confirmed, default_types, kind_of_type
from avcdoctor.diagnose.kinds import is_container_domain
from avcdoctor.diagnose.protection import CLOSED, FREE, RESTORE, SEALED, Judgement, may_use, reaches_out, sealed_groups
from avcdoctor.host import Host
from avcdoctor.knowledge import protected
from avcdoctor.knowledge.protected import categories
from avcdoctor.model import Action, Group, Incident, Remedy, safe_text

_META = re.compile(r"[.^$*+?{}\[\]|()\\]")
_UNCONFIRMED = "the machine itself does not confirm label, device and inode that the log names: look before you agree"
_IN_WORDS = ("keep-denied",)
_RELABELS = frozenset({"restorecon", "fcontext-add", "fcontext-modify", "fcontext-equal-add", "manual"})


def refusal(host: Host, actions: Sequence[Action]) -> Optional[str]:
    """Why these actions must not be carried out; None where no protected object is opened by them.

    Args:
        host: the machine they are for.
        actions: typed actions, of a remedy or of a plan.
    """
    given = {str(one.parameters["type"]) for one in actions if one.do in ("fcontext-add", "fcontext-modify")}
    for action in actions:
        judge = _JUDGES.get(action.do)
        ruled = action.do == "restorecon" and action.parameters.get("type") in given  # by the rule judged beside it
        reason = judge(host, action) if judge and not ruled else None
        if reason:
            return reason
    return None


def gated(
    incident: Incident, host: Host, keep: Callable[[Judgement], Remedy], back: Callable[[Judgement], Optional[Remedy]]
) -> Incident:
    """The incident with those of its remedies that open no protected object.

    Args:
        incident: with every remedy that its causes proposed.
        host: the machine whose word beats the log's.
        keep: builds the answer that it stays denied.
        back: builds the remedy that puts the right label back, where the log lacks nothing for it.
    """
    judged = sealed_groups(host, incident.finding.groups)
    strictest = max(
        (one for _group, one in judged), key=lambda one: (one.may == SEALED, one.may == RESTORE), default=None
    )
    remedies = [one for one in incident.remedies if refusal(host, one.actions) is None]
    if strictest is not None and strictest.may == SEALED:
        remedies = [one for one in remedies if one.kind in _IN_WORDS]
    elif strictest is not None and strictest.may == CLOSED:
        remedies = [one for one in remedies if one.kind != "module"]
    elif strictest is not None and strictest.may == RESTORE:
        remedies = [one for one in remedies if _restores(one, strictest)]
        remedies = remedies or [
            one for one in (back(strictest),) if one is not None and refusal(host, one.actions) is None
        ]
    if not remedies and (strictest is not None or incident.remedies):
        remedies = [keep(strictest or Judgement(FREE))]
    sure = tuple(_as_sure(one, incident.finding.groups, host) for one in remedies)
    return replace(incident, remedies=sure)


def _restores(remedy: Remedy, judgement: Judgement) -> bool:
    """Whether a remedy only puts the right label back, or gives one of that kind to a place of the service's own."""
    identity = judgement.identity
    types = {str(one.parameters["type"]) for one in remedy.actions if one.parameters.get("type")}
    if identity is None or identity.kind is None or remedy.kind not in ("restorecon", "fcontext"):
        return False
    plain = all(one.do in _RELABELS for one in remedy.actions)
    return plain and all(type_ == identity.right or identity.kind.accepts(type_) for type_ in types)


def _as_sure(remedy: Remedy, groups: Iterable[Group], host: Host) -> Remedy:
    """A remedy is safe only where the machine has each object that it touches as the log recorded it."""
    if remedy.applicability != "safe" or _is_confirmed(remedy, groups, host):
        return remedy
    return replace(remedy, applicability="review", notes=(*remedy.notes, _UNCONFIRMED))


def _is_confirmed(remedy: Remedy, groups: Iterable[Group], host: Host) -> bool:
    sure = {one.raw_path for group in groups for one in group.examples if one.raw_path and confirmed(host, one)}
    touched = [one for one in remedy.actions if one.do != "manual"]
    return bool(touched) and all(
        one.do == "restorecon" and not one.parameters.get("recursive") and one.parameters["path"] in sure
        for one in touched
    )


def _keeps_label(host: Host, path: str, type_: str) -> Optional[str]:
    """Why a path must not get a type; None where it may."""
    found = at_path(host, path)
    kind = found.kind
    if kind is None or not kind.fixed or not type_ or type_ == found.right or kind.accepts(type_):
        return None
    return f"{safe_text(path)} is {kind.title} ({found.right or kind.right}): it must not become {type_}"


def _restorecon(host: Host, action: Action) -> Optional[str]:
    path = str(action.parameters["path"])
    named = str(action.parameters.get("type", ""))
    types = (*((named,) if named else ()), *default_types(host, path)[:1])
    return next((reason for type_ in types for reason in (_keeps_label(host, path, type_),) if reason), None)


def _chcon(host: Host, action: Action) -> Optional[str]:
    return _keeps_label(host, str(action.parameters["path"]), str(action.parameters["type"]))


def _fcontext(host: Host, action: Action) -> Optional[str]:
    pattern, type_ = str(action.parameters["pattern"]), str(action.parameters["type"])
    stem = _stem(pattern)
    literal = pattern.replace("\\", "")
    reached = [literal] if literal == stem else [stem.rstrip("/") or "/", *_below(stem, pattern)]
    return next((reason for path in reached for reason in (_keeps_label(host, path, type_),) if reason), None)


def _stem(pattern: str) -> str:
    """The literal text that every path of a file-context pattern begins with."""
    found, position = "", 0
    while position < len(pattern):
        character = pattern[position]
        if character == "\\" and position + 1 < len(pattern) and not pattern[position + 1].isalnum():
            found += pattern[position + 1]
            position += 2
            continue
        if _META.match(character):
            # a quantifier also takes the character before it
            return found[:-1] if character in "*+?{" else found
        found += character
        position += 1
    return found


def _below(stem: str, pattern: str) -> Iterator[str]:
    """Protected places that a pattern with this beginning may reach."""
    tree = pattern[len(stem) :] == "(/.*)?" or (pattern.endswith("(/.*)?") and _META.search(pattern[:-6]) is None)
    for place in protected.samples():
        if place.startswith(f"{stem.rstrip('/')}/" if tree else stem):
            yield place


def _equivalence(host: Host, action: Action) -> Optional[str]:
    path, like = str(action.parameters["path"]), str(action.parameters["like"])
    for place in (path, *(one for one in protected.samples() if one.startswith(f"{path.rstrip('/')}/"))):
        for type_ in default_types(host, like.rstrip("/") + place[len(path.rstrip("/")) :])[:1]:
            reason = _keeps_label(host, place, type_)
            if reason:
                return reason
    return None


def _moved(host: Host, action: Action) -> Optional[str]:
    return _touched(host, action) or _touched(host, action, "to")


def _touched(host: Host, action: Action, name: str = "path") -> Optional[str]:
    path = str(action.parameters[name])
    kind = at_path(host, path).kind
    if kind is None or not kind.fixed:
        return None
    return f"{safe_text(path)} belongs to {kind.title}: it keeps its place, owner, mode and contents"


def _module(host: Host, action: Action) -> Optional[str]:
    for rule in check_module(str(action.parameters["name"]), str(action.parameters["cil"])):
        if rule.effect == "allow" and is_container_domain(rule.source):
            danger = reaches_out(host, rule.source, rule.target, rule.tclass)
            if danger:
                return danger
        kind = None if rule.effect != "allow" or rule.target == "self" else kind_of_type(host, rule.target)
        if kind is None or not categories(rule.permissions, rule.tclass) & kind.guards:
            continue
        if not may_use(host, rule.source, rule.target, rule.tclass, rule.permissions, kind=kind):
            return f"{rule.target} is for {kind.title}: no module opens it to {rule.source}"
    return None


_JUDGES: Dict[str, Callable[[Host, Action], Optional[str]]] = {
    "restorecon": _restorecon,
    "chcon-type": _chcon,
    "fcontext-add": _fcontext,
    "fcontext-modify": _fcontext,
    "fcontext-equal-add": _equivalence,
    "file-move": _moved,
    "text-replace": _touched,
    "chown": _touched,
    "chmod": _touched,
    "chcon-level": _touched,
    "module-install": _module,
}
"""Who judges each action; the others touch no object."""
