"""A copy of the distribution's policy store in a temporary root, for tests through the real libsemanage."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Dict, Optional, Tuple

import pytest

from avcdoctor.host.files import Files
from avcdoctor.host.items import KINDS, Item
from avcdoctor.host.store import PolicyStore, store_name


def copy_store(root: Path) -> PolicyStore:
    """Copy this machine's store below `root`; skips the test where there is none or it may not be read."""
    name = store_name(Files(Path("/")))
    source = Path("/var/lib/selinux") / (name or "none")
    if name is None or not os.access(source / "active/policy.kern", os.R_OK):
        pytest.skip("no policy store that this user may read (Debian: selinux-policy-default, and root)")
    pytest.importorskip("semanage")
    shutil.copytree("/etc/selinux", root / "etc/selinux", symlinks=True)
    shutil.copytree(source, root / "var/lib/selinux" / name, symlinks=True)
    conf = root / "etc/selinux/semanage.conf"
    kept = [line for line in conf.read_text().splitlines() if not line.startswith("expand-check")]
    conf.write_text("\n".join([*kept, "expand-check=1", ""]))
    return PolicyStore(root, name, live=False)


def everything(store: PolicyStore) -> Dict[Item, str]:
    """All local customisations."""
    return {item: value for kind in KINDS for item, value in store.listing(kind).items()}


def tree_state(top: Path) -> Dict[str, Tuple[int, int, int, Optional[int]]]:
    """What would show that anything below a directory was touched."""
    found = {}
    for folder, directories, files in os.walk(top):
        for name in (*directories, *files):
            state = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - thousands of files: strings are faster
            found[f"{folder}/{name}"] = (state.st_ino, state.st_mode, state.st_size, state.st_ctime_ns)
    return found
