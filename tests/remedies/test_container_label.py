"""A container is started in a domain that the policy at hand has as a domain."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host, open_host, reference
from tests.denials import denied, incident_of, remedy_of
from tests.machines import compile_with, system_at

SOCKET = denied("container_t", "container_runtime_t", "sock_file", "write", comm="curl", name="podman.sock")
OPTION = "--security-opt label=type:{} ..."


@pytest.fixture
def elsewhere(tmp_path: Path) -> Host:
    """A machine whose policy has the runtime's name for the files of its sockets, and other names for its domains."""
    system_at(tmp_path / "root")
    sources = reference.source_dir()
    assert sources is not None
    copies = tmp_path / "sources"
    copies.mkdir()
    for source in sources.glob("*.cil"):
        text = source.read_text(encoding="utf-8").replace("container_runtime_t", "podman_t")
        (copies / source.name).write_text(text, encoding="utf-8")
    further = tmp_path / "further.cil"
    further.write_text("(type container_runtime_t)\n(call pid_file (container_runtime_t))\n", encoding="utf-8")
    compile_with(copies, [further], tmp_path / "root" / "etc" / "selinux" / "targeted" / "policy" / "policy.33")
    return open_host(root=str(tmp_path / "root"))


def test_the_runtime_s_domain_where_it_is_one(system: Host) -> None:
    remedy = remedy_of(incident_of(SOCKET, system), "container-label")
    assert OPTION.format("container_runtime_t") in str(remedy.actions)


def test_another_domain_where_the_name_is_a_file_s_type(elsewhere: Host) -> None:
    remedy = remedy_of(incident_of(SOCKET, elsewhere), "container-label")
    assert OPTION.format("spc_t") in str(remedy.actions) and "container_runtime_t" not in str(remedy.actions)


def test_without_a_policy_the_name_stays(no_policy: Host) -> None:
    remedy = remedy_of(incident_of(SOCKET, no_policy), "container-label")
    assert OPTION.format("container_runtime_t") in str(remedy.actions)
