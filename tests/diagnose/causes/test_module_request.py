"""Kernel modules that a request would load: the machine's business, not the service's."""

from __future__ import annotations

import pytest

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


def test_a_module_s_file_with_a_label_it_brought_along_is_relabelled(system: Host) -> None:
    path = "/usr/lib/modules/6.1.0/extra/card.ko"
    log = denied("kernel_t", "user_home_t", "system", "module_load", comm="modprobe", path=path)
    incident = diagnosed(log, system)
    assert incident.finding.cause == "wrong-label"
    assert kinds(incident)[0] == "restorecon"
    assert incident.remedies[0].actions[0].argv == ("restorecon", "-v", path)


def test_a_module_that_lies_elsewhere_is_moved(system: Host) -> None:
    log = denied("kernel_t", "admin_home_t", "system", "module_load", comm="insmod", path="/root/card.ko")
    assert kinds(diagnosed(log, system)) == ["move"]


def test_a_network_service_that_loads_a_module_stays_a_danger(system: Host) -> None:
    log = denied("httpd_t", "user_home_t", "system", "module_load", comm="insmod", path="/var/www/card.ko")
    assert kinds(diagnosed(log, system)) == ["keep-denied"]


def test_a_name_of_an_interface_is_one_that_is_missing(system: Host) -> None:
    log = denied("redis_t", "kernel_t", "system", "module_request", comm="redis-server", kmod="netdev-usb0")
    incident = diagnosed(log, system)
    assert "network interface usb0" in incident.finding.title
    assert kinds(incident)[0] == "dontaudit"
    assert "/etc/modules-load.d/" not in words_of(incident)


@pytest.mark.parametrize(("source", "cause"), [("app_t", "module-request"), ("passt_t", "already-allowed")])
def test_what_an_option_allows_here_may_be_off_where_the_log_is_from(options: Host, source: str, cause: str) -> None:
    log = denied(source, "system_u:system_r:kernel_t:s0", "system", "module_request", comm="app", kmod="net-pf-10")
    assert diagnosed(log, options).finding.cause == cause
