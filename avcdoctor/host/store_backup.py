"""The policy store as it was before a transaction, kept until the new one is on the disk, should the power go.

libsemanage 3.4 fills a directory and renames it over the old one without syncing its files (semanage_commit_sandbox in
libsemanage/src/semanage_store.c). When the power goes before they are written, the store has files without content.
"""

from __future__ import annotations

import bz2
import os
import shutil
from pathlib import Path
from typing import Optional

from avcdoctor.errors import PolicyError
from avcdoctor.host.policydb import parse
from avcdoctor.sources.regular import read_regular

_KEPT = "avcdoctor.before"
_MAKING = "avcdoctor.making"
_BROKEN = "avcdoctor.broken"
_DROPPED = "avcdoctor.dropped"
_POLICIES = ("policy.kern", "policy.linked")


def keep(directory: Path) -> None:
    """Keep the store's active state: hard links to its files, which libsemanage never writes again.

    Args:
        directory: the store, such as /var/lib/selinux/targeted.
    """
    drop(directory)
    shutil.copytree(directory / "active", directory / _MAKING, symlinks=True, copy_function=os.link)
    # Nothing to sync: the files' content is on the disk, and a journal keeps these names before the renames to come.
    (directory / _MAKING).rename(directory / _KEPT)


def drop(directory: Path) -> None:
    """Forget what `keep` kept: the new state is on the disk.

    It loses its name at once and its files afterwards: a death in between must not leave half of it as the kept state,
    which would then be taken for what the store has to be again.
    """
    dropped = directory / _DROPPED
    shutil.rmtree(dropped, ignore_errors=True)
    if is_kept(directory):
        (directory / _KEPT).rename(dropped)
    for name in (_MAKING, _DROPPED):
        shutil.rmtree(directory / name, ignore_errors=True)


def is_kept(directory: Path) -> bool:
    """Whether a transaction was begun and its end never reached the disk for certain."""
    return (directory / _KEPT).is_dir()


def put_back(directory: Path) -> str:
    """Make the kept state the active one again; the broken one stays beside it until the next transaction.

    Returns:
        What was done, in words.
    """
    broken = directory / _BROKEN
    shutil.rmtree(broken, ignore_errors=True)
    if (directory / "active").exists():
        (directory / "active").rename(broken)
    (directory / _KEPT).rename(directory / "active")
    shutil.rmtree(broken, ignore_errors=True)
    os.sync()
    return f"{directory / 'active'} was put back as it was before a transaction that was cut short"


def fault(directory: Path) -> Optional[str]:
    """What is wrong with the active state after a loss of power, or None: files that lost content, or are cut off.

    A file that was empty before the transaction as well is no fault: some only have to be there.
    """
    active = directory / "active"
    for folder, _, names in os.walk(active):
        for name in names:
            path = Path(folder) / name
            problem = _file_fault(path, directory / _KEPT / path.relative_to(active))
            if problem:
                return f"{path} {problem}"
    return None if (active / _POLICIES[0]).exists() else f"{active / _POLICIES[0]} is missing"


def _file_fault(path: Path, before: Path) -> Optional[str]:
    data = read_regular(path, follow=False)
    if not data:
        return None if before.exists() and not before.stat().st_size else "is empty"
    try:
        if data.startswith(b"BZh"):
            bz2.decompress(data)
        elif path.name in _POLICIES:
            parse(data, str(path))
    except (ValueError, EOFError, OSError):
        return "is cut off"
    except PolicyError as error:
        return f"can't be read: {error.message}"
    return None
