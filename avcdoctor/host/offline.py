"""What in an offline root could reach out of it: a foreign image is not to run programs or write files on this host."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Iterator, List

from avcdoctor.sources.regular import read_regular

_HARMLESS = frozenset(
    {
        "bzip-blocksize",
        "bzip-small",
        "disable-genhomedircon",
        "expand-check",
        "file-mode",
        "handle-unknown",
        "ignore-module-cache",
        "ignoredirs",
        "module-store",
        "multiple-decls",
        "optimize-policy",
        "policy-version",
        "remove-hll",
        "save-linked",
        "save-previous",
        "target-platform",
        "usepasswd",
    }
)
"""Settings of semanage.conf(5) that name no program and no place."""


def problems_of(root: Path, name: str) -> List[str]:
    """Why libsemanage must not work on the store `name` of an offline root; empty where it may.

    libsemanage runs programs that the root's semanage.conf names (`[load_policy]`, `[verify kernel]`, ...), writes
    through symbolic links, which may point at this host's files, and waits for ever at a named pipe.
    """
    found = _settings(root / "etc/selinux/semanage.conf")
    for part in ("etc", "etc/selinux", "var", "var/lib", "var/lib/selinux"):
        if (root / part).is_symlink():
            found.append(f"/{part} is a symbolic link")
    for top in (root / "etc/selinux" / name, root / "var/lib/selinux" / name):
        if top.is_symlink():
            found.append(f"{_shown(root, top)} is a symbolic link")
        for path in _below(top):
            kind = path.lstat().st_mode
            if stat.S_ISLNK(kind):
                found.append(f"{_shown(root, path)} is a symbolic link")
            elif not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                found.append(f"{_shown(root, path)} is a device, a named pipe or a socket")
    return found


def _below(top: Path) -> Iterator[Path]:
    for folder, directories, files in os.walk(top):
        yield from (Path(folder) / entry for entry in (*directories, *files))


def _shown(root: Path, path: Path) -> str:
    return f"/{path.relative_to(root)}"


def _settings(path: Path) -> List[str]:
    if path.is_symlink():
        return ["/etc/selinux/semanage.conf is a symbolic link"]
    try:
        lines = read_regular(path, 1 << 20, follow=False).decode("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        return [f"/etc/selinux/semanage.conf can't be read: {error.strerror}"]
    found = []
    for number, line in enumerate(lines, 1):
        words = line.split("#")[0].strip()
        key, _, value = (part.strip() for part in words.partition("="))
        if not words:
            continue
        if words.startswith("[") or key not in _HARMLESS or (key == "module-store" and value != "direct"):
            found.append(f"/etc/selinux/semanage.conf line {number} names a program or a place")
    return found
