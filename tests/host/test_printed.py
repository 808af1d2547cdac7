"""What the SELinux commands print, read as facts; lines of another form are left out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from avcdoctor.host import printed
from avcdoctor.host.labels import Labels
from avcdoctor.host.local import LocalContext, LocalPort

SESTATUS = """\
SELinux status:                 enabled
SELinuxfs mount:                /sys/fs/selinux
Loaded policy name:             targeted
Current mode:                   permissive
Mode from config file:          enforcing
Policy MLS status:              enabled

Policy booleans:
abrt_anon_write                             off
httpd_can_network_connect                   on
"""
EXPORT = """\
boolean -D
login -D
port -D
fcontext -D
boolean -m -1 httpd_can_network_connect
boolean -m -0 nis_enabled
port -a -t http_port_t -r 's0' -p tcp 8765
port -a -t http_port_t -p udp 9000-9010
fcontext -a -f a -t httpd_sys_content_t -r 's0' '/srv/shop(/.*)?'
fcontext -a -f f -t <<none>> '/srv/shop/tmp'
fcontext -a -e /home /srv/people
login -a -s staff_u -r 's0' 'anna'
user -a -L s0 -r s0 -R 'staff_r' 'odd_u'
permissive -a mydomain_t
module -d tuned
fcontext -a -t 'unclosed
"""


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        (SESTATUS, "permissive"),
        ("SELinux status:                 disabled\n", "disabled"),
        ("Enforcing\n", "enforcing"),
        ("# SELINUX=disabled\nSELINUX=permissive\nSELINUXTYPE=targeted\n", "permissive"),
        ("bash: sestatus: command not found\n", ""),
        ("SELINUX=whatever\n", ""),
    ],
)
def test_the_mode(text: str, mode: str) -> None:
    assert printed.mode(text) == mode


@pytest.mark.parametrize(
    "text",
    [
        SESTATUS,
        "abrt_anon_write --> off\nhttpd_can_network_connect --> on\n",
        "SELinux boolean                State  Default Description\n\n"
        "abrt_anon_write                (off  ,  off)  Allow abrt to anon write\n"
        "httpd_can_network_connect      (on   ,  off)  Allow httpd to can network connect\n",
    ],
)
def test_booleans_in_each_form(text: str) -> None:
    assert printed.booleans(text) == {"abrt_anon_write": False, "httpd_can_network_connect": True}


def test_what_is_no_boolean_is_none() -> None:
    assert printed.booleans("SELinux status: enabled\nthe lamp is on\non off on\nx --> maybe\n") == {}


def test_ports() -> None:
    text = (
        "SELinux Port Type              Proto    Port Number\n\n"
        "http_port_t                    tcp      8765, 80, 9000-9010\ndns_port_t   udp   53\nodd_t  icmp  7\n"
    )
    assert printed.ports(text) == (
        LocalPort("tcp", 8765, 8765, "http_port_t"),
        LocalPort("tcp", 80, 80, "http_port_t"),
        LocalPort("tcp", 9000, 9010, "http_port_t"),
        LocalPort("udp", 53, 53, "dns_port_t"),
    )


def test_an_export_tells_every_customisation_and_what_could_not_be_read() -> None:
    found = printed.custom(EXPORT)
    assert found.booleans == (("httpd_can_network_connect", True), ("nis_enabled", False))
    assert found.ports == (
        LocalPort("tcp", 8765, 8765, "http_port_t"),
        LocalPort("udp", 9000, 9010, "http_port_t"),
    )
    assert found.contexts.entries == (
        LocalContext("/srv/shop(/.*)?", "", "httpd_sys_content_t"),
        LocalContext("/srv/shop/tmp", "--", ""),
    )
    assert found.contexts.likes == (("/srv/people", "/home"),)
    assert found.logins == (("anna", "staff_u"),)
    assert found.permissive == ("mydomain_t",)
    assert found.unread == ("fcontext -a -t 'unclosed",)


def test_listed_file_contexts_decide_as_the_policys_own_would(tmp_path: Path) -> None:
    text = (
        "SELinux fcontext                                   type               Context\n\n"
        "/.*                                                all files          system_u:object_r:default_t:s0 \n"
        "/srv/.*                                            all files          system_u:object_r:var_t:s0 \n"
        "/srv/a\\.txt                                        regular file       system_u:object_r:etc_t:s0 \n"
        "/srv/a.*                                           all files          system_u:object_r:usr_t:s0 \n"
        "/srv/none                                          directory          <<None>>\n"
        "\nSELinux Distribution fcontext Equivalence \n\n/run = /var/run\n"
        "\nSELinux Local fcontext Equivalence \n\n/data/srv = /srv\n"
    )
    found = printed.contexts(text)
    assert found.given_likes == (("/run", "/var/run"),)
    assert found.likes == (("/data/srv", "/srv"),)
    lines = (f"{one.pattern} {one.file_type} system_u:object_r:{one.type or 'x'}:s0\n" for one in found.entries)
    (tmp_path / "file_contexts").write_text("".join(lines))
    labels = Labels(tmp_path / "file_contexts")
    for path, type_ in {"/x": "default_t", "/srv/b": "var_t", "/srv/abc": "usr_t", "/srv/a.txt": "etc_t"}.items():
        label = labels.default(path, 0o100000)
        assert label is not None and label.type == type_


@pytest.mark.parametrize(
    "text",
    [
        "LABEL                           USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
        "system_u:system_r:httpd_t:s0    apache      1841  0.0  0.2  22048  7556 ?        S    11:12   0:00 /bin/a b\n"
        "-                               root           7  0.0  0.2  22048  7556 ?        S    11:12   0:00 odd\n",
        "LABEL                               PID TTY          TIME CMD\n"
        "system_u:system_r:httpd_t:s0       1841 ?        00:00:00 /bin/a b\n",
    ],
)
def test_processes(text: str) -> None:
    (found,) = printed.processes(text)
    assert (found.pid, found.context.type, found.command) == (1841, "httpd_t", "/bin/a b")


def test_processes_without_labels_tell_nothing() -> None:
    assert list(printed.processes("USER PID COMMAND\nroot 1 init\n")) == []


def test_debian_packages() -> None:
    text = (
        "Desired=Unknown/Install/Remove/Purge/Hold\n||/ Name  Version  Architecture Description\n+++-====-===\n"
        "ii  selinux-policy-default 2:2.20240723-1 all          Strict\n"
        "ii  libselinux1:amd64      3.5-2          amd64        runtime\nrc  gone   1  all  removed\n"
    )
    assert list(printed.debian_packages(text)) == [
        ("selinux-policy-default", "2:2.20240723-1", "all"),
        ("libselinux1", "3.5-2", "amd64"),
    ]


@pytest.mark.parametrize("line", ["x" * 100_000, " " * 100_000, "/" + " x" * 50_000, "a on " * 20_000, "1, " * 40_000])
def test_a_hostile_line_takes_no_time(line: str) -> None:
    before = time.monotonic()
    for read in (printed.mode, printed.booleans, printed.ports, printed.contexts, printed.custom):
        read(f"{line}\n")
    for listed in (printed.processes, printed.debian_packages):
        list(listed(f"LABEL PID CMD\n{line}\n"))
    assert time.monotonic() - before < 5
