"""Machines that a log can be explained for: one with our own policy, one with Debian's, one with none at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from hypothesis import HealthCheck, settings

from avcdoctor.host import Host, open_host
from avcdoctor.host.policy import Policy
from avcdoctor.host.store import PolicyStore
from tests.host.real_store import copy_store
from tests.machines import system_at

# Examples are drawn anew on every run by people, and are the same ones where a machine decides about a change. How fast
# they are drawn says how busy the machine is, not whether a test is good.
settings.register_profile("here", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure(config: pytest.Config) -> None:
    """Listing the tests uses no snapshot, which is no fault: it ends well when every module can be imported."""
    if config.option.collectonly:
        config.option.warn_unused_snapshots = True


TINY = Path(__file__).parent / "host/tiny.cil"
DEBIAN = max(Path("/etc/selinux/default/policy").glob("policy.*"), default=Path("/nonexistent"))


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A machine whose own policy is the reference policy, with its file contexts."""
    return system_at(tmp_path_factory.mktemp("system"))


@pytest.fixture(scope="session")
def debian_system() -> Host:
    """A machine with Debian's own policy."""
    if not DEBIAN.is_file():
        pytest.skip("Debian's selinux-policy-default is not installed")
    return open_host(str(DEBIAN))


@pytest.fixture(scope="session")
def log_alone(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A root without any policy: the reference policy and the tables of facts have to do."""
    return open_host(root=str(tmp_path_factory.mktemp("bare")))


@pytest.fixture(scope="session")
def no_policy(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """The same where not even the reference policy can be compiled."""
    host = open_host(root=str(tmp_path_factory.mktemp("nothing")))
    host.__dict__["reference"] = host.__dict__["policy"] = None
    return host


@pytest.fixture(scope="session")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy of a few rules, one for each reason why an access is refused: tests/host/tiny.cil."""
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    folder = tmp_path_factory.mktemp("tiny")
    target = folder / "policy.33"
    subprocess.run(
        ["secilc", "-c", "33", "-o", str(target), "-f", str(folder / "file_contexts"), str(TINY)], check=True
    )
    return target


@pytest.fixture(scope="session")
def policy(system: Host) -> Policy:
    """The reference policy."""
    assert system.policy is not None
    return system.policy


@pytest.fixture(scope="session")
def real_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyStore]:
    """A copy of this machine's policy store: one for all tests, since libsemanage serves one store per process."""
    yield copy_store(tmp_path_factory.mktemp("store"))
