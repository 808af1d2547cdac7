"""Compiles our own reference policy when it is first needed and keeps the result."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import List, Optional, Tuple

from avcdoctor.errors import AvcdoctorError, PolicyError
from avcdoctor.model import safe_text
from avcdoctor.private import lasting_workdir
from avcdoctor.resources import cache_dir, policies_dir
from avcdoctor.system import install


def source_dir() -> Optional[Path]:
    """Where the reference policy's sources are, if they are there."""
    try:
        folder = policies_dir() / "reference"
    except AvcdoctorError:
        return None
    return folder if folder.is_dir() else None


def file_contexts() -> Optional[Path]:
    """The reference policy's file contexts, if they are there."""
    folder = source_dir()
    path = folder / "file_contexts" if folder else None
    return path if path is not None and path.is_file() else None


def compiled(folder: Optional[Path] = None, cache: Optional[Path] = None) -> Path:
    """The reference policy as a binary policy, compiled by secilc unless that was done before.

    Args:
        folder: the CIL sources; by default those that come with avcdoctor.
        cache: where to keep the result; by default avcdoctor's cache folder of this user.

    Raises:
        PolicyError: there are no sources, secilc is missing, or it refuses them.
    """
    folder = folder or source_dir()
    sources = sorted(folder.glob("*.cil")) if folder else []
    if folder is None or not sources:
        raise PolicyError("the reference policy is missing", "install avcdoctor again")
    name = f"reference-{_digest(sources)}.policy"
    prebuilt = folder / name  # `make dist` puts it there, so that an installed wheel needs no compiler
    if prebuilt.is_file():
        return prebuilt
    target = (cache or cache_folder()) / name
    if not target.is_file():
        _compile(sources, target)
    return target


def _digest(sources: List[Path]) -> str:
    total = hashlib.sha256()
    for source in sources:
        total.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return total.hexdigest()[:16]


def cache_folder() -> Path:
    """avcdoctor's cache folder, or a temporary one where the home can't be used."""
    return cache_dir() or lasting_workdir()


def _compile(sources: List[Path], target: Path) -> None:
    program = shutil.which("secilc", path=os.environ.get("PATH", "") + ":/usr/bin:/usr/sbin")
    if program is None:
        raise PolicyError("the reference policy can't be compiled: secilc is not installed", install("secilc"))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="compile-") as work:
        result = Path(work) / "policy"
        code, words = _run([program, "-M", "true", "-c", "33", "-o", str(result), "-f", os.devnull, *map(str, sources)])
        if code or not result.is_file():
            raise PolicyError(f"secilc refuses the reference policy: {words}", "see policies/reference")
        result.replace(target)


def _run(argv: List[str]) -> Tuple[int, str]:
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return done.returncode, safe_text(lines[0]) if lines else f"exit code {done.returncode}"
