"""Commands are argument lists made from checked parameters."""

from __future__ import annotations

import pytest

from avcdoctor.errors import PlanError
from avcdoctor.model import ACTIONS, Action
from avcdoctor.remedies.commands import canonical, inverse
from tests.apply.reports import act

GOOD = {
    "fcontext-add": act("fcontext-add", pattern="/srv/www(/.*)?", type="httpd_sys_content_t", file_type="a"),
    "fcontext-modify": act("fcontext-modify", pattern="/srv/www(/.*)?", type="httpd_sys_content_t", file_type="a"),
    "fcontext-delete": act("fcontext-delete", pattern="/srv/www(/.*)?", file_type="a"),
    "fcontext-equal-add": act("fcontext-equal-add", path="/srv/www", like="/var/www"),
    "fcontext-equal-delete": act("fcontext-equal-delete", path="/srv/www"),
    "restorecon": act("restorecon", path="/srv/www", recursive=True),
    "boolean-set": act("boolean-set", name="httpd_can_network_connect", value=True),
    "port-add": act("port-add", protocol="tcp", low=8099, high=8100, type="http_port_t"),
    "port-modify": act("port-modify", protocol="udp", low=53, high=53, type="dns_port_t"),
    "port-delete": act("port-delete", protocol="tcp", low=8099, high=8099),
    "module-install": act("module-install", name="avcdoctor_x", cil="(allow a_t b_t (file (read)))"),
    "module-remove": act("module-remove", name="avcdoctor_x"),
    "file-move": act("file-move", path="/etc/a", to="/usr/libexec/a"),
    "text-replace": act("text-replace", path="/etc/a.conf", old="/etc/a", new="/usr/libexec/a"),
    "chown": act("chown", path="/srv/a", owner="root", group="www-data"),
    "chmod": act("chmod", path="/srv/a", mode="0750"),
    "chcon-level": act("chcon-level", path="/srv/a", level="s0:c1,c2", recursive=False),
    "service-restart": act("service-restart", unit="keepalived.service"),
    "manual": act("manual", text="look at it"),
}


def test_every_action_has_a_command() -> None:
    assert set(GOOD) == set(ACTIONS)


@pytest.mark.parametrize("do", sorted(GOOD))
def test_commands(do: str) -> None:
    argv = canonical(GOOD[do]).argv
    assert bool(argv) == (do not in ("manual", "text-replace"))
    assert all(isinstance(word, str) for word in argv)
    assert canonical(canonical(GOOD[do])) == canonical(GOOD[do])


def test_words_of_some_commands() -> None:
    assert canonical(GOOD["port-add"]).argv == ("semanage", "port", "-a", "-t", "http_port_t", "-p", "tcp", "8099-8100")
    assert canonical(GOOD["boolean-set"]).argv == ("setsebool", "-P", "httpd_can_network_connect", "on")
    assert canonical(GOOD["fcontext-equal-add"]).argv == ("semanage", "fcontext", "-a", "-e", "/var/www", "/srv/www")
    assert canonical(GOOD["chown"]).argv == ("chown", "-h", "--", "root:www-data", "/srv/a")


def test_inverses() -> None:
    assert [step.argv for step in inverse(canonical(GOOD["boolean-set"]))] == [
        ("setsebool", "-P", "httpd_can_network_connect", "off")
    ]
    assert [step.argv for step in inverse(canonical(GOOD["module-install"]))] == [
        ("semodule", "-X", "400", "-r", "avcdoctor_x")
    ]
    assert inverse(canonical(GOOD["chmod"])) == ()


BAD = [
    Action("setenforce", (), {"value": 0}),
    act("restorecon", path="/a"),
    act("restorecon", path="/a", recursive=True, force=True),
    act("restorecon", path="relative", recursive=False),
    act("restorecon", path="/a/../etc/shadow", recursive=False),
    act("restorecon", path="/a\0b", recursive=False),
    act("restorecon", path="/a", recursive=1),
    act("restorecon", path="/a", recursive=False, type="etc_t; reboot"),
    act("fcontext-add", pattern="srv", type="etc_t", file_type="a"),
    act("fcontext-add", pattern="/srv/a b", type="etc_t", file_type="a"),
    act("fcontext-add", pattern="/srv\nx", type="etc_t", file_type="a"),
    act("fcontext-add", pattern="/srv/(", type="etc_t", file_type="a"),
    act("fcontext-add", pattern="/srv", type="-etc_t", file_type="a"),
    act("fcontext-add", pattern="/srv", type="etc_t", file_type="ab"),
    act("fcontext-equal-add", path="/srv/a b", like="/var/www"),
    act("fcontext-equal-add", path="/srv/a/", like="/var/www"),
    act("boolean-set", name="--help", value=True),
    act("boolean-set", name="x", value="maybe"),
    act("boolean-set", name="x", value=2),
    act("port-add", protocol="icmp", low=1, high=1, type="x_port_t"),
    act("port-add", protocol="tcp", low=0, high=1, type="x_port_t"),
    act("port-add", protocol="tcp", low=9, high=8, type="x_port_t"),
    act("port-add", protocol="tcp", low=1, high=70000, type="x_port_t"),
    act("port-add", protocol="tcp", low="1", high="1", type="x_port_t"),
    act("port-add", protocol="tcp", low=True, high=True, type="x_port_t"),
    act("module-install", name="openvpn", cil="(allow a_t b_t (file (read)))"),
    act("module-install", name="avcdoctor_x", cil="(typepermissive httpd_t)"),
    act("module-remove", name="base"),
    act("chown", path="/a", owner="-R", group="root"),
    act("chmod", path="/a", mode="4755"),
    act("chmod", path="/a", mode="u+s"),
    act("chcon-level", path="/a", level="s0 --reference=/etc/shadow", recursive=False),
    act("service-restart", unit="--now"),
    act("service-restart", unit="a b"),
]


@pytest.mark.parametrize("action", BAD, ids=lambda action: f"{action.do}-{sorted(action.parameters.items())}"[:60])
def test_bad_parameters_are_refused(action: Action) -> None:
    with pytest.raises(PlanError):
        canonical(action)
