"""Asks audit2why what a policy as a whole says of an access, and gives the answer a plain shape.

audit2why (libselinux, audit2why.c) keeps one policy per process, refuses contexts that the policy does not accept and
writes to standard error whatever happens. All of that ends here. Without the binding our own tables answer, which
agree with libsepol (tests/host/test_agreement.py); so they do where libsepol is too old for the policy.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Tuple

from avcdoctor.host import contexts
from avcdoctor.host.ask import Answer, Question
from avcdoctor.model import Context, safe_text

if TYPE_CHECKING:
    from avcdoctor.host.policy import Policy

OUTCOMES = (
    "allowed",
    "type",
    "boolean",
    "constraint",
    "rbac",
    "bounds",
    "dontaudit",
    "unknown-type",
    "unknown-class",
    "unknown-permission",
    "bad-context",
)


@dataclass(frozen=True)
class Verdict:
    """What a policy says of an access.

    Args:
        outcome: one of `OUTCOMES`.
        booleans: for "boolean", settings that would each allow the access alone.
        detail: the constraint or bound as the policy words it, or what was wrong.
        substituted: the policy lacks the user, role or level of a context, and another one was asked for instead.
    """

    outcome: str
    booleans: Tuple[Tuple[str, bool], ...] = ()
    detail: str = ""
    substituted: bool = False


def judge(policy: Policy, scontext: Context, tcontext: Context, tclass: str, permissions: Tuple[str, ...]) -> Verdict:
    """What the policy says when a process in `scontext` wants `permissions` of class `tclass` on `tcontext`.

    A dontaudit rule on one permission hides the others from audit2why, so these are then asked for alone.
    """
    unknown = _unknown(policy, scontext, tcontext, tclass, permissions)
    if unknown is not None:
        return unknown
    source, target = contexts.accepted(policy.db, scontext), contexts.accepted(policy.db, tcontext)
    if source is None or target is None:
        which = scontext if source is None else tcontext
        return Verdict("bad-context", detail=f"no user and role of this policy may carry {safe_text(which.type)}")
    found = _ask(policy, source, target, tclass, permissions)
    return replace(found, substituted=(source, target) != (scontext, tcontext))


def _unknown(
    policy: Policy, scontext: Context, tcontext: Context, tclass: str, permissions: Tuple[str, ...]
) -> Optional[Verdict]:
    for type_ in (scontext.type, tcontext.type):
        if not policy.has_type(type_):
            return Verdict("unknown-type", detail=safe_text(type_))
    if not policy.has_class(tclass):
        return Verdict("unknown-class", detail=safe_text(tclass))
    for permission in permissions:
        if permission not in policy.class_permissions(tclass):
            return Verdict("unknown-permission", detail=safe_text(permission))
    return None


def _ask(policy: Policy, source: Context, target: Context, tclass: str, permissions: Tuple[str, ...]) -> Verdict:
    found = _analyze(policy, source, target, tclass, list(permissions))
    if found is None:
        return _by_rules(policy, source, target, tclass, permissions)
    if found.outcome != "dontaudit" or len(permissions) == 1:
        return found
    hidden = policy.dontaudited(source.type, target.type, tclass)
    rest = [name for name in permissions if name not in hidden]
    return (_analyze(policy, source, target, tclass, rest) or found) if rest else found


def _by_rules(policy: Policy, source: Context, target: Context, tclass: str, permissions: Tuple[str, ...]) -> Verdict:
    """The same from our own tables."""
    wanted = frozenset(permissions)
    answer = Answer(Question(source.type, target.type, tclass, wanted, ((source, target),)), policy)
    singles = tuple(found[0] for found in answer.booleans if not found[1:]) if answer.reason == "boolean" else ()
    return Verdict(answer.reason, singles, answer.detail)


# One policy per process is audit2why's own limit; these remember which.
_lock = threading.Lock()
_loaded: List[str] = []
_UNUSABLE = "not any more"


@cache
def _binding() -> Any:
    try:
        return importlib.import_module("selinux.audit2why")
    except ImportError:
        return None


def _analyze(
    policy: Policy, source: Context, target: Context, tclass: str, permissions: List[str]
) -> Optional[Verdict]:
    binding = _binding()
    with _lock, _quiet():
        if binding is None or not _load(binding, str(policy.path)):
            return None
        code, extra = binding.analyze(str(source), str(target), tclass, permissions)
    names = {
        binding.ALLOW: "allowed",
        binding.DONTAUDIT: "dontaudit",
        binding.TERULE: "type",
        binding.BOOLEAN: "boolean",
        binding.CONSTRAINT: "constraint",
        binding.RBAC: "rbac",
        binding.BOUNDS: "bounds",
        binding.BADTCLASS: "unknown-class",
        binding.BADPERM: "unknown-permission",
    }
    outcome = names.get(code, "bad-context")
    if outcome == "boolean":
        return Verdict(outcome, tuple((name, bool(value)) for name, value in extra))
    return Verdict(outcome, detail=safe_text(" ".join(extra.split())) if isinstance(extra, str) else "")


def _load(binding: Any, path: str) -> bool:
    """Make audit2why answer for this policy.

    Returns:
        Whether it does. After a failed init it must not be touched again: libselinux 3.4 then answers wrongly until
        finish, and in 3.8 finish crashes the process (fixed in 2026).
    """
    if _loaded == [path]:
        return True
    if _loaded == [_UNUSABLE]:
        return False
    binding.finish()
    _loaded[:] = [_UNUSABLE]
    try:
        binding.init(path)
    except (SystemError, RuntimeError, ValueError):
        return False
    _loaded[:] = [path]
    return True


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what libsepol writes to file descriptor 2 off the terminal."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed: nothing to protect
        os.close(null)
        yield
        return
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
