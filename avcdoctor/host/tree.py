"""Everything below a directory, held by descriptor: only the way to its top has to be in root's hands alone."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

from avcdoctor.host.pinned import MeanwhileError, Pinned, look, opened, others_may_write, pin, reopened
from avcdoctor.model import safe_text

_DEEPEST = 200  # each level holds a descriptor
_HOLD = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHER_NAMES = "it has other names, in a tree that others than root can write"
_ELSEWHERE = "another filesystem or mount"

Mount = Tuple[int, str]
"""A device and the number of a mount: the same device may be mounted a second time within a tree."""


def tree(root: Path, top: Pinned) -> Iterator[Tuple[Pinned, Optional[str]]]:
    """A directory and everything below it on the same mount, links as themselves; each with a reason to skip it.

    A file with several names is skipped where somebody other than root could have made one of the names: relabelling
    it would reach a file outside the tree.

    Raises:
        UnsafePathError: the top may not be used (see `avcdoctor.host.pinned.opened`), or a label can't be read.
    """
    with reopened(root, top) as descriptor:
        yield top, None
        if stat.S_ISDIR(top.mode):
            yield from _below(descriptor, top.path, _mount(descriptor), depth=0, exposed=False)


def _below(
    parent: int, path: str, mount: Mount, *, depth: int, exposed: bool
) -> Iterator[Tuple[Pinned, Optional[str]]]:
    exposed = exposed or others_may_write(parent)
    for name in _names(parent):
        place = f"{path.rstrip('/')}/{name}"
        try:
            descriptor = os.open(name, _HOLD, dir_fd=parent)
        except FileNotFoundError:  # gone since the directory was read
            continue
        try:
            pinned = pin(descriptor, place)
            if _mount(descriptor) != mount:
                yield pinned, _ELSEWHERE
            elif depth > _DEEPEST:
                yield pinned, f"more than {_DEEPEST} directories deep"
            elif exposed and _many_names(descriptor):
                yield pinned, _OTHER_NAMES
            else:
                yield pinned, None
                if stat.S_ISDIR(pinned.mode):
                    yield from _below(descriptor, place, mount, depth=depth + 1, exposed=exposed)
        finally:
            os.close(descriptor)


@contextmanager
def held(root: Path, top: str, path: str) -> Iterator[int]:
    """Hold a file below a tree by an O_PATH descriptor, by the rules by which `tree` lists it.

    Only root may be able to write the directories that lead to the top. Below it each component is opened from its
    parent's descriptor and no link is followed, so that whoever owns the tree can't lead out of it.

    Args:
        top: where the tree begins; `path` is below it, or the same.

    Raises:
        UnsafePathError: the top may not be used.
        MeanwhileError: below it the path is gone, leads through a link or to another mount, or the file has
            other names in a tree that others can write.
    """
    shown = safe_text(path)
    with opened(root, top) as descriptor, ExitStack() as stack:
        mount, exposed = _mount(descriptor), False
        for part in [part for part in path[len(top.rstrip("/")) :].split("/") if part]:
            exposed = exposed or others_may_write(descriptor)
            try:
                descriptor = os.open(part, _HOLD, dir_fd=descriptor)  # noqa: PLW2901 - the next parent
            except OSError as error:
                raise MeanwhileError(f"{shown} can't be reached any more: {error.strerror}") from error
            stack.callback(os.close, descriptor)
            if _mount(descriptor) != mount:
                raise MeanwhileError(f"{shown} can't be reached any more: {_ELSEWHERE}")
        if exposed and _many_names(descriptor):
            raise MeanwhileError(f"{shown} is left alone: {_OTHER_NAMES}")
        yield descriptor


def look_below(root: Path, top: str, path: str) -> Pinned:
    """What a file below a tree is now; see `held` for what is refused."""
    with held(root, top, path) as descriptor:
        return pin(descriptor, path)


@contextmanager
def holding(root: Path, pinned: Pinned, top: str = "") -> Iterator[int]:
    """Hold the very file that was seen before, below a tree's top if one is named.

    Raises:
        MeanwhileError: the path leads to another file by now, or see `held`.
        UnsafePathError: the path, or the way to the top, may not be used.
    """
    if not top:
        with reopened(root, pinned) as descriptor:
            yield descriptor
        return
    with held(root, top, pinned.path) as descriptor:
        if pin(descriptor, pinned.path).identity != pinned.identity:
            raise MeanwhileError(f"{safe_text(pinned.path)} is another file than it was when it was checked")
        yield descriptor


def left_out(root: Path, path: str) -> Tuple[int, Tuple[Tuple[str, str], ...]]:
    """How many files a walk of a whole tree reaches, and each one that it leaves alone with the reason.

    Raises:
        UnsafePathError: see `tree`.
    """
    count, skipped = 0, []
    for file, why in tree(root, look(root, path)):
        if why is None:
            count += 1
        else:
            skipped.append((file.path, why))
    return count, tuple(skipped)


def _many_names(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    return found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode)


def _mount(descriptor: int) -> Mount:
    """Where a held file is mounted; the number is empty where the kernel doesn't tell it (proc_pid_fdinfo(5))."""
    number = ""
    with suppress(OSError):
        for line in Path(f"/proc/self/fdinfo/{descriptor}").read_text("ascii").splitlines():
            if line.startswith("mnt_id:"):
                number = line[7:].strip()
    return os.fstat(descriptor).st_dev, number


def _names(parent: int) -> List[str]:
    try:
        descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:  # the directory was removed while it is held
        return []
    try:
        return sorted(entry.name for entry in os.scandir(descriptor))
    except FileNotFoundError:
        return []
    finally:
        os.close(descriptor)
