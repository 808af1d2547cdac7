"""avcdoctor as the guest gets it: the project's wheel, and the pure Python packages it needs, unpacked."""

from __future__ import annotations

import compileall
import io
import shutil
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from lab.call import call, fetch
from lab.paths import PROJECT, LabError, cache, fingerprint

PLACE = "/opt/avcdoctor"
COMMAND = f"""#!/usr/bin/python3 -sP
import sys

sys.path[:0] = ["{PLACE}/project", "{PLACE}/packages"]
from avcdoctor.cli.main import run

run()
"""
NEEDED = ("typer>=0.12,<0.26", "rich>=13")  # what Debian 12 has too old or not at all; the rest are its own packages


def packages() -> Path:
    """The Python packages that do not come from the guest's distribution, fetched once into the cache."""
    target = cache() / "python-packages"
    if not target.exists():
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        fetch(
            [sys.executable, "-m", "pip", "install", "-q", "--target", str(part), "--only-binary=:all:",
             "--python-version=3.11", *NEEDED],
        )  # fmt: skip
        compileall.compile_dir(str(part), quiet=2)
        part.rename(target)
    return target


def project_key() -> str:
    """A fingerprint of what the wheel is made of."""
    return fingerprint([PROJECT / "avcdoctor", PROJECT / "policies", PROJECT / "pyproject.toml"])


def project_archive() -> bytes:
    """The project's wheel, unpacked and packed again as tar.gz (the guest has no pip).

    Raises:
        LabError: the wheel could not be built.
    """
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        call(
            [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", scratch,
             str(PROJECT)],
        )  # fmt: skip
        wheel = next(place.glob("*.whl"), None)
        if wheel is None:
            raise LabError("pip made no wheel of the project")
        tree = place / "project"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tree)  # noqa: S202 - the archive was made from our own tree a moment ago
        add_reference(tree)
        compileall.compile_dir(str(tree), quiet=2, ddir=f"{PLACE}/project")
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=6) as tar:
            tar.add(tree, arcname="project")
        return packed.getvalue()


def add_reference(tree: Path) -> None:
    """Put the compiled reference policy beside its sources, as `make dist` does before it builds the wheel."""
    done = call([sys.executable, "-c", "from avcdoctor.host.reference import compiled; print(compiled())"], cwd=PROJECT)
    binary = Path(done.strip())
    for sources in tree.rglob("policies/reference"):
        shutil.copy(binary, sources / binary.name)
