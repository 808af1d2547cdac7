"""Applying and undoing plans on a machine of files, history and a store that is one JSON file."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, List

import jsonschema
import pytest

import avcdoctor.apply
from avcdoctor.apply import apply as applying
from avcdoctor.apply import writing
from avcdoctor.apply.apply import apply
from avcdoctor.apply.preflight import failures, preflight
from avcdoctor.apply.transaction import to_document
from avcdoctor.apply.undo import plan_undo, standing, state_of, undo, undone_by
from avcdoctor.errors import ApplyError, BusyError, ConflictError, HistoryError, PreflightError, RollbackError
from avcdoctor.host.items import Edit, Item
from avcdoctor.model import Incident
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.model import Plan
from avcdoctor.plan.preconditions import survey
from tests.apply.machines import TestMachine, fake, label, make_file, make_machine, needs_labels, snapshot
from tests.apply.reports import act, group, incident, kind_of, plan_of, remedy, report, script_incident, unasked
from tests.apply.reports import boolean_incident as full_boolean_incident
from tests.apply.reports import port_incident as full_port_incident
from tests.privileges import needs_root

SCRIPT = "/etc/keepalived/check.sh"
SCHEMA = json.loads((Path(avcdoctor.apply.__file__).parent / "schemas" / "transaction.schema.json").read_text())


@pytest.fixture
def machine(tmp_path: Path) -> TestMachine:
    needs_labels(tmp_path)
    made = make_machine(tmp_path / "root")
    made.root.chmod(0o755)
    make_file(made.root, SCRIPT, "system_u:object_r:etc_t:s0", "#!/bin/sh\nping -c1 192.0.2.1\n", 0o755)
    (made.root / "usr/libexec/keepalived").mkdir(parents=True)
    return made


def boolean_incident() -> Incident:
    return unasked(full_boolean_incident())


def port_incident() -> Incident:
    return unasked(full_port_incident())


def one(*actions: Any) -> Incident:
    return incident("one", (group("httpd_t", "etc_t", "file", ("read",)),), (remedy(kind_of(*actions), actions),))


def planned(machine: TestMachine, *incidents: Incident, number: int = 0) -> Plan:
    return survey(make_plan(report(*incidents), remedy=number or None), machine, created=1)


def states(machine: TestMachine) -> List[str]:
    transactions = [machine.history.load(number) for number in machine.history.numbers()]
    undone = undone_by(transactions)
    for transaction in transactions:
        jsonschema.validate(json.loads(json.dumps(to_document(transaction))), SCHEMA)
    return [state_of(transaction, machine, undone) for transaction in transactions]


def test_apply_undo_and_undo_of_the_undo(machine: TestMachine) -> None:
    before = snapshot(machine.root)
    plan = planned(machine, boolean_incident(), port_incident(), one(act("chmod", path=SCRIPT, mode="0700")))
    outcome = apply(plan, machine)
    after = snapshot(machine.root)
    assert after != before
    assert fake(machine).content() == {
        "boolean httpd_can_network_connect_db": "on",
        "port tcp 8099 8099": "system_u:object_r:http_port_t:s0",
    }
    assert (machine.root / SCRIPT[1:]).stat().st_mode & 0o777 == 0o700
    assert all(finding.holds for finding in outcome.findings)
    assert fake(machine).commits == [(2, False)]
    assert states(machine) == ["applied"]
    undo(machine)
    assert {**snapshot(machine.root), "var/lib/selinux/default/store.json": None} == {
        **before,
        "var/lib/selinux/default/store.json": None,
    }
    assert fake(machine).content() == {}
    assert states(machine) == ["undone by 2", "applied"]
    undo(machine, 2)
    assert snapshot(machine.root) == after
    assert states(machine) == ["applied", "undone by 3", "applied"]
    undo(machine)
    assert fake(machine).content() == {}
    assert states(machine)[0] == "undone by 4"
    with pytest.raises(HistoryError, match="nothing to undo"):
        undo(machine)
    with pytest.raises(HistoryError, match="was undone by 4"):
        undo(machine, 1)


def test_moving_a_script_keeps_content_mode_and_backup(machine: TestMachine) -> None:
    conf = make_file(
        machine.root, "/etc/keepalived/keepalived.conf", "system_u:object_r:etc_t:s0", f'script "{SCRIPT}"\n'
    )
    before = snapshot(machine.root)
    to = "/usr/libexec/keepalived/check.sh"
    moving = one(
        act("file-move", path=SCRIPT, to=to),
        act("restorecon", path=to, recursive=False),
        act("text-replace", path="/etc/keepalived/keepalived.conf", old=SCRIPT, new=to),
    )
    apply(planned(machine, moving), machine)
    moved = machine.root / to[1:]
    assert moved.read_text().startswith("#!/bin/sh")
    assert moved.stat().st_mode & 0o777 == 0o755
    assert label(moved) == "system_u:object_r:keepalived_unconfined_script_exec_t:s0"
    assert not (machine.root / SCRIPT[1:]).exists()
    assert conf.read_text() == f'script "{to}"\n'
    undo(machine)
    assert snapshot(machine.root) == before
    undo(machine, 2)
    assert moved.exists()
    assert not (machine.root / SCRIPT[1:]).exists()


def test_a_missing_directory_is_made_and_taken_back(machine: TestMachine) -> None:
    (machine.root / "usr/libexec/keepalived").rmdir()
    (machine.root / "usr/libexec").rmdir()
    before = snapshot(machine.root)
    to = "/usr/libexec/keepalived/check.sh"
    plan = planned(machine, one(act("file-move", path=SCRIPT, to=to)))
    assert any("/usr/libexec will be made" in check.detail for check in preflight(plan, machine))
    apply(plan, machine)
    folder = machine.root / "usr/libexec/keepalived"
    assert folder.stat().st_mode & 0o777 == 0o755
    assert label(folder) is not None
    undo(machine)
    assert snapshot(machine.root) == before
    undo(machine, 2)
    (folder / "mine").write_text("x")
    undo(machine)
    assert (folder / "mine").read_text() == "x"
    assert (machine.root / SCRIPT[1:]).exists()
    assert not (folder / "check.sh").exists()


def test_a_bug_in_the_middle_takes_everything_back(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(machine, boolean_incident(), one(act("chmod", path=SCRIPT, mode="0700")))
    monkeypatch.setattr(applying, "read_back", lambda *_: {}["bug"])
    with pytest.raises(ApplyError, match="KeyError: 'bug'; everything was taken back"):
        apply(plan, machine)
    assert fake(machine).content() == {}
    assert states(machine) == ["failed and taken back"]


def test_a_moved_file_never_replaces_another(machine: TestMachine) -> None:
    to = "/usr/libexec/keepalived/check.sh"
    make_file(machine.root, to, text="mine")
    plan = planned(machine, one(act("file-move", path=SCRIPT, to=to)))
    with pytest.raises(PreflightError, match="is there already"):
        apply(plan, machine)
    assert (machine.root / to[1:]).read_text() == "mine"
    assert machine.history.numbers() == []


def test_a_refused_store_transaction_leaves_nothing_changed(machine: TestMachine) -> None:
    before = snapshot(machine.root)
    fake(machine).refuse = True
    plan = planned(machine, boolean_incident(), one(act("chmod", path=SCRIPT, mode="0700")))
    with pytest.raises(ApplyError, match="a test said so; everything was taken back") as caught:
        apply(plan, machine)
    assert caught.value.exit_code == 5
    assert snapshot(machine.root) == before
    assert states(machine) == ["failed and taken back"]


@needs_root
def test_a_failure_half_way_takes_everything_back(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(machine.root / SCRIPT[1:], 0, 12)
    before = snapshot(machine.root)
    plan = planned(
        machine,
        boolean_incident(),
        one(act("chmod", path=SCRIPT, mode="0700"), act("chown", path=SCRIPT, owner="0", group="0")),
    )
    real = writing.write_file

    def failing(change: Any, *rest: Any) -> None:
        if change.kind == "mode" and change.after == "0700":
            raise OSError(30, "Read-only file system")
        real(change, *rest)

    monkeypatch.setattr(writing, "write_file", failing)
    with pytest.raises(ApplyError, match="Read-only file system; everything was taken back"):
        apply(plan, machine)
    store = "var/lib/selinux/default/store.json"
    assert {**snapshot(machine.root), store: None} == {**before, store: None}
    assert fake(machine).content() == {}


def test_a_failed_roll_back_says_what_is_left(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(machine, boolean_incident(), one(act("chmod", path=SCRIPT, mode="0700")))

    def failing(change: Any, *rest: Any) -> None:
        fake(machine).refuse = True
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(writing, "write_file", failing)
    with pytest.raises(RollbackError) as caught:
        apply(plan, machine)
    assert caught.value.exit_code == 6
    assert "a test said so" in caught.value.message
    assert "history show 1" in caught.value.hint
    assert states(machine) == ["failed, and not all of it was taken back"]
    monkeypatch.undo()
    fake(machine).refuse = False
    with pytest.raises(BusyError, match="transaction 1 was not finished"):
        apply(plan, machine)
    undo(machine)
    assert fake(machine).content() == {}
    assert states(machine)[0] == "undone by 2"


def test_what_the_policy_still_denies_is_taken_back(machine: TestMachine) -> None:
    useless = incident(
        "useless",
        (group("keepalived_t", "shadow_t", "file", ("read",)),),
        (remedy("boolean", (act("boolean-set", name="httpd_can_network_connect_db", value=True),)),),
    )
    with pytest.raises(ApplyError, match="still denied: read"):
        apply(planned(machine, useless), machine)
    assert fake(machine).content() == {}


def test_shifted_ground_is_refused_and_named(machine: TestMachine) -> None:
    plan = planned(machine, boolean_incident(), one(act("chmod", path=SCRIPT, mode="0700")))
    fake(machine).commit([Edit(Item("boolean", ("httpd_can_network_connect_db",)), "off")])
    make_file(machine.root, SCRIPT, "system_u:object_r:bin_t:s0")
    with pytest.raises(PreflightError) as caught:
        apply(plan, machine)
    assert "boolean httpd_can_network_connect_db was absent and is off" in caught.value.message
    assert "was system_u:object_r:etc_t:s0 and is system_u:object_r:bin_t:s0" in caught.value.message
    assert machine.history.numbers() == []


def test_undo_leaves_alone_what_something_else_changed(machine: TestMachine) -> None:
    plan = planned(machine, boolean_incident(), port_incident(), one(act("chmod", path=SCRIPT, mode="0700")))
    apply(plan, machine)
    fake(machine).commit([Edit(Item("boolean", ("httpd_can_network_connect_db",)), "off")])
    reverse = plan_undo(machine)
    assert [item.change.kind for item in reverse.conflicts] == ["boolean"]
    outcome = undo(machine)
    assert fake(machine).content() == {"boolean httpd_can_network_connect_db": "off"}
    assert "is off now" in outcome.transaction.note
    assert (machine.root / SCRIPT[1:]).stat().st_mode & 0o777 == 0o755


def test_undo_refuses_where_everything_was_changed(machine: TestMachine) -> None:
    apply(planned(machine, boolean_incident()), machine)
    fake(machine).commit([Edit(Item("boolean", ("httpd_can_network_connect_db",)), "off")])
    with pytest.raises(ConflictError, match="is off now"):
        undo(machine)


def test_undo_leaves_alone_a_file_that_was_replaced(machine: TestMachine) -> None:
    apply(planned(machine, one(act("chmod", path=SCRIPT, mode="0700")), boolean_incident()), machine)
    place = machine.root / SCRIPT[1:]
    place.rename(place.with_suffix(".old"))
    make_file(machine.root, SCRIPT, text="another one", mode=0o700)
    undo(machine)
    assert place.stat().st_mode & 0o777 == 0o700
    assert fake(machine).content() == {}


def test_a_link_in_place_of_the_file_is_never_followed(machine: TestMachine) -> None:
    plan = planned(machine, script_incident())
    foreign = make_file(machine.root, "/etc/shadow", "system_u:object_r:shadow_t:s0")
    place = machine.root / SCRIPT[1:]
    place.unlink()
    place.symlink_to("../shadow")
    failed = {check.name for check in failures(preflight(plan, machine))}
    assert {"ground", "file"} <= failed
    with pytest.raises(PreflightError, match="symbolic link"):
        apply(plan, machine)
    assert label(foreign) == "system_u:object_r:shadow_t:s0"


def test_another_name_of_a_secret_is_never_relabelled(machine: TestMachine) -> None:
    plan = planned(machine, script_incident())
    secret = make_file(machine.root, "/etc/shadow", "system_u:object_r:shadow_t:s0")
    place = machine.root / SCRIPT[1:]
    place.unlink()
    os.link(secret, place)  # Path.hardlink_to came with Python 3.10
    assert any("hard links" in check.detail for check in failures(preflight(plan, machine)))
    with pytest.raises(PreflightError):
        apply(plan, machine)
    assert label(secret) == "system_u:object_r:shadow_t:s0"


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o757])
def test_a_directory_that_others_can_write_is_refused(machine: TestMachine, mode: int) -> None:
    (machine.root / "etc/keepalived").chmod(mode)
    with pytest.raises(PreflightError, match="can be written by others than root"):
        apply(planned(machine, script_incident()), machine)


def test_two_fixes_at_once(machine: TestMachine) -> None:
    plan = planned(machine, boolean_incident())
    told: List[str] = []
    with machine.history.locked(), pytest.raises(BusyError, match=f"process {os.getpid()}"):
        apply(plan, machine, lock_wait=0.3, say=told.append)
    assert told == [f"another fix is at work (process {os.getpid()}); waiting up to 0 s"]
    held = threading.Event()

    def hold() -> None:
        with machine.history.locked():
            held.set()
            threading.Event().wait(0.5)

    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    assert apply(plan, machine, lock_wait=10).transaction.number == 1
    other.join()


def test_a_busy_store_is_named(machine: TestMachine) -> None:
    fake(machine).is_busy = True
    with pytest.raises(PreflightError, match="another program is changing it"):
        apply(planned(machine, boolean_incident()), machine)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (act("boolean-set", name="no_such_boolean", value=True), "no_such_boolean does not exist"),
        (act("port-add", protocol="tcp", low=81, high=81, type="no_such_port_t"), "no_such_port_t does not exist"),
        (act("fcontext-add", pattern="/srv/x", type="keepalived_t", file_type="f"), "is a process type"),
        (act("restorecon", path="/no/such", recursive=False), "No such file"),
        (act("chown", path=SCRIPT, owner="nobody-here", group="root"), "nobody-here"),
    ],
)
def test_preflight_names_what_does_not_exist(machine: TestMachine, action: Any, words: str) -> None:
    (machine.root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (machine.root / "etc/group").write_text("root:x:0:\n")
    failed = failures(preflight(planned(machine, one(action)), machine))
    assert any(words in check.detail for check in failed), [check.detail for check in failed]


def test_what_is_not_there_can_not_be_removed(machine: TestMachine) -> None:
    failed = failures(preflight(plan_of(act("module-remove", name="avcdoctor_none")), machine))
    assert [check.detail for check in failed] == ["module avcdoctor_none is not there"]


def test_a_conflicting_local_entry_is_refused(machine: TestMachine) -> None:
    fake(machine).commit([Edit(Item("port", ("tcp", "8099", "8099")), "system_u:object_r:ssh_port_t:s0")])
    failed = failures(preflight(planned(machine, port_incident()), machine))
    assert [check.detail for check in failed] == [
        "port tcp 8099 8099 has a local rule already: system_u:object_r:ssh_port_t:s0"
    ]


@needs_root
def test_names_are_those_of_the_offline_root(machine: TestMachine) -> None:
    (machine.root / "etc/passwd").write_text("check:x:4242:4243::/:/bin/false\n")
    (machine.root / "etc/group").write_text("check:x:4243:\n")
    os.chown(machine.root / SCRIPT[1:], 4242, 12)
    (machine.root / "etc/group").write_text("check:x:4243:\nwheel:x:0:\n")
    apply(planned(machine, one(act("chown", path=SCRIPT, owner="check", group="wheel"))), machine)
    found = (machine.root / SCRIPT[1:]).stat()
    assert (found.st_uid, found.st_gid) == (4242, 0)


@needs_root
@pytest.mark.parametrize(
    "action",
    [
        act("chown", path=SCRIPT, owner="12", group="0"),
        act("chown", path=SCRIPT, owner="0", group="12"),
        act("chmod", path=SCRIPT, mode="0757"),
        act("chmod", path=SCRIPT, mode="0766"),
        act("chmod", path=SCRIPT, mode="0707"),
    ],
)
def test_no_file_is_given_away_or_opened_to_others(machine: TestMachine, action: Any) -> None:
    (machine.root / SCRIPT[1:]).chmod(0o744)
    failed = failures(preflight(planned(machine, one(action)), machine))
    assert [check.name for check in failed] == ["owner" if action.do == "chown" else "mode"]


@needs_root
def test_a_file_that_is_no_longer_what_the_log_said_is_left_alone(machine: TestMachine) -> None:
    plan = planned(machine, one(act("chmod", path=SCRIPT, mode="0740", was="0700")))
    failed = failures(preflight(plan, machine))
    assert any("was 0700 and is 0755" in check.detail for check in failed)


def test_a_level_is_changed_and_taken_back(machine: TestMachine) -> None:
    level = act("chcon-level", path="/etc/keepalived", level="s0:c1", recursive=True)
    make_file(machine.root, "/etc/keepalived/other", "system_u:object_r:etc_t:s0")
    os.setxattr(machine.root / "etc/keepalived", "security.selinux", b"system_u:object_r:etc_t:s0\0")
    before = snapshot(machine.root)
    apply(planned(machine, one(level)), machine)
    assert label(machine.root / SCRIPT[1:]) == "system_u:object_r:etc_t:s0:c1"
    assert label(machine.root / "etc/keepalived/other") == "system_u:object_r:etc_t:s0:c1"
    undo(machine)
    assert snapshot(machine.root) == before


def test_an_interrupt_takes_everything_back(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(machine, boolean_incident(), one(act("chmod", path=SCRIPT, mode="0700")))

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(applying, "read_back", interrupted)
    with pytest.raises(KeyboardInterrupt):
        apply(plan, machine)
    assert fake(machine).content() == {}
    assert (machine.root / SCRIPT[1:]).stat().st_mode & 0o777 == 0o755
    assert states(machine) == ["failed and taken back"]


def test_what_stands_is_told_item_by_item(machine: TestMachine) -> None:
    apply(planned(machine, boolean_incident(), port_incident()), machine)
    transaction = machine.history.load(1)
    fake(machine).commit([Edit(Item("port", ("tcp", "8099", "8099")), None)])
    assert [item.now for item in standing(transaction, machine)] == ["in place", "taken back"]
