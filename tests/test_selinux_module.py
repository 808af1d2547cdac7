"""The policy module for `avcdoctor tail` compiles on Fedora's names, and grants what it says and no more."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from avcdoctor.host import Policy, reference

MODULE = Path(__file__).resolve().parents[1] / "packaging" / "selinux" / "avcdoctor.cil"
LACKING = """
(type default_context_t) (call secret_file (default_context_t))
"""


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The reference policy with the module in it."""
    if shutil.which("secilc") is None:
        pytest.skip("secilc is not installed")
    place = tmp_path_factory.mktemp("module")
    (place / "lacking.cil").write_text(LACKING)
    sources = reference.source_dir()
    assert sources is not None
    files = [*sorted(sources.glob("*.cil")), place / "lacking.cil", MODULE]
    done = subprocess.run(
        [
            "secilc",
            "-M",
            "true",
            "-c",
            "33",
            "-o",
            str(place / "policy"),
            "-f",
            str(place / "labels"),
            *map(str, files),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "/var/lib/avcdoctor/tail(/.*)?" in (place / "labels").read_text()
    return Policy(place / "policy", "with the module")


@pytest.mark.parametrize("parent", ["auditd_t", "init_t"])
def test_who_starts_it_enters_its_domain(policy: Policy, parent: str) -> None:
    assert policy.transition(parent, "avcdoctor_exec_t") == "avcdoctor_t"
    assert "transition" in policy.allowed(parent, "avcdoctor_t", "process")


def test_from_a_shell_nothing_changes(policy: Policy) -> None:
    assert policy.transition("unconfined_t", "avcdoctor_exec_t") is None


@pytest.mark.parametrize(
    "type_", ["auditd_log_t", "policy_config_t", "file_context_t", "bin_t", "etc_t", "passwd_file_t"]
)
def test_it_reads_what_a_diagnosis_needs(policy: Policy, type_: str) -> None:
    assert policy.allowed("avcdoctor_t", type_, "file") >= {"getattr", "open", "read"}


@pytest.mark.parametrize(
    "type_", ["shadow_t", "sshd_key_t", "user_home_t", "admin_home_t", "postgresql_db_t", "ssh_home_t"]
)
def test_it_only_looks_at_what_is_private(policy: Policy, type_: str) -> None:
    assert policy.allowed("avcdoctor_t", type_, "file") == {"getattr"}
    assert policy.allowed("avcdoctor_t", type_, "dir") == {"getattr", "search"}


def test_it_changes_nothing_but_its_position(policy: Policy) -> None:
    writable = {
        (type_, tclass)
        for type_ in policy.types_with("file_type")
        for tclass in ("file", "dir", "lnk_file")
        if policy.allowed("avcdoctor_t", type_, tclass)
        & {"write", "append", "create", "unlink", "relabelto", "add_name"}
    }
    assert writable == {("avcdoctor_var_lib_t", "file"), ("avcdoctor_var_lib_t", "dir")}
    assert policy.allowed("avcdoctor_t", "security_t", "security") == {"read_policy", "check_context"}
    assert policy.allowed("avcdoctor_t", "avcdoctor_t", "capability") == {"dac_read_search"}
    for port in policy.types_with("port_type"):
        assert not policy.allowed("avcdoctor_t", port, "tcp_socket")


def test_it_only_looks_at_block_devices(policy: Policy) -> None:
    assert policy.allowed("avcdoctor_t", "fixed_disk_device_t", "blk_file") == {"getattr"}
