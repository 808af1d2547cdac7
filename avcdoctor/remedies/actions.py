"""Builds typed actions with the command a person would type, and their inverses."""

from __future__ import annotations

from typing import Dict, List, Tuple, Union

from avcdoctor.host.patterns import pattern_for, tree_pattern
from avcdoctor.model import Action

Parameters = Dict[str, Union[str, int, bool]]
Steps = Tuple[Tuple[Action, ...], Tuple[Action, ...]]
"""What to do, and how to take it back."""


def restorecon(path: str, recursive: bool, type_: str = "") -> Action:
    """Put the policy's label back, on one file or a whole tree."""
    parameters: Parameters = {"path": path, "recursive": recursive, **({"type": type_} if type_ else {})}
    return Action("restorecon", ("restorecon", "-Rv" if recursive else "-v", path), parameters)


def fcontext(path: str, tree: bool, type_: str, file_type: str = "f") -> Steps:
    """A lasting label for a file or a tree: the rule, then restorecon; undone in the same order.

    Args:
        path: an absolute path as a raw name.
        tree: the rule covers everything below the path too.
        type_: the type to give.
        file_type: the kind of file, as `semanage fcontext -f` has it; a tree takes every kind.
    """
    pattern = tree_pattern(path) if tree else pattern_for(path)
    file_type = "a" if tree else file_type
    add = Action(
        "fcontext-add",
        ("semanage", "fcontext", "-a", "-f", file_type, "-t", type_, pattern),
        {"pattern": pattern, "type": type_, "file_type": file_type},
    )
    delete = Action(
        "fcontext-delete",
        ("semanage", "fcontext", "-d", "-f", file_type, pattern),
        {"pattern": pattern, "file_type": file_type},
    )
    return (add, restorecon(path, tree, type_)), (delete, restorecon(path, tree))


def equivalence(path: str, like: str) -> Steps:
    """Treat a tree as the policy treats another one."""
    add = Action("fcontext-equal-add", ("semanage", "fcontext", "-a", "-e", like, path), {"path": path, "like": like})
    delete = Action("fcontext-equal-delete", ("semanage", "fcontext", "-d", path), {"path": path})
    return (add, restorecon(path, True)), (delete, restorecon(path, True))


def booleans(settings: Tuple[Tuple[str, bool], ...]) -> Steps:
    """Turn booleans, lastingly; taken back to what they were."""
    return tuple(_boolean(name, value) for name, value in settings), tuple(
        _boolean(name, not value) for name, value in settings
    )


def _boolean(name: str, value: bool) -> Action:
    word = "on" if value else "off"
    return Action("boolean-set", ("setsebool", "-P", name, word), {"name": name, "value": word})


def port(protocol: str, number: int, type_: str, exact: bool) -> Steps:
    """Give a port a type: -a where only a range covers it, -m where an entry names it."""
    do, option = ("port-modify", "-m") if exact else ("port-add", "-a")
    parameters: Parameters = {"protocol": protocol, "low": number, "high": number, "type": type_}
    add = Action(do, ("semanage", "port", option, "-t", type_, "-p", protocol, str(number)), parameters)
    keep: Parameters = {"protocol": protocol, "low": number, "high": number}
    return (add,), (Action("port-delete", ("semanage", "port", "-d", "-p", protocol, str(number)), keep),)


def module(name: str, cil: str, te: str = "") -> Steps:
    """Install a local module at priority 400; taken back by removing it."""
    parameters: Parameters = {"name": name, "cil": cil, **({"te": te} if te else {})}
    install = Action("module-install", ("semodule", "-X", "400", "-i", f"{name}.cil"), parameters)
    return (install,), (Action("module-remove", ("semodule", "-X", "400", "-r", name), {"name": name}),)


def move(path: str, to: str) -> Steps:
    """Move a file, never over another, and give it its new place's label."""
    go = Action("file-move", ("mv", "-nT", "--", path, to), {"path": path, "to": to})
    back = Action("file-move", ("mv", "-nT", "--", to, path), {"path": to, "to": path})
    return (go, restorecon(to, False)), (back, restorecon(path, False))


def level(path: str, new: str, old: str, recursive: bool) -> Steps:
    """Give a file another level."""
    return (_level(path, new, recursive),), (_level(path, old, recursive),)


def _level(path: str, value: str, recursive: bool) -> Action:
    option = ("-R",) if recursive else ()
    return Action(
        "chcon-level",
        ("chcon", *option, "-l", value, "--", path),
        {"path": path, "level": value, "recursive": recursive},
    )


Owned = Tuple[str, str, int]
"""Owner, group and permission bits of a file."""


def ownership(path: str, old: Owned, new: Owned) -> Steps:
    """Change owner, group and mode of a file, and back to what they were."""
    return _owned(path, old, new), _owned(path, new, old)


def _owned(path: str, old: Owned, new: Owned) -> Tuple[Action, ...]:
    done: List[Action] = []
    if old[:2] != new[:2]:
        parameters: Parameters = {"path": path, "owner": new[0], "group": new[1]}
        done.append(Action("chown", ("chown", "-h", "--", f"{new[0]}:{new[1]}", path), parameters))
    if old[2] != new[2]:
        mode = f"{new[2]:04o}"
        done.append(Action("chmod", ("chmod", mode, "--", path), {"path": path, "mode": mode}))
    return tuple(done)


def manual(*texts: str) -> Tuple[Action, ...]:
    """Steps for a person."""
    actions: List[Action] = [Action("manual", (), {"text": text}) for text in texts if text]
    return tuple(actions)
