"""Scripts that stay in their caller's domain, and scripts that may not start."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.diagnose.case import Case
from avcdoctor.diagnose.causes.configuration import configured_scripts
from avcdoctor.diagnose.causes.script_file import is_interpreter, script_of
from avcdoctor.host import Host
from tests.denials import (
    NOTHING_KNOWN,
    denied,
    diagnosed,
    explained,
    incident_of,
    kinds,
    reading_of,
    remedy_of,
    shipped,
)
from tests.machines import system_at

CHECK = "/etc/keepalived/check.sh"
SHELL = {"comm": "check.sh", "call": "execve", "exe": "/usr/bin/bash", "execve": ["/bin/bash", CHECK]}
STAYS = denied("keepalived_t", "ping_exec_t", "file", "getattr", path="/usr/bin/ping", **SHELL)  # type: ignore[arg-type]
CGI = denied("httpd_t", "var_t", "file", "execute", comm="httpd", path="/srv/app/cgi-bin/run.pl")


def test_the_script_gets_the_type_that_leads_out(system: Host) -> None:
    incident = diagnosed(STAYS, system)
    assert incident.finding.cause == "wrong-domain"
    assert kinds(incident) == ["exec-type", "module"]
    first = incident.remedies[0]
    assert first.actions[0].parameters["type"] == "keepalived_unconfined_script_exec_t"
    assert first.actions[0].parameters["pattern"] == "/etc/keepalived/check\\.sh"
    assert first.simulation.after == "allowed"
    assert "not confined" in " ".join(first.grants)


def test_the_pack_adds_the_service_s_own_way(system: Host) -> None:
    incident = incident_of(STAYS, system)
    assert incident.finding.rule == "KEEPALIVED001"
    assert kinds(incident) == ["exec-type", "move", "module"]


def test_all_that_one_script_calls_is_one_incident(system: Host) -> None:
    log = STAYS
    calls = [("systemd_systemctl_exec_t", "/usr/bin/systemctl"), ("journalctl_exec_t", "/usr/bin/journalctl")]
    for serial, (target, path) in enumerate(calls, 2):
        log += denied("keepalived_t", target, "file", "execute", path=path, serial=serial, **SHELL)  # type: ignore[arg-type]
    incident = incident_of(log, system)
    assert incident.denials == 3
    assert len(incident.finding.groups) == 3
    assert incident.remedies[0].resolves == 3


def test_the_daemon_s_own_denials_are_another_matter(system: Host) -> None:
    own = denied(
        "keepalived_t", "unreserved_port_t", "tcp_socket", "name_connect", comm="keepalived", dest=8443, serial=9
    )
    report = explained(STAYS + own, system)
    assert [one.finding.rule for one in report.incidents].count("KEEPALIVED001") == 1
    assert len(report.incidents) == 2


def test_a_script_that_may_not_start_gets_the_script_s_type(system: Host) -> None:
    incident = diagnosed(CGI, system)
    assert incident.finding.cause == "script-type"
    assert remedy_of(incident, "exec-type").actions[0].parameters["type"] == "httpd_sys_script_exec_t"
    assert "module" not in kinds(incident)


@pytest.mark.parametrize(
    "log",
    [
        denied("httpd_t", "var_t", "file", "execute", comm="httpd", path="/srv/app/lib/libimage.so"),
        denied("httpd_t", "var_t", "file", "read", comm="httpd", path="/srv/app/cgi-bin/run.pl"),
        denied("auditd_t", "var_t", "file", "execute", comm="auditd", path="/srv/app/run.pl"),
    ],
    ids=["a library", "only read", "a service without script types"],
)
def test_no_script_no_script_s_type(system: Host, log: str) -> None:
    assert diagnosed(log, system).finding.cause not in ("script-type", "wrong-domain")


@pytest.mark.parametrize(
    ("program", "expected"),
    [("/usr/bin/bash", True), ("python3.11", True), ("perl", True), ("check.sh", False), ("keepalived", False)],
)
def test_interpreters(program: str, expected: bool) -> None:
    assert is_interpreter(program) is expected


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["/bin/sh", "/opt/a.sh", "x"], "/opt/a.sh"),
        (["/usr/bin/python3", "-u", "/opt/a.py"], "/opt/a.py"),
        (["/bin/sh", "-c", "ping -c1 10.0.0.1"], None),
        (["/bin/sh", "a.sh"], None),
        (["/usr/bin/ping", "/opt/a.sh"], None),
    ],
)
def test_the_script_among_an_interpreter_s_arguments(system: Host, words: list[str], path: str | None) -> None:
    log = denied("redis_t", "ping_exec_t", "file", "execute", comm="x", call="execve", exe="/usr/bin/x", execve=words)
    script = script_of(Case(reading_of(log).groups[0], system, NOTHING_KNOWN))
    assert (script.path if script else None) == path


class TestConfiguration:
    """keepalived's configuration names its scripts."""

    @pytest.fixture
    def machine(self, tmp_path: Path) -> Host:
        folder = tmp_path / "etc" / "keepalived"
        (folder / "conf.d").mkdir(parents=True)
        (folder / "keepalived.conf").write_text(
            '# script "/etc/not.sh"\nvrrp_script a {\n  script "/usr/local/bin/check-a.sh -v"\n  interval 2\n}\n'
            'include conf.d/*.conf\ninclude keepalived.conf\nnotify_master "/bin/sh /opt/b.sh"\n'
        )
        (folder / "conf.d" / "c.conf").write_text("  misc_path /opt/c.sh ! why\n  script 'unclosed\n")
        return system_at(tmp_path)

    def test_comments_includes_and_quotes(self, machine: Host) -> None:
        assert set(configured_scripts("keepalived", machine)) == {
            ("/usr/local/bin/check-a.sh", False),
            ("/opt/b.sh", True),
            ("/opt/c.sh", False),
        }

    def test_a_process_s_name_is_completed(self, machine: Host) -> None:
        log = denied("keepalived_t", "ping_exec_t", "file", "getattr", comm="check-a.sh", path="/usr/bin/ping")
        script = script_of(Case(reading_of(log).groups[0], machine, shipped()))
        assert script is not None
        assert (script.path, script.how) == ("/usr/local/bin/check-a.sh", "the service's configuration")

    def test_a_script_that_a_shell_is_given_keeps_its_label_s_powerlessness(self, machine: Host) -> None:
        shell = ["/bin/sh", "/opt/b.sh"]
        log = denied("keepalived_t", "ping_exec_t", "file", "getattr", comm="b.sh", call="execve", exe="/usr/bin/dash",
                     execve=shell, path="/usr/bin/ping")  # fmt: skip
        incident = incident_of(log, machine)
        assert "exec-type" not in kinds(incident)
        assert "argument of a shell" in " ".join(one.why for one in incident.finding.ruled_out)

    def test_other_services_have_none(self, machine: Host) -> None:
        assert configured_scripts("httpd", machine) == ()


@pytest.mark.parametrize(
    ("comm", "name", "cause"), [("sh", "free_space.sh", "script-type"), ("sh", "index.html", ""), ("app", "a.sh", "")]
)
def test_a_script_that_its_interpreter_may_not_read_needs_a_label_for_programs(
    system: Host, comm: str, name: str, cause: str
) -> None:
    log = denied("logrotate_t", "httpd_sys_content_t", "file", "read", comm=comm, name=name, dev="dm-0", ino=5)
    incident = diagnosed(log, system)
    assert (incident.finding.cause == "script-type") is bool(cause)
    assert (kinds(incident)[0] == "exec-type") is bool(cause)


def test_a_script_s_new_label_is_asked_for_reading_it(system: Host) -> None:
    log = denied("logrotate_t", "httpd_sys_content_t", "file", "read", comm="sh", name="a.sh", dev="dm-0", ino=5)
    assert diagnosed(log, system).remedies[0].simulation.after in ("allowed", "unknown")
