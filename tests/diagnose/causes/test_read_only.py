"""Content labelled for reading that the service has to change: its sibling type, for that directory alone."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds, remedy_of

UPLOADS = denied("httpd_t", "httpd_sys_content_t", "dir", "write", comm="php-fpm", path="/srv/shop/uploads")


def test_the_sibling_for_changed_content_is_offered(system: Host) -> None:
    incident = diagnosed(UPLOADS, system)
    assert incident.finding.cause == "content-read-only"
    assert kinds(incident)[0] == "fcontext"
    assert remedy_of(incident, "fcontext").actions[0].parameters["type"] == "httpd_sys_rw_content_t"
    assert "module" not in kinds(incident)


def test_it_is_known_without_a_policy(no_policy: Host) -> None:
    log = denied("tftpd_t", "tftpdir_t", "dir", "write", comm="in.tftpd", name="incoming", dev="dm-0", ino=7)
    assert diagnosed(log, no_policy).finding.cause == "content-read-only"


@pytest.mark.parametrize(
    "log",
    [
        denied("httpd_t", "httpd_sys_content_t", "file", "execute", comm="httpd", path="/srv/shop/run"),
        denied("redis_t", "httpd_sys_content_t", "dir", "write", comm="redis-server", path="/var/www/html"),
        denied("httpd_t", "httpd_config_t", "dir", "write", comm="httpd", path="/etc/httpd/conf"),
    ],
    ids=["only run", "another service", "a type without a sibling"],
)
def test_near_misses(system: Host, log: str) -> None:
    assert diagnosed(log, system).finding.cause != "content-read-only"


def test_what_a_service_changes_among_its_configuration_belongs_to_its_state(system: Host) -> None:
    log = denied("mysqld_t", "mysqld_etc_t", "dir", "write", comm="mysqld", name="shards", dev="dm-0", ino=7)
    incident = diagnosed(log, system)
    assert incident.finding.cause == "content-read-only"
    assert kinds(incident)[:2] == ["fcontext", "move"]
    assert "module" not in kinds(incident)
    assert "/var/lib/mysql" in incident.finding.why


@pytest.mark.parametrize(("tclass", "permissions", "name"), [("dir", "write", "mysql"), ("file", "append", "my.cnf")])
def test_its_configuration_itself_is_not_moved_away(system: Host, tclass: str, permissions: str, name: str) -> None:
    log = denied("mysqld_t", "mysqld_etc_t", tclass, permissions, comm="mysqld", name=name, dev="dm-0", ino=7)
    assert "move" not in kinds(diagnosed(log, system))
