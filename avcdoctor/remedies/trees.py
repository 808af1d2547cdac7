"""Which directory a label rule may cover: the one the denied files share, never one the whole system shares."""

from __future__ import annotations

from typing import Container, List, Tuple

from avcdoctor.knowledge import facts


def is_shared(path: str) -> bool:
    """Whether a directory belongs to the system as a whole; a rule for all of one would relabel what others need."""
    return path in ("", *facts.paths("shared"))


def common_tree(paths: Tuple[str, ...], directories: Container[str] = ()) -> str:
    """The directory that holds all paths; empty where that is a standard one.

    Args:
        paths: absolute paths of the denied objects.
        directories: those of them that are directories; such a one holds itself.
    """
    if not paths:
        return ""
    parts = [path.rstrip("/").split("/")[: None if path in directories else -1] for path in paths]
    shared: List[str] = []
    for column in zip(*parts):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    tree = "/".join(shared)
    return "" if is_shared(tree) else tree
