"""Commands are argument lists made from checked parameters."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.util import find_spec
from typing import Dict, Optional

import pytest

from avcdoctor import actions
from avcdoctor.actions.registry import canonical, kinds, of_command, undo, unforeseen
from avcdoctor.errors import PlanError
from avcdoctor.model import Action
from tests.apply.reports import act


def offered() -> Dict[str, Action]:
    """The examples that the tests of single actions bring, as `EXAMPLES`: by the action's name."""
    found: Dict[str, Action] = {}
    for module in pkgutil.iter_modules(actions.__path__):
        test = f"tests.actions.test_{module.name}"
        if module.name != "registry" and find_spec(test):
            found.update(getattr(import_module(test), "EXAMPLES", {}))
    return found


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
    "chcon-type": act("chcon-type", path="/srv/a", type="etc_t"),
    "chcon-level": act("chcon-level", path="/srv/a", level="s0:c1,c2", recursive=False),
    "service-restart": act("service-restart", unit="keepalived.service"),
    "manual": act("manual", text="look at it"),
    **offered(),
}


def test_every_action_has_a_command() -> None:
    assert set(GOOD) == set(kinds())


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


@pytest.mark.parametrize("do", sorted(GOOD))
def test_a_command_is_read_as_the_action_that_writes_it(do: str) -> None:
    action = canonical(GOOD[do])
    found = of_command(action.argv)
    assert found == (action if do in ("restorecon", "boolean-set", "chown", "chmod") else None)


@pytest.mark.parametrize(
    ("command", "do"),
    [
        ("restorecon -v /srv/a", "restorecon"),
        ("restorecon -nv /srv/a", None),
        ("restorecon -v PATH", None),
        ("restorecon -v /srv/../etc/shadow", None),
        ("setsebool -P daemons_dump_core 1", "boolean-set"),
        ("setsebool daemons_dump_core 1", None),
        ("setsebool -P daemons_dump_core maybe", None),
        ("chown root:root -- /srv/a", "chown"),
        ("chown root -- /srv/a", None),
        ("chown -R root:root -- /srv/a", None),
        ("chown root: -- /srv/a", None),
        ("chmod 0640 -- /srv/a", "chmod"),
        ("chmod go-w -- /srv/a", None),
        ("chmod 4755 -- /srv/a", None),
        ("chmod 0640 /srv/a /srv/b", None),
        ("rm -rf /", None),
        ("", None),
    ],
)
def test_commands_that_are_read(command: str, do: Optional[str]) -> None:
    found = of_command(command.split())
    assert (found.do if found else None) == do


def test_inverses() -> None:
    assert [step.argv for step in undo([GOOD["boolean-set"]])] == [
        ("setsebool", "-P", "httpd_can_network_connect", "off")
    ]
    assert [step.argv for step in undo([GOOD["module-install"]])] == [("semodule", "-X", "400", "-r", "avcdoctor_x")]
    assert undo([GOOD["chmod"]]) == ()


WAYS_BACK = {
    "chmod": act("chmod", path="/srv/a", mode="0750", was="0700"),
    "chown": act("chown", path="/srv/a", owner="app", group="root", was="app:app"),
    "chcon-level": act("chcon-level", path="/srv/a", level="s0", recursive=True, was="s0:c1,c2"),
    "restorecon": act("restorecon", path="/srv/a", recursive=False, type="etc_t", was="user_home_t"),
    "port-modify": act("port-modify", protocol="tcp", low=1, high=2, type="a_port_t", was="b_port_t"),
    "fcontext-modify": act("fcontext-modify", pattern="/srv/a", type="a_t", file_type="f", was="b_t"),
    "boolean-set": GOOD["boolean-set"],
    "file-move": GOOD["file-move"],
    "text-replace": GOOD["text-replace"],
}


@pytest.mark.parametrize("do", sorted(WAYS_BACK))
def test_what_is_known_to_have_been_comes_back(do: str) -> None:
    """Taken back twice, an action is itself again, but for what only the way there knew."""
    back = undo([WAYS_BACK[do]])
    assert len(back) == 1
    again = undo(back)
    if do == "restorecon":
        assert (back[0].argv, again) == (("chcon", "-t", "user_home_t", "--", "/srv/a"), ())
    else:
        assert again == (canonical(WAYS_BACK[do]),)


def test_labels_come_back_after_the_rules_and_where_the_file_then_is() -> None:
    moved = [GOOD["file-move"], act("restorecon", path="/usr/libexec/a", recursive=False, was="etc_t")]
    assert [one.argv for one in undo(moved)] == [
        ("mv", "-nT", "--", "/usr/libexec/a", "/etc/a"),
        ("restorecon", "-v", "/etc/a"),
    ]
    ruled = [GOOD["fcontext-add"], GOOD["restorecon"], GOOD["boolean-set"]]
    assert [one.do for one in undo(ruled)] == ["boolean-set", "fcontext-delete", "restorecon"]


@pytest.mark.parametrize("do", sorted(GOOD))
def test_what_only_takes_back_is_foreseen_by_no_remedy(do: str) -> None:
    taken_back = {back.do for one in GOOD.values() for back in undo([one])} | {"chcon-type"}
    only_back = do in taken_back and not kinds()[do].foreseen
    assert only_back == do.endswith(("-delete", "-remove", "chcon-type"))


def test_an_edit_goes_with_its_move_and_a_restart_with_its_edit() -> None:
    move, edit = GOOD["file-move"], act("text-replace", path="/etc/web/a.conf", old="/etc/a", new="/usr/libexec/a")
    restart = act("service-restart", unit="web.service")
    assert unforeseen("move", [move, edit, restart]) == ""
    assert "although no file is moved" in unforeseen("move", [edit, restart])
    assert "although no file is moved" in unforeseen(
        "move", [move, act(**{**edit.parameters, "do": edit.do, "new": "/bin/sh"})]
    )
    assert "no configuration of it is edited" in unforeseen("move", [move, edit, act("service-restart", unit="auditd")])
    assert "never holds chmod" in unforeseen("restorecon", [GOOD["chmod"]])


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
