"""Which remedies of other causes stand behind the leading one's."""

from __future__ import annotations

from avcdoctor.host import Host
from tests.denials import denied, incident_of, kinds

UPLOADS = denied("httpd_t", "httpd_sys_content_t", "dir", "write", comm="php-fpm", path="/var/www/html/uploads2")


def test_a_boolean_that_is_warned_of_is_not_offered(system: Host) -> None:
    incident = incident_of(UPLOADS, system)
    assert any("httpd_unified" in words for words in incident.finding.never)
    assert "boolean" not in kinds(incident)


def test_no_newer_policy_is_promised_for_what_is_wrong_on_the_machine(system: Host) -> None:
    incident = incident_of(UPLOADS, system)
    assert incident.finding.cause == "content-read-only"
    assert kinds(incident)[0] == "fcontext"
    assert "policy-update" not in kinds(incident)
