"""What a service's own configuration tells without any log."""

import pytest

from avcdoctor.host import open_host
from avcdoctor.triage import judge
from avcdoctor.triage.configuration import complaints


def told(tmp_path, service, place, text):
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(text)
    return complaints(open_host(root=str(tmp_path)), service)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('vrrp_script a {\n script "/srv/gone.sh 5"\n}\n', "KEEPALIVED506"),
        ('vrrp_script a {\n script "/srv/gone.sh"\n}\n', "KEEPALIVED501"),
        ("global_defs {\n enable_script_security\n}\n", None),
        ('! script "/srv/gone.sh"\n', None),
    ],
)
def test_keepalived(tmp_path, text, rule):
    rules = {one.rule for one in judge(told(tmp_path, "keepalived", "etc/keepalived/keepalived.conf", text)).incidents}
    assert (rule in rules) if rule else not rules


def test_haproxys_chroot(tmp_path):
    assert b"Cannot chroot(/run/empty)" in told(
        tmp_path, "haproxy.service", "etc/haproxy/haproxy.cfg", "global\n chroot /run/empty\n"
    )
    (tmp_path / "run/empty").mkdir(parents=True)
    assert complaints(open_host(root=str(tmp_path)), "haproxy") == b""


def test_a_service_that_is_not_known(tmp_path):
    assert complaints(open_host(root=str(tmp_path)), "nginx") == b""
