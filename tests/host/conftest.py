"""A small policy of our own, compiled once per run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from avcdoctor.host.policy import Policy

TINY = Path(__file__).with_name("tiny.cil")
DEBIAN = max(Path("/etc/selinux/default/policy").glob("policy.*"), default=Path("/nonexistent"))


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    folder = tmp_path_factory.mktemp("tiny")
    target = folder / "policy.33"
    subprocess.run(
        ["secilc", "-c", "33", "-o", str(target), "-f", str(folder / "file_contexts"), str(TINY)], check=True
    )
    return target


@pytest.fixture(scope="session")
def tiny(tiny_path: Path) -> Policy:
    return Policy(tiny_path, "the tiny policy")


@pytest.fixture(scope="session")
def debian() -> Policy:
    if not DEBIAN.is_file():
        pytest.skip("Debian's selinux-policy-default is not installed")
    return Policy(DEBIAN)
