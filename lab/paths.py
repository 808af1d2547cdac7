"""Where the lab keeps what it builds, and the errors it reports."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Iterable

PROJECT = Path(__file__).resolve().parents[1]


class LabError(Exception):
    """Something the lab needs is missing, hangs, or did not do what it should; the message says which."""


class LabSkipped(LabError):
    """The lab cannot run on this machine at all (no emulator, no disk space): not a failure."""


def cache() -> Path:
    """The directory for images and snapshots: $AVCDOCTOR_LAB_CACHE, or ~/.cache/avcdoctor-lab."""
    chosen = os.environ.get("AVCDOCTOR_LAB_CACHE")
    directory = Path(chosen) if chosen else Path.home() / ".cache" / "avcdoctor-lab"
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def fingerprint(paths: Iterable[Path]) -> str:
    """A short hash over the names and contents of files; directories are walked. Every checkout gives the same.

    Args:
        paths: files or directories; their order does not matter.

    Returns:
        Sixteen hexadecimal digits, the same whenever every name and byte is the same.
    """
    found = hashlib.sha256()
    files = sorted(path for start in paths for path in ([start] if start.is_file() else start.rglob("*")))
    for path in files:
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(PROJECT) if PROJECT in path.parents else path
            found.update(str(name).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]
