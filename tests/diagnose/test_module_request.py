"""Kernel modules that a request would load: the machine's business, not the service's."""

from __future__ import annotations

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, words_of


def test_the_machine_loads_the_module_not_the_service(system: Host) -> None:
    log = denied("redis_t", "kernel_t", "system", "module_request", comm="redis-server", kmod="net-pf-10")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "module-request"
    assert kinds(incident)[0] == "app-fix"
    assert "module" not in kinds(incident)
    assert "/etc/modules-load.d/" in words_of(incident)
    assert "net-pf-10" in incident.finding.title


def test_a_module_s_name_from_the_log_is_no_shell(system: Host) -> None:
    log = denied("redis_t", "kernel_t", "system", "module_request", comm="x", kmod="a;reboot")
    words = words_of(diagnosed(log, system))
    assert "`modprobe a;reboot`" not in words


def test_another_question_to_the_kernel_is_not_that(system: Host) -> None:
    log = denied("redis_t", "kernel_t", "system", "syslog_read", comm="redis-server")
    assert diagnosed(log, system).finding.cause != "module-request"
