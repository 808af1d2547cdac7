"""Denials in plain words."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avcdoctor.diagnose import kinds, words
from avcdoctor.diagnose.case import Case
from avcdoctor.host import Host
from avcdoctor.read.pasted import read_text
from tests.denials import NOTHING_KNOWN, denied, reading_of

PERL = ("/usr/bin/perl", "-w", "/usr/share/logwatch/services/dnf5-report")


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (denied("httpd_t", "etc_t", "file", "write", comm="httpd", path="/etc/a"), "httpd may not write to /etc/a"),
        (denied("httpd_t", "etc_t", "dir", "search", comm="httpd", name="app"), "httpd may not go through app"),
        (denied("a_t", "ping_exec_t", "file", "execute", comm="a", path="/bin/ping"), "a may not run /bin/ping"),
        (denied("a_t", "port_t", "udp_socket", "name_bind", comm="a", src=53), "a may not listen on udp port 53"),
        (denied("a_t", "port_t", "tcp_socket", "name_connect", comm="a", dest=25), "a may not connect to tcp port 25"),
        (denied("a_t", "a_t", "capability", "net_admin", comm="a"), "a may not use the capability net_admin"),
        (denied("a_t", "b_t", "process", "signal", comm="a"), "a may not signal b_t"),
        (denied("a_t", "b_t", "dbus", "send_msg", comm="a"), "a may not send D-Bus messages to b_t"),
        (denied("a_t", "b_t", "file", "read", comm="a"), "a may not read a file of type b_t"),
        (denied("a_t", "b_t", "dir", "create", comm="a", name="spool"), "a may not create the directory spool"),
        (denied("a_t", "b_t", "dir", "search", comm="a", name="spool"), "a may not go through spool"),
        (
            denied("a_t", "b_t", "service", "status", comm="a", path="/usr/lib/systemd/system/a.service"),
            "a may not ask for the state of /usr/lib/systemd/system/a.service",
        ),
        (
            denied("init_t", "b_t", "file", "setattr", comm="(colord)", name="a.db"),
            "systemd, to start colord, may not change owner, mode or times of a.db",
        ),
        (denied("a_t", "b_t", "file", "unlink", comm="(colord)", name="a.db"), "(colord) may not delete a.db"),
        (denied("init_t", "b_t", "file", "unlink", comm="(sd-rmrf)", name="a"), "(sd-rmrf) may not delete a"),
        (denied("a_t", "b_t", "sem", "unix_read unix_write", comm="a"), "a may not use a semaphore of b_t"),
        (denied("a_t", "a_t", "shm", "read", comm="a"), "a may not use shared memory"),
        (denied("a_t", "b_t", "lnk_file", "read", comm="a", name="l"), "a may not follow the symbolic link l"),
        (denied("a_t", "b_t", "lnk_file", "unlink", comm="a", name="l"), "a may not delete l"),
        (
            denied("a_t", "b_t", "dir", "search", comm="a", name="7467", dev="proc", ino=1),
            "a may not go through /proc/7467",
        ),
        (denied("a_t", "b_t", "dir", "search", comm="a", name="7467", dev="sda1", ino=1), "a may not go through 7467"),
        (
            denied("a_t", "b_t", "dir", "search", comm="a", name="/", dev="loop0", ino=1),
            "a may not go through / (the top directory of loop0)",
        ),
        (
            denied("a_t", "b_exec_t", "file", "execute", comm="perl", name="dnf5", call="execve", execve=PERL),
            "dnf5-report (perl) may not run dnf5",
        ),
        (
            denied("a_t", "b_t", "file", "unlink", comm="bash", name="x", call="execve", execve=("bash", "-c", "/x/y")),
            "bash may not delete x",
        ),
        (
            denied("a_t", "b_t", "file", "unlink", comm="tar", name="x", call="execve", execve=("tar", "/x/y")),
            "tar may not delete x",
        ),
        (denied("a_t", "b_t", "nosuchclass", "frob", comm="a"), "a may not use { frob } on a nosuchclass of type b_t"),
    ],
)
def test_a_denial_as_a_sentence(no_policy: Host, log: str, sentence: str) -> None:
    assert Case(reading_of(log).groups[0], no_policy, NOTHING_KNOWN).described() == sentence


@pytest.mark.parametrize(
    ("domain", "family"),
    [
        ("httpd_t", "httpd"),
        ("httpd_sys_script_t", "httpd"),
        ("keepalived_unconfined_script_t", "keepalived"),
        ("x", "x"),
    ],
)
def test_families(domain: str, family: str) -> None:
    assert words.family(domain) == family


def test_lists_read_well() -> None:
    assert words.listing(["a"]) == "a"
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.listing(["a", "b", "c"], 2) == "a, b and 1 more"
    assert words.listing([]) == ""


@given(st.text())
def test_a_typed_word_is_one_word_for_a_shell(word: str) -> None:
    assert shlex.split(words.typed(word)) == [word.replace("`", "?")]


@pytest.mark.parametrize(
    ("domain", "inside"),
    [
        ("container_t", True),
        ("container_init_t", True),
        ("svirt_lxc_net_t", True),
        ("my_app.process", True),
        ("container_runtime_t", False),
        ("container_runtime_exec_t", False),
        ("container_file_t", False),
        ("httpd_t", False),
    ],
)
def test_container_domains(domain: str, inside: bool) -> None:
    assert kinds.is_container_domain(domain) is inside


def test_services_and_sessions_are_told_apart() -> None:
    assert kinds.launcher_or_service("httpd_t")
    assert not kinds.launcher_or_service("user_t")
    assert not kinds.launcher_or_service("unconfined_t")
    assert kinds.is_network_service("named_t")
    assert not kinds.is_network_service("auditd_t")


@pytest.mark.parametrize(
    ("call", "arguments", "limit"),
    [
        ("setrlimit", {"syscall.a0": "4"}, "RLIMIT_CORE"),
        ("setrlimit", {"syscall.a0": "RLIMIT_NOFILE"}, "RLIMIT_NOFILE"),
        ("prlimit64", {"syscall.a0": "0", "syscall.a1": "7"}, "RLIMIT_NOFILE"),
        ("setrlimit", {"syscall.a0": "ff"}, ""),
        ("execve", {"syscall.a0": "4"}, ""),
    ],
)
def test_a_limit_is_named_by_the_call_s_argument(call: str, arguments: Dict[str, str], limit: str) -> None:
    (group,) = read_text(denied("named_t", "named_t", "process", "setrlimit", comm="named")).groups
    denial = replace(group.examples[0], syscall=call, fields=arguments)
    assert (f": {limit}:" in words.object_text(denial, group)) is bool(limit)
