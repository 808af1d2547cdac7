from pathlib import Path

from avcdoctor import api
from avcdoctor.host import Host
from tests.denials import denied, diagnosed, kinds

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_what_should_stay_denied_comes_first_then_the_biggest():
    stories = ("web-content-moved", "keep-denied", "keepalived")
    logs = [str(SAMPLES / name / "audit.log") for name in stories]
    incidents = api.explain(logs, policy="reference").incidents
    assert [incident.denials for incident in incidents] == [4, 40, 15]
    assert incidents[0].remedies[0].kind == "keep-denied"


def test_no_newer_policy_is_asked_for_where_a_checked_option_does_it(system: Host) -> None:
    log = denied("httpd_t", "mysqld_port_t", "tcp_socket", "name_connect", comm="php-fpm", dest=3306)
    incident = diagnosed(log, system)
    assert kinds(incident)[0] == "boolean"
    assert "policy-update" not in kinds(incident)
    gap = denied("redis_t", "http_port_t", "tcp_socket", "name_connect", comm="redis-server", dest=80)
    assert "policy-update" in kinds(diagnosed(gap, system))
