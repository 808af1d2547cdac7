"""Writable memory that is to be executable: an option or a better build before any rule."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, remedy_of, words_of


def test_execmem_has_an_option_for_the_service(system: Host) -> None:
    incident = diagnosed(denied("httpd_t", "httpd_t", "process", "execmem", comm="php-fpm"), system)
    assert incident.finding.cause == "memory-protection"
    assert kinds(incident)[0] == "boolean"
    assert remedy_of(incident, "boolean").actions[0].parameters == {"name": "httpd_execmem", "value": "on"}
    assert incident.finding.warnings


def test_where_there_is_none_the_program_is_mended_first(system: Host) -> None:
    incident = diagnosed(denied("redis_t", "redis_t", "process", "execstack", comm="redis-server"), system)
    assert kinds(incident)[0] == "app-fix"
    assert "execstack -c" in words_of(incident)


def test_a_library_that_changes_its_own_code(system: Host) -> None:
    log = denied("redis_t", "lib_t", "file", "execmod", comm="redis-server", path="/usr/lib/libodd.so.1")
    incident = diagnosed(log, system)
    assert incident.finding.cause == "text-relocation"
    assert {"fcontext", "app-fix"} & set(kinds(incident)[:1])
    assert "module" not in kinds(incident)[:1]


@pytest.mark.parametrize(("tclass", "permissions"), [("process", "setsched"), ("process", "fork")])
def test_other_wishes_of_a_process_are_no_matter_of_memory(system: Host, tclass: str, permissions: str) -> None:
    assert diagnosed(denied("named_t", "sshd_t", tclass, permissions), system).finding.cause != "memory-protection"
