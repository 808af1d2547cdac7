"""Local modules: minimal, compiled by secilc and checkmodule, and enough for the whole access."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from avcdoctor.access.whole import whole
from avcdoctor.host import Host, open_host, reference
from avcdoctor.host.policy import Policy
from avcdoctor.model import Incident, Remedy
from tests.denials import NOTHING_KNOWN, denied, diagnosed, explained, kinds, only, remedy_of
from tests.machines import compile_with

CHECKMODULE = shutil.which("checkmodule")

LOGS: Dict[str, str] = {
    "a file": denied("redis_t", "named_conf_t", "file", "read", path="/etc/named.conf", comm="redis-server"),
    "a directory": denied("redis_t", "named_cache_t", "dir", "add_name", path="/var/named/data", comm="redis-server"),
    "a program": denied("redis_t", "ping_exec_t", "file", "getattr", path="/usr/bin/ping", comm="redis-server"),
    "itself": denied("redis_t", "redis_t", "capability", "net_admin", comm="redis-server"),
    "another process": denied("redis_t", "named_t", "process", "signal", comm="redis-server"),
    "a socket": denied("redis_t", "named_t", "unix_stream_socket", "connectto", comm="redis-server", path="/run/n"),
}


def told(log: str, host: Host) -> Incident:
    return only(explained(log, host, NOTHING_KNOWN))


def module_of(log: str, host: Host) -> Remedy:
    return remedy_of(told(log, host), "module")


@pytest.mark.parametrize("name", LOGS)
def test_it_compiles_and_allows_the_whole_access(system: Host, tmp_path: Path, name: str) -> None:
    incident = told(LOGS[name], system)
    remedy = remedy_of(incident, "module")
    source = tmp_path / "local.cil"
    source.write_text(str(remedy.actions[0].parameters["cil"]))
    folder = reference.source_dir()
    assert folder is not None
    compile_with(folder, [source], tmp_path / "policy.33")
    after = Policy(tmp_path / "policy.33")
    for group in incident.finding.groups:
        wanted = whole(group.tclass, frozenset(group.permissions))
        assert wanted <= after.allowed(group.source, group.target, group.tclass)


@pytest.mark.skipif(CHECKMODULE is None, reason="checkmodule is not installed")
@pytest.mark.parametrize("name", LOGS)
def test_the_older_language_compiles_too(system: Host, tmp_path: Path, name: str) -> None:
    parameters = module_of(LOGS[name], system).actions[0].parameters
    source = tmp_path / f"{parameters['name']}.te"
    source.write_text(str(parameters["te"]))
    done = subprocess.run(
        [str(CHECKMODULE), "-M", "-m", "-o", str(source.with_suffix(".mod")), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_dontaudit_rule_compiles_in_both_languages(system: Host, tmp_path: Path) -> None:
    log = denied("redis_t", "init_t", "process", "noatsecure siginh", comm="redis-server")
    parameters = remedy_of(told(log, system), "dontaudit").actions[0].parameters
    source = tmp_path / "quiet.cil"
    source.write_text(str(parameters["cil"]))
    folder = reference.source_dir()
    assert folder is not None
    compile_with(folder, [source], tmp_path / "policy.33")
    hidden = Policy(tmp_path / "policy.33").dontaudited("redis_t", "init_t", "process")
    assert hidden >= {"noatsecure", "siginh"}
    assert "dontaudit redis_t init_t:process { noatsecure siginh };" in str(parameters["te"])


def test_what_the_policy_has_is_left_out(system: Host) -> None:
    """named_t may read its zones; only the missing permission is allowed."""
    log = denied("httpd_t", "httpd_sys_content_t", "file", "read execmod", comm="httpd", path="/var/www/html/a.so")
    remedies = told(log, system).remedies
    rules = [line for one in remedies if one.kind == "module" for line in one.grants if line.startswith("allow")]
    assert all("{ execmod }" in rule for rule in rules)


def test_names_differ_when_the_rules_do(system: Host) -> None:
    names = [str(module_of(log, system).actions[0].parameters["name"]) for log in LOGS.values()]
    assert len(set(names)) == len(names)
    assert all(name.startswith("avcdoctor_redis_t_") for name in names)
    assert names[0] == str(module_of(LOGS["a file"], system).actions[0].parameters["name"])


def test_a_type_s_name_that_is_none_makes_no_module(no_policy: Host) -> None:
    log = denied("redis_t", "system_u:object_r:b(allow):s0", "file", "read", comm="redis-server", name="a")
    assert "module" not in [one.kind for one in told(log, no_policy).remedies]


def test_a_constraint_makes_it_useless_and_that_is_said(system: Host) -> None:
    log = denied(
        "unconfined_u:system_r:sshd_t:s0", "system_u:object_r:httpd_log_t:s0", "file", "create", comm="sshd", name="a"
    )
    incident = told(log, system)
    for one in incident.remedies:
        assert one.kind != "module" or one.simulation.after == "denied"
    assert incident.remedies[0].kind != "module"


@pytest.mark.parametrize("tclass", ["chr_file", "fifo_file", "sock_file", "lnk_file"])
def test_what_is_no_file_can_be_executed_by_name_only(system: Host, tclass: str) -> None:
    log = denied("redis_t", "named_conf_t", tclass, "execute", comm="redis-server", name="odd")
    for one in told(log, system).remedies:
        assert "execute_no_trans" not in " ".join(one.grants)


ONCE_IT_RUNS = "what the program does once it runs, such as capabilities and sockets of its own"


def left_out(remedy: Remedy) -> List[str]:
    return [note for note in remedy.notes if note.startswith("not in it: ")]


def test_looking_at_a_program_does_not_become_running_it(system: Host) -> None:
    remedy = module_of(LOGS["a program"], system)
    assert remedy.actions[0].parameters["cil"] == "(allow redis_t ping_exec_t (file (getattr)))\n"
    assert any(note.startswith("not in it: a program that looks at ping_exec_t") for note in remedy.notes)


def test_running_a_program_brings_no_capability_and_no_socket(system: Host) -> None:
    log = denied("redis_t", "ping_exec_t", "file", "execute", path="/usr/bin/ping", comm="redis-server")
    remedy = module_of(log, system)
    assert "self" not in str(remedy.actions[0].parameters["cil"])
    assert "execute_no_trans" in str(remedy.actions[0].parameters["cil"])
    assert left_out(remedy) == [f"not in it: {ONCE_IT_RUNS}"]


def test_each_rule_says_what_was_seen_and_what_was_added(system: Host) -> None:
    remedy = module_of(LOGS["a file"], system)
    seen, added = remedy.rules
    assert (seen.permissions, seen.seen, seen.why) == (("read",), True, "it was denied")
    assert (added.permissions, added.seen) == (("getattr", "open"), False)
    assert "cannot do without" in added.why


def test_a_rule_pack_may_widen_within_file_classes(system: Host) -> None:
    log = denied("keepalived_t", "ping_exec_t", "file", "getattr", path="/usr/bin/ping", comm="check.sh")
    remedy = remedy_of(only(explained(log, system)), "module")
    cil = str(remedy.actions[0].parameters["cil"])
    assert "execute" in cil
    assert "self" not in cil
    assert [rule.seen for rule in remedy.rules] == [True, False]
    # Running it is in the rules; what it does then is not, and that is what is told.
    assert left_out(remedy) == [f"not in it: {ONCE_IT_RUNS}"]


def test_a_rule_that_the_bounds_of_the_domain_would_void_does_not_pass(tiny_path: Path) -> None:
    host = open_host(str(tiny_path))
    bounded = diagnosed(denied("child_t", "content_t", "file", "write", comm="child", name="a"), host)
    free = diagnosed(denied("httpd_t", "content_t", "file", "write", comm="httpd", name="a"), host)
    assert "module" not in kinds(bounded)
    assert remedy_of(free, "module").simulation.after == "allowed"
