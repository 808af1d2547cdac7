"""A plan in every format: complete, safe to show, and accepted by the tools that will read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from avcdoctor.actions.posix import shell_word
from avcdoctor.model import Remedy, Simulation
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.errors import EmptyPlanError
from avcdoctor.plan.model import Plan
from avcdoctor.render import PLAN_FORMATS, How, ansible, plan_text, plans, shell
from avcdoctor.render.plan_text import command_lines
from tests.apply.reports import (
    act,
    boolean_incident,
    group,
    holding,
    incident,
    label_incident,
    port_incident,
    remedy,
    report,
    script_incident,
)

OUR_HOSTS = "  hosts: '{{ avcdoctor_hosts | default(''localhost'') }}'"
HOSTILE = "/srv/a b\n'\";$(touch /tmp/owned)`id`\x1b[31m{{ lookup('pipe', 'id') }}%s\udcff.sh"
MODULE = act("module-install", name="avcdoctor_web", cil="(allow httpd_t etc_t (file (read)))\n")


def everything() -> Plan:
    """A plan with every action there is."""
    actions = [
        MODULE,
        act("module-remove", name="avcdoctor_old"),
        act("fcontext-equal-add", path="/srv/web", like="/var/www"),
        act("fcontext-delete", pattern="/srv/old", file_type="a"),
        act("port-modify", protocol="tcp", low=8443, high=8450, type="http_port_t"),
        act("port-delete", protocol="udp", low=99, high=99),
        act("file-move", path="/etc/a.sh", to="/usr/libexec/a.sh"),
        act("text-replace", path="/etc/a.conf", old="/etc/a.sh", new="/usr/libexec/a.sh"),
        act("chown", path="/srv/web", owner="root", group="www-data"),
        act("chmod", path="/srv/web", mode="0750"),
        act("chcon-level", path="/srv/web", level="s0", recursive=True),
        act("service-restart", unit="httpd.service"),
        act("manual", text="tell the\nteam"),
    ]
    plan = make_plan(report(script_incident(), label_incident(), boolean_incident(), port_incident()))
    whole = holding(plan, *actions)
    return replace(whole, steps=(*whole.steps[:-1], replace(whole.steps[-1], grants=("read etc_t files",))))


def test_the_text_shows_changes_grants_commands_and_undo() -> None:
    shown = plan_text.of_plan(everything(), How(140))
    for words in (
        "plan for 5 incidents, 18 actions",
        "+ file context /etc/keepalived/check\\.sh (regular file)   keepalived_unconfined_script_exec_t",
        "~ boolean      httpd_can_network_connect_db   on",
        "+ port         tcp 8099   http_port_t",
        "+ module       avcdoctor_web   allow httpd_t etc_t:file { read };",
        "- module       avcdoctor_old",
        "read etc_t files",
        "ends 15 of 15 denials; denied before, allowed after; asked test policy",
        "semanage fcontext -a -f f -t keepalived_unconfined_script_exec_t '/etc/keepalived/check\\.sh'",
        "setsebool -P httpd_can_network_connect_db off",
        "# tell the\\nteam",
        "avcdoctor undo",
    ):
        assert words in shown


@pytest.mark.parametrize("form", PLAN_FORMATS)
def test_hostile_names_never_show_as_control_characters(form: str) -> None:
    shown = plans.render(make_plan(report(script_incident(HOSTILE), label_incident(HOSTILE))), form)
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\udc80-\udcff]", shown) is None
    assert shown.encode("utf-8")


def test_ansible_never_evaluates_a_name() -> None:
    text = ansible.playbook(make_plan(report(script_incident(HOSTILE), label_incident(HOSTILE))))
    for line in text.splitlines():
        if "{{" in line and not line.startswith("#") and line != OUR_HOSTS:
            assert "!unsafe" in line


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def test_the_playbook_carries_the_role_variables_exactly() -> None:
    play = yaml.load(ansible.playbook(everything()), _Loader)[0]  # noqa: S506 - a subclass of the safe loader
    role = next(task for task in play["tasks"] if "ansible.builtin.include_role" in task)
    assert role["vars"]["selinux_booleans"] == [
        {"name": "httpd_can_network_connect_db", "state": True, "persistent": True}
    ]
    assert {"ports": "8099", "proto": "tcp", "state": "present", "setype": "http_port_t"} in role["vars"][
        "selinux_ports"
    ]
    assert {"path": "avcdoctor_web.cil", "priority": 400, "state": "enabled"} in role["vars"]["selinux_modules"]
    assert "/etc/keepalived/check.sh" in role["vars"]["selinux_restore_dirs"]
    assert role["vars"]["selinux_fcontexts"][0]["target"] == "/etc/keepalived/check\\.sh"
    assert list(ansible.files(everything())) == ["avcdoctor_web.cil"]
    hostile = yaml.load(ansible.playbook(make_plan(report(label_incident(HOSTILE)))), _Loader)  # noqa: S506 - as above
    shown = hostile[0]["tasks"][0]["vars"]["selinux_restore_dirs"][0]
    assert shown == HOSTILE


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not installed")
@pytest.mark.parametrize("plan", [everything(), make_plan(report(script_incident(HOSTILE)))], ids=["all", "hostile"])
def test_scripts_pass_shellcheck(tmp_path: Path, plan: Plan) -> None:
    script = tmp_path / "fix.sh"
    script.write_text(shell.script(plan))
    done = subprocess.run(["shellcheck", "-s", "sh", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_scripts_refuse_before_the_first_change_when_a_check_fails(tmp_path: Path) -> None:
    script = tmp_path / "fix.sh"
    script.write_text(shell.script(everything()))
    tools = tmp_path / "bin"
    tools.mkdir()
    log = tmp_path / "log"
    for name in ("semanage", "semodule", "setsebool", "restorecon", "mv", "chown", "chmod", "chcon", "systemctl"):
        (tools / name).write_text(f'#!/bin/sh\necho "{name}" >> {log}\n')
        (tools / name).chmod(0o755)
    (tools / "selinuxenabled").symlink_to("/bin/false")
    done = subprocess.run(
        ["/bin/sh", str(script)], env={"PATH": f"{tools}:/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() in ("SELinux is not enabled here", "run this as root")
    assert not log.exists()


paths = st.binary(min_size=1, max_size=30).map(
    lambda tail: tail.replace(b"\0", b"0").decode("utf-8", "surrogateescape")
)


@settings(max_examples=60, deadline=None)
@given(paths)
def test_a_shell_reads_each_word_as_it_was(word: str) -> None:
    data = word.encode("utf-8", "surrogateescape")
    for interpreter in ("/bin/sh", "/bin/bash"):
        if Path(interpreter).exists():
            line = f"printf '%s|' {shell_word(word)}"
            done = subprocess.run([interpreter, "-c", line], capture_output=True, check=True)
            assert done.stdout == data + b"|"
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f\udc80-\udcff]", shell_word(word)) is None


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ansible-lint"), reason="ansible-lint is not installed")
def test_playbooks_pass_ansible_lint(tmp_path: Path) -> None:
    plan = everything()
    (tmp_path / "fix.yml").write_text(ansible.playbook(plan))
    for name, text in ansible.files(plan).items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["ansible-lint", "--offline", "-q", "fix.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


ADVICE = ("setenforce 0", "please disable SELinux", "SELINUX=permissive", "semanage permissive -a httpd_t")


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ADVICE), st.sampled_from(("title", "grants", "notes", "manual", "why", "te")))
def test_no_format_ever_tells_to_switch_selinux_off(advice: str, place: str) -> None:
    actions = [
        act(
            "module-install",
            name="avcdoctor_web",
            cil="(allow httpd_t etc_t (file (read)))",
            te=advice if place == "te" else "x",
        ),
        act("manual", text=advice if place == "manual" else "ask somebody"),
    ]
    simulation = Simulation("denied", "unknown", advice if place == "why" else "")
    one = Remedy(
        "module", advice if place == "title" else "t", "review", True, 1, simulation,
        (advice if place == "grants" else "",), tuple(actions), (), (advice if place == "notes" else "",),
    )  # fmt: skip
    plan = make_plan(report(incident("i", (group("httpd_t", "etc_t", "file", ("read",)),), (one,))), allow_modules=True)
    for form in PLAN_FORMATS:
        shown = plans.render(plan, form)
        assert advice not in shown
        assert not re.search(r"setenforce|permissive", shown)


@pytest.mark.parametrize("form", PLAN_FORMATS)
def test_a_comment_in_a_module_can_not_tell_to_switch_selinux_off(form: str) -> None:
    cil = "(allow httpd_t etc_t (file (read))) ; setenforce 0\n"
    module = remedy("module", (act("module-install", name="avcdoctor_web", cil=cil),))
    plan = make_plan(
        report(incident("web", (group("httpd_t", "etc_t", "file", ("read",)),), (module,))), allow_modules=True
    )
    shown = plans.render(plan, form)
    assert "setenforce" not in shown
    assert "withheld" in shown


@pytest.mark.parametrize("width", [60, 80, 140])
def test_nothing_but_a_long_word_is_wider_than_the_terminal(width: int) -> None:
    for line in plan_text.of_plan(everything(), How(width)).splitlines():
        assert len(line) <= width or " " not in line.strip().removesuffix(" \\"), line


def test_a_command_on_two_lines_is_still_one_command() -> None:
    argv = ("semanage", "fcontext", "-a", "-t", "keepalived_unconfined_script_exec_t", "/etc/it's here/check\\.sh")
    for width in (20, 40, 200):
        line = "\n".join(command_lines(argv, width))
        done = subprocess.run(["sh", "-c", f"printf '%s|' {line}"], capture_output=True, text=True, check=True)
        assert tuple(done.stdout.split("|")[:-1]) == argv


def test_what_is_left_out_says_why_and_what_could_be_chosen() -> None:
    story = incident("web", (group("httpd_t", "etc_t", "file", ("read",)),), (remedy("module", (MODULE,)),))
    shown = plan_text.of_plan(make_plan(report(story, label_incident())), How())
    assert "title of web: its first remedy is not taken unasked" in shown
    assert "choose: --incident web --remedy 1 or --allow-modules" in shown
    with pytest.raises(EmptyPlanError) as caught:
        make_plan(report(story))
    alone = plans.left_out_text(caught.value.skipped, 80)
    assert "choose: --incident web --remedy 1" in alone
    assert all(len(line) <= 80 for line in alone.splitlines())


def test_many_are_put_together_by_reason() -> None:
    groups = (group("httpd_t", "etc_t", "file", ("read",)),)
    by_hand = [incident(f"hand{number:04}", groups, (remedy("app-fix", (act("manual", text="x"),), "manual"),))
               for number in range(60)]  # fmt: skip
    fixed = [replace(label_incident(f"/srv/{number}"), id=f"fix{number}") for number in range(9)]
    lines = plan_text.of_plan(make_plan(report(*by_hand, *fixed)), How(80)).splitlines()
    assert "    60 incidents: its first remedy is a step for a person" in lines
    assert len([line for line in lines if "remedy restorecon" in line]) == 9
    assert all(len(line) <= 80 for line in lines)
    assert len(lines) < 60
