"""Relabelling without races: which label each file is to get, and setting it on the very file that was looked at."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from avcdoctor.host.labels import Labels
from avcdoctor.host.pinned import MeanwhileError, Pinned, UnsafePathError, label_of, look, set_label
from avcdoctor.host.tree import holding, tree
from avcdoctor.model import Context, safe_text


@dataclass(frozen=True)
class Relabel:
    """A file and the label it is to get."""

    file: Pinned
    label: str


@dataclass(frozen=True)
class Skip:
    """A file that keeps its label, and why."""

    path: str
    why: str


def plan_relabel(
    root: Path, path: str, recursive: bool, labels: Labels
) -> Tuple[Tuple[Relabel, ...], Tuple[Skip, ...]]:
    """What restorecon(8) would change below a path, without changing it.

    As restorecon does without -F, only the type is put right and user, role and level stay; a file without a label,
    or with one that is no context, gets the whole default; customizable types are left alone.

    Raises:
        UnsafePathError: the path may not be changed (see `avcdoctor.host.pinned.opened`).
    """
    top = look(root, path)
    found: List[Relabel] = []
    skipped: List[Skip] = []
    for file, why in tree(root, top) if recursive else iter([(top, None)]):
        if why is not None:
            skipped.append(Skip(file.path, why))
            continue
        wanted, reason = wanted_label(file, labels)
        if reason:
            skipped.append(Skip(file.path, reason))
        elif wanted is not None and wanted != file.label:
            found.append(Relabel(file, wanted))
    return tuple(found), tuple(skipped)


def wanted_label(file: Pinned, labels: Labels) -> Tuple[Optional[str], str]:
    """The label restorecon would give a file, or None and the reason why it would leave it."""
    default = labels.default(file.path, file.mode)
    if default is None:
        return None, "the policy has no default label for it"
    if file.label is None:
        return str(default), ""
    try:
        now = Context.parse(file.label)
    except ValueError:
        return str(default), ""
    if now.type != default.type and now.type in labels.customizable:
        return None, f"its type {now.type} is customizable, which restorecon leaves alone"
    return str(now.with_type(default.type)), ""


def with_level(root: Path, path: str, recursive: bool, level: str) -> Tuple[Tuple[Relabel, ...], Tuple[Skip, ...]]:
    """The same labels with another level, for `chcon -l`, and the files that are left alone.

    Raises:
        UnsafePathError: the path may not be changed.
    """
    top = look(root, path)
    found: List[Relabel] = []
    skipped: List[Skip] = []
    for file, why in tree(root, top) if recursive else iter([(top, None)]):
        try:
            wanted = "" if why else str(Context.parse(file.label or "")._replace(level=level))
        except ValueError:
            why = "it carries no context that a level could be set in"  # noqa: PLW2901 - one reason or the other
        if why is not None:
            skipped.append(Skip(file.path, why))
        elif wanted != file.label:
            found.append(Relabel(file, wanted))
    return tuple(found), tuple(skipped)


def relabel(root: Path, file: Pinned, before: Optional[str], after: Optional[str], top: str = "") -> None:
    """Set a label on the file that was seen before, if it still carries the label it had then.

    Args:
        top: where the tree begins in which the file was found; see `avcdoctor.host.tree.held`.

    Raises:
        MeanwhileError: the path leads to another file by now, or the label was changed meanwhile.
        UnsafePathError: the path may not be used, or the filesystem refuses.
    """
    with holding(root, file, top) as descriptor:
        try:
            now = label_of(descriptor)
        except OSError as error:
            raise UnsafePathError(f"the label of {safe_text(file.path)} can't be read: {error.strerror}") from error
        if now == after:
            return
        shown = safe_text(file.path)
        if now != before:
            raise MeanwhileError(f"{shown} was relabelled meanwhile: it carries {safe_text(now or 'no label')}")
        try:
            set_label(descriptor, after)
        except OSError as error:
            hint = "its filesystem carries no labels" if error.errno == errno.EOPNOTSUPP else ""
            raise UnsafePathError(f"{shown} can't be relabelled: {error.strerror}", hint) from error
