"""A plan from a stranger, and a history from a stranger's image, open no protected object."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest

from avcdoctor.actions.change import Change
from avcdoctor.apply.apply import apply
from avcdoctor.apply.preflight import failures, preflight
from avcdoctor.apply.transaction import Transaction
from avcdoctor.apply.undo import undo
from avcdoctor.errors import PreflightError
from avcdoctor.model import Action
from avcdoctor.plan.file import from_document, to_json
from avcdoctor.plan.model import Plan
from tests.apply.machines import TestMachine, fake, label, make_file, make_machine, needs_labels, snapshot
from tests.apply.reports import act, kind_of, plan_of
from tests.privileges import needs_root

pytestmark = needs_root
SHADOW = "system_u:object_r:shadow_t:s0"
WEB = "httpd_sys_content_t"


@pytest.fixture
def machine(tmp_path: Path) -> TestMachine:
    needs_labels(tmp_path)
    made = make_machine(tmp_path / "root")
    made.root.chmod(0o755)
    make_file(made.root, "/etc/shadow", SHADOW, "root:*:", 0o640)
    make_file(made.root, "/etc/passwd", "system_u:object_r:passwd_file_t:s0", "root:x:0:0::/:/bin/sh\n")
    make_file(made.root, "/etc/group", "system_u:object_r:passwd_file_t:s0", "root:x:0:\n")
    make_file(made.root, "/srv/www/page", "system_u:object_r:user_home_t:s0")
    return made


def rule(words: str) -> Action:
    return act("module-install", name="avcdoctor_x", cil=words)


FORGED: Dict[str, Action] = {
    "a module for shadow_t": rule("(allow httpd_t shadow_t (file (getattr open read)))"),
    "a module that writes it": rule("(allow httpd_t shadow_t (file (write)))"),
    "a rule for the policy store": rule("(allow httpd_t semanage_store_t (file (write)))"),
    "a label for shadow": act("fcontext-add", pattern="/etc/shadow", type=WEB, file_type="f"),
    "a label for what may be shadow": act("fcontext-add", pattern="/etc/shado.", type=WEB, file_type="f"),
    "a label for all of /etc": act("fcontext-add", pattern="/etc(/.*)?", type=WEB, file_type="a"),
    "an equivalence": act("fcontext-equal-add", path="/etc", like="/var/www"),
    "a mode for shadow": act("chmod", path="/etc/shadow", mode="0660"),
    "another group for shadow": act("chown", path="/etc/shadow", owner="root", group="root"),
    "shadow somewhere else": act("file-move", path="/etc/shadow", to="/srv/www/shadow"),
}


def read_back(action: Action) -> Plan:
    """A plan with the action as its only step, forged to look justified, as `apply` reads it."""
    plan = plan_of(action)
    step = replace(
        plan.steps[0], kind=kind_of(action), title="put the label back", applicability="review",
        groups=(("kernel", "httpd_t", "shadow_t", "file"),),
    )  # fmt: skip
    document: Any = json.loads(to_json(replace(plan, steps=(step,))))
    return from_document(document)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_plan_opens_nothing(machine: TestMachine, name: str) -> None:
    plan = read_back(FORGED[name])
    before = snapshot(machine.root)
    assert "protected" in {check.name for check in failures(preflight(plan, machine))}
    with pytest.raises(PreflightError, match="nothing was changed"):
        apply(plan, machine)
    assert (snapshot(machine.root), fake(machine).content()) == (before, {})


NEAR: Dict[str, Action] = {
    "a module for content": rule("(allow httpd_t user_home_t (file (getattr open read)))"),
    "a label for content": act("fcontext-add", pattern="/srv/www(/.*)?", type=WEB, file_type="a"),
    "a page put right": act("restorecon", path="/srv/www/page", recursive=False),
    "shadow put right": act("restorecon", path="/etc/shadow", recursive=False),
}


@pytest.mark.parametrize("name", NEAR)
def test_an_ordinary_plan_is_not_stopped(machine: TestMachine, name: str) -> None:
    failed = failures(preflight(read_back(NEAR[name]), machine))
    assert [check.name for check in failed if check.name == "protected"] == []


def test_an_images_history_takes_no_label_from_shadow(machine: TestMachine) -> None:
    place = machine.root / "etc/shadow"
    change = Change("label", ("/etc/shadow",), f"system_u:object_r:{WEB}:s0", SHADOW, place.stat().st_ino)
    machine.history.save(Transaction(1, "applied", 1, 2, root=str(machine.root), changes=(change,)))
    with pytest.raises(PreflightError, match="asks for what no plan may"):
        undo(machine)
    assert label(place) == SHADOW
