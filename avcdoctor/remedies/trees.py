"""Which directory a label rule may cover: the one the denied files share, never one the whole system shares."""

from __future__ import annotations

from typing import Container, List, Tuple

STANDARD = frozenset(
    {"", "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc", "/root"}
    | {"/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib", "/var/log", "/var/opt", "/var/spool"}  # noqa: S108 - names to keep away from
    | {"/usr/bin", "/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/local", "/usr/local/bin", "/usr/sbin", "/usr/share"}
    | {"/var/cache", "/var/tmp", "/etc/ssl", "/etc/pki", "/etc/systemd", "/etc/systemd/system", "/dev/shm"}  # noqa: S108 - likewise
)
"""Directories that belong to the system as a whole; a rule for all of one would relabel what others need."""


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
    return "" if tree in STANDARD else tree
