"""A small policy of our own, compiled once per run."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host.policy import Policy

DEBIAN = max(Path("/etc/selinux/default/policy").glob("policy.*"), default=Path("/nonexistent"))


@pytest.fixture(scope="session")
def tiny(tiny_path: Path) -> Policy:
    return Policy(tiny_path, "the tiny policy")


@pytest.fixture(scope="session")
def debian() -> Policy:
    if not DEBIAN.is_file():
        pytest.skip("Debian's selinux-policy-default is not installed")
    return Policy(DEBIAN)
