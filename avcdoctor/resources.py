"""Finds the policies/ folder, in a checkout as well as in an installed package, and a place for what can be kept."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Optional

from avcdoctor.errors import AvcdoctorError


def policies_dir() -> Path:
    """The folder with rule packs and the reference policy.

    Raises:
        AvcdoctorError: the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "policies", package.parent / "policies"):
        if candidate.is_dir():
            return candidate
    raise AvcdoctorError(f"the policies folder is missing beside {package}", "install avcdoctor again")


def cache_dir() -> Optional[Path]:
    """avcdoctor's cache folder, which only this user can write to; None where there can't be one."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or "/nonexistent") / ".cache")
    folder = base / "avcdoctor"
    with suppress(OSError):  # no home, or a read-only one
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if found.st_uid == os.geteuid() and not found.st_mode & 0o022 and os.access(folder, os.W_OK):
            return folder
    return None
