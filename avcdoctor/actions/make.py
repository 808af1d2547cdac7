"""Makes the actions that remedies are built from; the commands and the ways back follow from their parameters.

Each action is loaded when a remedy needs it: most remedies need one or two of a dozen.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import List, Tuple

from avcdoctor.actions.parameters import is_type
from avcdoctor.host.patterns import pattern_for, tree_pattern
from avcdoctor.model import Action

Actions = Tuple[Action, ...]

Owned = Tuple[str, str, int]
"""Owner, group and permission bits of a file."""


def restorecon(path: str, recursive: bool, type_: str = "", was: str = "") -> Action:
    """Put the policy's label back, on one file or a whole tree.

    Args:
        path: an absolute path as a raw name.
        recursive: all below it as well.
        type_: the type it gets, where it is known.
        was: the type it has before, where it is known.
    """
    from avcdoctor.actions.label import Restorecon

    known = was if not recursive and is_type(was) else ""  # a log may name anything
    return Restorecon(path, recursive, type_, known).action()


def fcontext(path: str, tree: bool, type_: str, file_type: str = "f") -> Actions:
    """A lasting label for a file or a tree: the rule, then restorecon.

    Args:
        path: an absolute path as a raw name.
        tree: the rule covers everything below the path too.
        type_: the type to give.
        file_type: the kind of file, as `semanage fcontext -f` has it; a tree takes every kind.
    """
    from avcdoctor.actions.fcontext import FcontextAdd

    pattern = tree_pattern(path) if tree else pattern_for(path)
    return (FcontextAdd(pattern, type_, "a" if tree else file_type).action(), restorecon(path, tree, type_))


def equivalence(path: str, like: str) -> Actions:
    """Treat a tree as the policy treats another one."""
    from avcdoctor.actions.equivalence import FcontextEqualAdd

    return (FcontextEqualAdd(path, like).action(), restorecon(path, True))


def booleans(settings: Tuple[Tuple[str, bool], ...]) -> Actions:
    """Turn booleans, lastingly."""
    from avcdoctor.actions.boolean import BooleanSet

    return tuple(BooleanSet(name, "on" if value else "off").action() for name, value in settings)


def port(protocol: str, number: int, type_: str, exact: bool) -> Action:
    """Give a port a type: -a where only a range covers it, -m where an entry names it."""
    from avcdoctor.actions.port import PortAdd, PortModify

    kind = PortModify if exact else PortAdd
    return kind(protocol, number, number, type_).action()


def module(name: str, cil: str, te: str = "") -> Actions:
    """Install a local module at priority 400."""
    from avcdoctor.actions.module import ModuleInstall

    return (ModuleInstall(name, cil, te).action(),)


def move(path: str, to: str) -> Actions:
    """Move a file, never over another, and give it its new place's label."""
    from avcdoctor.actions.move import FileMove

    return (FileMove(path, to).action(), restorecon(to, False))


def ownership(path: str, old: Owned, new: Owned) -> Actions:
    """Change owner, group and mode of a file, as far as they differ."""
    from avcdoctor.actions.owner import Chmod, Chown

    done: List[Action] = []
    if old[:2] != new[:2]:
        done.append(Chown(path, new[0], new[1], f"{old[0]}:{old[1]}").action())
    if old[2] != new[2]:
        was = f"{old[2]:04o}" if old[2] <= 0o777 else ""
        done.append(Chmod(path, f"{new[2]:04o}", was).action())
    return tuple(done)


def level(path: str, tree: bool, old: str, new: str) -> Action:
    """Give a file, or all below a directory, another level."""
    from avcdoctor.actions.label import ChconLevel

    return ChconLevel(path, tree, new, old).action()


def manual(*texts: str) -> Actions:
    """Steps for a person."""
    from avcdoctor.actions.manual import Manual

    return tuple(Manual(text).action() for text in texts if text)
