"""The reference policy compiles, is small, and says about keepalived what the Fedora policy says."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterator, Set

import pytest

REFERENCE = Path(__file__).resolve().parents[2] / "policies" / "reference"
FILE_TYPES = {"--", "-d", "-l", "-c", "-b", "-s", "-p"}

pytestmark = pytest.mark.skipif(shutil.which("secilc") is None, reason="secilc is not installed")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference policy in binary form."""
    target = tmp_path_factory.mktemp("reference") / "reference.33"
    sources = sorted(str(path) for path in REFERENCE.glob("*.cil"))
    begun = time.monotonic()
    done = subprocess.run(
        ["secilc", "-M", "true", "-c", "33", "-o", str(target), "-f", "/dev/null", *sources],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 2, "the reference policy compiles in well under a second"
    return target


@pytest.fixture(scope="module")
def policy(compiled: Path) -> Any:
    """The reference policy as setools sees it."""
    setools = pytest.importorskip("setools")
    return setools.SELinuxPolicy(str(compiled))


def permissions(policy: Any, source: str, target: str, tclass: str, booleans: Dict[str, bool]) -> FrozenSet[str]:
    """What `source` may do to `target`: attributes expanded, conditional rules by `booleans` (all others off)."""
    setools = pytest.importorskip("setools")
    found: Set[str] = set()
    rules = setools.TERuleQuery(
        policy, ruletype=["allow"], source=source, source_indirect=True, target=target, target_indirect=True,
        tclass=[tclass],
    ).results()  # fmt: skip
    for rule in rules:
        try:
            conditional = rule.conditional
        except setools.exception.RuleNotConditional:
            found |= set(rule.perms)
            continue
        state = {str(name): booleans.get(str(name), False) for name in conditional.booleans}
        if conditional.evaluate(**state) == rule.conditional_block:
            found |= set(rule.perms)
    return frozenset(found)


def entries() -> Iterator[re.Match[str]]:
    """The lines of file_contexts that name a context."""
    for line in (REFERENCE / "file_contexts").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and not line.endswith("<<none>>"):
            found = re.fullmatch(r"(\S+)(?:\t(-.))?\t\w+:object_r:(\w+):s0", line)
            assert found, f"not a file context: {line}"
            yield found


@pytest.mark.bindings
class TestKeepalived:
    """The rules the keepalived story rests on."""

    @pytest.mark.parametrize(
        "script", ["bin_t", "etc_t", "usr_t", "lib_t", "shell_exec_t", "boot_t", "textrel_shlib_t"]
    )
    def test_runs_installed_files_in_its_own_domain(self, policy: Any, script: str) -> None:
        needed = {"getattr", "open", "read", "map", "execute", "execute_no_trans"}
        assert needed <= permissions(policy, "keepalived_t", script, "file", {})

    @pytest.mark.parametrize("script", ["user_home_t", "admin_home_t", "home_bin_t", "var_lib_t", "default_t", "tmp_t"])
    def test_runs_nothing_from_elsewhere(self, policy: Any, script: str) -> None:
        assert not {"execute", "execute_no_trans"} & permissions(policy, "keepalived_t", script, "file", {})

    @pytest.mark.parametrize(
        "command", ["ping_exec_t", "systemd_systemctl_exec_t", "ifconfig_exec_t", "httpd_exec_t", "haproxy_exec_t"]
    )
    def test_may_not_even_look_at_commands_with_a_type_of_their_own(self, policy: Any, command: str) -> None:
        assert permissions(policy, "keepalived_t", command, "file", {}) == frozenset()

    def test_script_type_leads_into_the_unconfined_domain_and_nowhere_else(self, policy: Any) -> None:
        kind = "keepalived_unconfined_script_exec_t"
        on_script = permissions(policy, "keepalived_t", kind, "file", {})
        assert {"getattr", "open", "read", "map", "execute"} <= on_script
        assert "execute_no_trans" not in on_script
        assert permissions(policy, "keepalived_t", kind, "lnk_file", {}) == frozenset()
        into = permissions(policy, "keepalived_t", "keepalived_unconfined_script_t", "process", {})
        assert "transition" in into
        entry = permissions(policy, "keepalived_unconfined_script_t", kind, "file", {})
        assert {"entrypoint", "execute", "read"} <= entry

    def test_transitions(self, policy: Any) -> None:
        setools = pytest.importorskip("setools")
        found = {
            (str(rule.source), str(rule.target)): str(rule.default)
            for rule in setools.TERuleQuery(policy, ruletype=["type_transition"], tclass=["process"]).results()
        }
        script = ("keepalived_t", "keepalived_unconfined_script_exec_t")
        assert found[script] == "keepalived_unconfined_script_t"
        assert found[("init_t", "keepalived_exec_t")] == "keepalived_t"
        assert found[("initrc_t", "keepalived_exec_t")] == "keepalived_t"
        assert ("unconfined_t", "keepalived_exec_t") not in found, "a root shell starts it unconfined"
        assert ("keepalived_t", "ping_exec_t") not in found

    def test_unconfined_script_may_use_ping(self, policy: Any) -> None:
        needed = {"getattr", "open", "read", "map", "execute", "execute_no_trans"}
        assert needed <= permissions(policy, "keepalived_unconfined_script_t", "ping_exec_t", "file", {})
        assert "net_raw" in permissions(
            policy, "keepalived_unconfined_script_t", "keepalived_unconfined_script_t", "capability", {}
        )

    def test_what_ping_needs_beyond_its_file(self, policy: Any) -> None:
        """keepalived_t has the sockets; what it lacks to run ping itself is getcap and setcap."""
        assert "create" in permissions(policy, "keepalived_t", "keepalived_t", "icmp_socket", {})
        assert "net_raw" in permissions(policy, "keepalived_t", "keepalived_t", "capability", {})
        assert not {"getcap", "setcap"} & permissions(policy, "keepalived_t", "keepalived_t", "process", {})
        assert {"getcap", "setcap"} <= permissions(policy, "ping_t", "ping_t", "process", {})

    @pytest.mark.parametrize(
        ("port", "boolean_needed"),
        [
            ("http_port_t", False), ("mysqld_port_t", False), ("smtp_port_t", False), ("snmp_port_t", False),
            ("squid_port_t", False), ("dns_port_t", False), ("http_cache_port_t", True), ("postgresql_port_t", True),
            ("redis_port_t", True), ("ssh_port_t", True), ("unreserved_port_t", True), ("ephemeral_port_t", True),
        ],
    )  # fmt: skip
    def test_ports_without_and_behind_the_boolean(self, policy: Any, port: str, boolean_needed: bool) -> None:
        plain = permissions(policy, "keepalived_t", port, "tcp_socket", {})
        opened = permissions(policy, "keepalived_t", port, "tcp_socket", {"keepalived_connect_any": True})
        assert ("name_connect" not in plain) == boolean_needed
        assert {"name_bind", "name_connect"} <= opened


@pytest.mark.bindings
class TestLabels:
    """No file can carry a process type."""

    def test_domains_are_not_file_types(self, policy: Any) -> None:
        attributes = {str(found): {str(t) for t in found.expand()} for found in policy.typeattributes()}
        assert "keepalived_t" in attributes["domain"]
        assert not attributes["domain"] & attributes["file_type"]

    @pytest.mark.parametrize("domain", ["unconfined_t", "init_t", "kernel_t"])
    def test_nobody_may_relabel_to_a_domain(self, policy: Any, domain: str) -> None:
        assert "relabelto" in permissions(policy, domain, "etc_t", "file", {})
        assert not {"create", "relabelto"} & permissions(policy, domain, "keepalived_t", "file", {})

    def test_no_file_system_accepts_a_domain(self, policy: Any) -> None:
        assert "associate" in permissions(policy, "etc_t", "fs_t", "filesystem", {})
        assert "associate" not in permissions(policy, "keepalived_t", "fs_t", "filesystem", {})

    def test_every_type_of_file_contexts_is_a_type_of_the_policy(self, policy: Any) -> None:
        types = {str(found) for found in policy.types()}
        missing = {found.group(3) for found in entries()} - types
        assert not missing

    def test_default_labels(self) -> None:
        selinux = pytest.importorskip("selinux")
        option = selinux.selinux_opt()
        option.type, option.value = selinux.SELABEL_OPT_PATH, str(REFERENCE / "file_contexts")
        handle = selinux.selabel_open(selinux.SELABEL_CTX_FILE, option, 1)
        assert handle is not None
        expected = {
            "/etc/keepalived/check.sh": "etc_t",
            "/usr/libexec/keepalived/check.sh": "keepalived_unconfined_script_exec_t",
            "/usr/local/bin/check.sh": "bin_t",
            "/opt/checks/check.sh": "usr_t",
            "/opt/checks/bin/check.sh": "bin_t",
            "/bin/ping": "ping_exec_t",
            "/usr/bin/bash": "shell_exec_t",
            "/var/run/keepalived.pid": "keepalived_var_run_t",
            "/var/www/html/index.html": "httpd_sys_content_t",
            "/srv/site/index.html": "var_t",
            "/home/alice/public_html/index.html": "httpd_user_content_t",
            "/home/alice/check.sh": "user_home_t",
            "/root/check.sh": "admin_home_t",
            "/data/check.sh": "default_t",
        }
        found = {path: selinux.selabel_lookup(handle, path, 0o100755)[1].split(":")[2] for path in expected}
        selinux.selabel_close(handle)
        assert found == expected


def test_file_contexts_name_known_file_kinds() -> None:
    kinds = {found.group(2) for found in entries()} - {None}
    assert kinds <= FILE_TYPES


def test_patterns_are_regular_expressions() -> None:
    patterns = [found.group(1) for found in entries()]
    assert len(patterns) == len({(found.group(1), found.group(2)) for found in entries()}), "a pattern stands twice"
    for pattern in patterns:
        re.compile(pattern)


@pytest.mark.bindings
def test_web_server_ports_and_booleans(policy: Any) -> None:
    connect = {"name_connect"}
    assert not connect & permissions(policy, "httpd_t", "postgresql_port_t", "tcp_socket", {})
    database = {"httpd_can_network_connect_db": True}
    assert connect <= permissions(policy, "httpd_t", "postgresql_port_t", "tcp_socket", database)
    assert not connect & permissions(policy, "httpd_t", "redis_port_t", "tcp_socket", database)
    everything = {"httpd_can_network_connect": True}
    assert connect <= permissions(policy, "httpd_t", "redis_port_t", "tcp_socket", everything)
    assert "name_bind" in permissions(policy, "httpd_t", "http_port_t", "tcp_socket", {})
    assert "name_bind" not in permissions(policy, "httpd_t", "unreserved_port_t", "tcp_socket", {})


@pytest.mark.bindings
def test_categories_keep_containers_apart(compiled: Path) -> None:
    """A constraint, not a rule, refuses another container's file (audit2why says so)."""
    audit2why = pytest.importorskip("selinux.audit2why")
    audit2why.finish()
    audit2why.init(str(compiled))
    try:
        source = "system_u:system_r:container_t:s0:c1,c2"
        same = audit2why.analyze(source, "system_u:object_r:container_file_t:s0:c1,c2", "file", ["read"])
        other = audit2why.analyze(source, "system_u:object_r:container_file_t:s0:c3,c4", "file", ["read"])
        assert same[0] == audit2why.ALLOW
        assert other[0] == audit2why.CONSTRAINT
        script = "system_u:system_r:keepalived_t:s0"
        ping = audit2why.analyze(script, "system_u:object_r:ping_exec_t:s0", "file", ["getattr"])
        assert ping[0] == audit2why.TERULE
    finally:
        audit2why.finish()
