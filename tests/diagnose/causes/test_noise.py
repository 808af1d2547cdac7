"""Harmless noise: kept out of the log, never allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, remedy_of, words_of
from tests.machines import system_at

NOISE = {
    "environment at a transition": denied("redis_t", "init_t", "process", "noatsecure siginh", comm="redis-server"),
    "limits at a transition": denied("redis_t", "init_t", "process", "rlimitinh", comm="redis-server"),
    "compiled Python code": denied("httpd_t", "lib_t", "dir", "write", comm="python3", name="__pycache__"),
    "a compiled module": denied("httpd_t", "usr_t", "file", "create", comm="python3", name="app.cpython-311.pyc"),
    "root's settings": denied("redis_t", "admin_home_t", "file", "read", comm="redis-server", name=".rediscli"),
    "the terminal of a start by hand": denied(
        "redis_t", "user_devpts_t", "chr_file", "read write", comm="redis-server", path="/dev/pts/0", dev="devpts"
    ),
}
MATTERS = {
    "a transition itself": denied("redis_t", "init_t", "process", "noatsecure transition", comm="redis-server"),
    "reading Python's cache": denied("httpd_t", "default_t", "dir", "read", comm="python3", name="__pycache__"),
    "root's keys": denied("redis_t", "admin_home_t", "dir", "search", comm="redis-server", name=".ssh"),
    "writing root's settings": denied(
        "redis_t", "admin_home_t", "file", "write", comm="redis-server", name=".rediscli"
    ),
    "another device": denied("redis_t", "fixed_disk_device_t", "chr_file", "read", comm="redis-server", name="sg0"),
}


@pytest.mark.parametrize("name", NOISE)
def test_noise_is_silenced_and_stays_denied(system: Host, name: str) -> None:
    incident = diagnosed(NOISE[name], system)
    assert incident.finding.cause == "noise"
    assert kinds(incident)[0] == "dontaudit"
    assert "module" not in kinds(incident)
    quiet = remedy_of(incident, "dontaudit")
    assert "(dontaudit " in str(quiet.actions[0].parameters["cil"])
    assert "(allow " not in str(quiet.actions[0].parameters["cil"])
    assert "semodule -DB" in " ".join(quiet.notes)


@pytest.mark.parametrize("name", MATTERS)
def test_what_matters_is_no_noise(system: Host, name: str) -> None:
    assert diagnosed(MATTERS[name], system).finding.cause != "noise"


SILENT = "(dontaudit redis_t shadow_t (file (getattr)))(dontaudit redis_t admin_home_t (dir (search)))"
LOOKS = denied("redis_t", "admin_home_t", "dir", "search", comm="redis-server", name="root", dev="dm-0", ino=3)


def test_what_the_machine_s_own_policy_hides_is_shown_by_a_switch(tmp_path: Path) -> None:
    incident = diagnosed(LOOKS, system_at(tmp_path, SILENT), own_log=True)
    assert kinds(incident) == ["dontaudit"]
    assert "semodule -B" in words_of(incident)
    assert not incident.remedies[0].actions[0].argv


def test_of_another_machine_s_log_a_dontaudit_rule_proves_nothing(tmp_path: Path) -> None:
    incident = diagnosed(LOOKS, system_at(tmp_path, SILENT))
    assert kinds(incident)[0] != "dontaudit"
    assert "dontaudit" in kinds(incident)


def test_without_such_a_rule_nothing_is_hidden(system: Host) -> None:
    assert "semodule -B`" not in words_of(diagnosed(LOOKS, system))
