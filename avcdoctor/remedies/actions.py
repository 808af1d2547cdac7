"""Builds typed actions and their inverses; the command of each is made in one place, from its parameters."""

from __future__ import annotations

from typing import List, Tuple, Union

from avcdoctor.host.patterns import pattern_for, tree_pattern
from avcdoctor.model import Action
from avcdoctor.remedies.commands import canonical

Steps = Tuple[Tuple[Action, ...], Tuple[Action, ...]]
"""What to do, and how to take it back."""

Owned = Tuple[str, str, int]
"""Owner, group and permission bits of a file."""


def _action(do: str, **parameters: Union[str, int, bool]) -> Action:
    """An action with its command.

    Raises:
        PlanError: a parameter, such as a path from the log, is one that no command may carry.
    """
    return canonical(Action(do, (), parameters))


def restorecon(path: str, recursive: bool, type_: str = "") -> Action:
    """Put the policy's label back, on one file or a whole tree."""
    return _action("restorecon", path=path, recursive=recursive, **({"type": type_} if type_ else {}))


def fcontext(path: str, tree: bool, type_: str, file_type: str = "f") -> Steps:
    """A lasting label for a file or a tree: the rule, then restorecon; undone in the same order.

    Args:
        path: an absolute path as a raw name.
        tree: the rule covers everything below the path too.
        type_: the type to give.
        file_type: the kind of file, as `semanage fcontext -f` has it; a tree takes every kind.
    """
    pattern = tree_pattern(path) if tree else pattern_for(path)
    kind = "a" if tree else file_type
    add = _action("fcontext-add", pattern=pattern, type=type_, file_type=kind)
    delete = _action("fcontext-delete", pattern=pattern, file_type=kind)
    return (add, restorecon(path, tree, type_)), (delete, restorecon(path, tree))


def equivalence(path: str, like: str) -> Steps:
    """Treat a tree as the policy treats another one."""
    add, delete = _action("fcontext-equal-add", path=path, like=like), _action("fcontext-equal-delete", path=path)
    return (add, restorecon(path, True)), (delete, restorecon(path, True))


def booleans(settings: Tuple[Tuple[str, bool], ...]) -> Steps:
    """Turn booleans, lastingly; taken back to what they were."""
    done = tuple(_action("boolean-set", name=name, value=value) for name, value in settings)
    return done, tuple(_action("boolean-set", name=name, value=not value) for name, value in settings)


def port(protocol: str, number: int, type_: str, exact: bool) -> Steps:
    """Give a port a type: -a where only a range covers it, -m where an entry names it."""
    do = "port-modify" if exact else "port-add"
    give = _action(do, protocol=protocol, low=number, high=number, type=type_)
    return (give,), (_action("port-delete", protocol=protocol, low=number, high=number),)


def module(name: str, cil: str, te: str = "") -> Steps:
    """Install a local module at priority 400; taken back by removing it."""
    install = _action("module-install", name=name, cil=cil, **({"te": te} if te else {}))
    return (install,), (_action("module-remove", name=name),)


def move(path: str, to: str) -> Steps:
    """Move a file, never over another, and give it its new place's label."""
    go, back = _action("file-move", path=path, to=to), _action("file-move", path=to, to=path)
    return (go, restorecon(to, False)), (back, restorecon(path, False))


def ownership(path: str, old: Owned, new: Owned) -> Steps:
    """Change owner, group and mode of a file, and back to what they were."""
    return _owned(path, old, new), _owned(path, new, old)


def _owned(path: str, old: Owned, new: Owned) -> Tuple[Action, ...]:
    done: List[Action] = []
    if old[:2] != new[:2]:
        done.append(_action("chown", path=path, owner=new[0], group=new[1]))
    if old[2] != new[2]:
        done.append(_action("chmod", path=path, mode=f"{new[2]:04o}"))
    return tuple(done)


def level(path: str, tree: bool, old: str, new: str) -> Steps:
    """Give a file, or all below a directory, another level, and back to the one that was seen."""
    there, back = (_action("chcon-level", path=path, recursive=tree, level=one) for one in (new, old))
    return (there,), (back,)


def manual(*texts: str) -> Tuple[Action, ...]:
    """Steps for a person."""
    actions: List[Action] = [Action("manual", (), {"text": text}) for text in texts if text]
    return tuple(actions)
