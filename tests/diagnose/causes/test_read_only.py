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
