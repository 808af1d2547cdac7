"""Where the lab keeps what it builds, which commit it is, and the errors it reports."""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
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


@functools.lru_cache(maxsize=1)
def commit() -> str:
    """The project's commit, with `-dirty` behind it where files were changed since; "unknown" without Git.

    Asked once, when a run begins: what is committed beside a running lab is not what it runs.
    """
    asked = ["git", "-C", str(PROJECT), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"


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
