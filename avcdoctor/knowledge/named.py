"""Groups of paths, programs and object classes by their names in policies/facts."""

from __future__ import annotations

from typing import Tuple

from avcdoctor.knowledge.tables import groups


def paths(group: str) -> Tuple[str, ...]:
    """A group of policies/facts/paths.yaml, such as `shared` or `temporary`."""
    return groups("paths.yaml")[group]


def programs(group: str) -> Tuple[str, ...]:
    """A group of policies/facts/programs.yaml: names, or beginnings of names, as the kernel logs them."""
    return groups("programs.yaml")[group]


def classes(group: str) -> Tuple[str, ...]:
    """A group of policies/facts/classes.yaml."""
    return groups("classes.yaml")[group]
