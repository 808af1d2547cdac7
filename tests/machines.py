"""Lays out machines for tests: a root that has the reference policy as its own, with further rules if wanted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Sequence

import pytest

from avcdoctor.host import Host, open_host, reference


def system_at(root: Path, further: str = "") -> Host:
    """Lay out a root with the reference policy as its own, with further rules in CIL if wanted."""
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    folder = root / "etc" / "selinux" / "targeted"
    (folder / "policy").mkdir(parents=True)
    (folder / "contexts" / "files").mkdir(parents=True)
    sources = reference.source_dir()
    assert sources is not None
    binary = folder / "policy" / "policy.33"
    if further:
        (root / "further.cil").write_text(further)
        compile_with(sources, [root / "further.cil"], binary)
    else:
        shutil.copy(reference.compiled(), binary)
    for name in ("file_contexts", "file_contexts.subs_dist"):
        shutil.copy(sources / name, folder / "contexts" / "files" / name)
    (root / "etc" / "selinux" / "config").write_text("SELINUX=enforcing\nSELINUXTYPE=targeted\n")
    (root / "etc" / "os-release").write_text('NAME="Example Linux"\n')
    return open_host(root=str(root))


def compile_with(sources: Path, modules: Sequence[Path], result: Path) -> None:
    """Compile the reference policy together with modules; a module that secilc refuses fails the test."""
    files = [*sorted(sources.glob("*.cil")), *modules]
    done = subprocess.run(
        ["secilc", "-M", "true", "-c", "33", "-o", str(result), "-f", "/dev/null", *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
