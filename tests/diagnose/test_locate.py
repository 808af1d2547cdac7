"""A name and an inode become a path where the machine still has that object."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed
from tests.machines import system_at


@pytest.fixture()
def machine(tmp_path: Path) -> Host:
    """A machine with a database directory of its own below /srv."""
    (tmp_path / "srv" / "redis").mkdir(parents=True)
    return system_at(tmp_path)


def inode(host: Host, path: str) -> int:
    facts = host.files.lstat(path)
    assert facts is not None
    return facts.inode


def test_a_name_with_the_right_inode_is_that_path(machine: Host) -> None:
    log = denied(
        "redis_t", "var_t", "dir", "write", comm="redis", name="redis", dev="vda1", ino=inode(machine, "/srv/redis")
    )
    incident = diagnosed(log, machine)
    assert incident.finding.groups[0].examples[0].raw_path == "/srv/redis"
    assert ("fcontext-add", r"/srv/redis(/.*)?") in [
        (action.do, action.parameters.get("pattern")) for one in incident.remedies for action in one.actions
    ]


def test_the_same_name_with_another_inode_stays_a_name(machine: Host) -> None:
    other = inode(machine, "/srv/redis") + 1
    log = denied("redis_t", "var_t", "dir", "write", comm="redis", name="redis", dev="vda1", ino=other)
    assert diagnosed(log, machine).finding.groups[0].examples[0].raw_path == ""


def test_a_command_line_names_the_directory(tmp_path: Path) -> None:
    (tmp_path / "pool" / "pg" / "main").mkdir(parents=True)
    host = system_at(tmp_path)
    log = denied(
        *("postgresql_t", "var_t", "dir", "write"),
        comm="postgres",
        name="main",
        dev="vda1",
        ino=inode(host, "/pool/pg/main"),
        call="openat",
        execve=("/usr/bin/postgres", "-D", "/pool/pg/main"),
    )
    assert diagnosed(log, host).finding.groups[0].examples[0].raw_path == "/pool/pg/main"


def test_a_directory_of_the_service_s_name_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "etc" / "chrony").mkdir(parents=True)
    (tmp_path / "etc" / "chrony" / "chrony.conf").write_text("pool example.org")
    host = system_at(tmp_path)
    number = inode(host, "/etc/chrony/chrony.conf")
    log = denied("chronyd_t", "user_home_t", "file", "read", comm="chronyd", name="chrony.conf", dev="vda1", ino=number)
    assert diagnosed(log, host).finding.groups[0].examples[0].raw_path == "/etc/chrony/chrony.conf"
