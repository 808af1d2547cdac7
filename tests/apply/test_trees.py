"""A data directory that belongs to its service is relabelled and undone, whatever its owner plants or swaps in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from avcdoctor.apply import writing
from avcdoctor.apply.apply import apply
from avcdoctor.apply.changes import Change, Unread, current, same, write_file
from avcdoctor.apply.preflight import failures, preflight
from avcdoctor.apply.transaction import from_json, to_json
from avcdoctor.apply.undo import plan_undo, standing, undo
from avcdoctor.errors import ApplyError, ConflictError, HistoryError, PreflightError, RollbackError
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.model import Plan
from avcdoctor.plan.preconditions import survey
from avcdoctor.render.history import reverse_text, show_json, show_text
from tests.apply.machines import TestMachine, fake, label, make_file, make_machine, needs_labels, snapshot
from tests.apply.reports import act, boolean_incident, incident, remedy, report, unasked
from tests.privileges import needs_root

pytestmark = needs_root
SERVICE = 4242
TOP = "/var/lib/pgsql/data"
OLD, NEW = "unconfined_u:object_r:user_home_t:s0", "unconfined_u:object_r:postgresql_db_t:s0"
SHADOW = "system_u:object_r:shadow_t:s0"
STORE = "var/lib/selinux/default/store.json"


@pytest.fixture
def machine(tmp_path: Path) -> TestMachine:
    needs_labels(tmp_path)
    made = make_machine(tmp_path / "root")
    made.root.chmod(0o755)
    for name in ("PG_VERSION", "base/1/112", "base/1/113", "base/2/200"):
        make_file(made.root, f"{TOP}/{name}", OLD)
    make_file(made.root, "/etc/shadow", SHADOW)
    os.setxattr(made.root / "etc", "security.selinux", b"system_u:object_r:etc_t:s0\0")
    top = made.root / TOP[1:]
    for place in (top, *top.rglob("*")):
        os.chown(place, SERVICE, SERVICE)
    return made


def data(machine: TestMachine, name: str = "") -> Path:
    return machine.root / TOP[1:] / name


def planned(machine: TestMachine) -> Plan:
    relabelling = incident("moved", (), (remedy("restorecon", (act("restorecon", path=TOP, recursive=True),)),))
    return survey(make_plan(report(unasked(boolean_incident()), relabelling)), machine, created=1)


def between(monkeypatch: pytest.MonkeyPatch, when: Callable[[Change], bool], run: Callable[[], object]) -> List[Change]:
    """Do something once, just before a change is written."""
    done: List[Change] = []

    def writer(change: Change, *rest: Any) -> None:
        if not done and when(change):
            done.append(change)
            run()
        write_file(change, *rest)

    monkeypatch.setattr(writing, "write_file", writer)
    return done


def at(name: str) -> Callable[[Change], bool]:
    return lambda change: change.key == (f"{TOP}/{name}",)


def test_a_tree_of_another_user_is_relabelled_and_undone(machine: TestMachine) -> None:
    before = snapshot(machine.root)
    plan = planned(machine)
    assert not failures(preflight(plan, machine))
    outcome = apply(plan, machine)
    places = [data(machine), *data(machine).rglob("*")]
    assert len(places) == 8
    assert {label(place) for place in (data(machine, "PG_VERSION"), data(machine, "base/1/112"))} == {NEW}
    assert all("postgresql_db_t" in str(label(place)) for place in places)
    assert all(place.stat().st_uid == SERVICE for place in places)
    assert outcome.skipped == ()
    assert {change.tree for change in outcome.transaction.changes if change.kind == "label"} == {TOP}
    assert from_json(to_json(outcome.transaction), "record") == outcome.transaction
    undo(machine)
    assert {**snapshot(machine.root), STORE: None} == {**before, STORE: None}


def test_a_planted_symlink_and_hard_link_change_no_foreign_label(machine: TestMachine) -> None:
    data(machine, "link").symlink_to("../../../../etc/shadow")
    data(machine, "folder").symlink_to("../../../../etc")
    os.link(machine.root / "etc/shadow", data(machine, "base/mine"))
    plan = planned(machine)
    checks = preflight(plan, machine)
    assert not failures(checks)
    left = [check.detail for check in checks if check.detail.startswith("left out")]
    assert left == [f"left out: {TOP}/base/mine: it has other names, in a tree that others than root can write"]
    outcome = apply(plan, machine)
    assert [skip.path for skip in outcome.skipped] == [f"{TOP}/base/mine"]
    undo(machine)
    assert label(machine.root / "etc/shadow") == SHADOW
    assert label(machine.root / "etc") == "system_u:object_r:etc_t:s0"
    assert label(data(machine, "base/1/112")) == OLD


def test_a_directory_swapped_after_the_walk(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("112", "113"):
        make_file(machine.root, f"/etc/{name}", SHADOW)

    def swap() -> None:
        data(machine, "base/1").rename(data(machine, "base/moved"))
        data(machine, "base/1").symlink_to(machine.root / "etc")

    done = between(monkeypatch, at("base/1/112"), swap)
    outcome = apply(planned(machine), machine)
    assert done
    assert {skip.path for skip in outcome.skipped} == {f"{TOP}/base/1/112", f"{TOP}/base/1/113"}
    assert f"{TOP}/base/1/113" not in {change.key[0] for change in outcome.transaction.changes}
    assert "left alone" in machine.history.load(1).note
    for name in ("shadow", "112", "113"):
        assert label(machine.root / "etc" / name) == SHADOW
    assert label(data(machine, "base/2/200")) == NEW


def test_a_hard_link_made_after_the_walk(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    def swap() -> None:
        data(machine, "base/1/112").unlink()
        os.link(machine.root / "etc/shadow", data(machine, "base/1/112"))

    between(monkeypatch, at("base/1/112"), swap)
    outcome = apply(planned(machine), machine)
    assert [skip.path for skip in outcome.skipped] == [f"{TOP}/base/1/112"]
    assert label(machine.root / "etc/shadow") == SHADOW


def test_undo_leaves_alone_what_the_service_removed_or_linked(machine: TestMachine) -> None:
    apply(planned(machine), machine)
    data(machine, "base/1/112").unlink()
    os.link(data(machine, "base/1/113"), machine.root / "etc/other")
    transaction = machine.history.load(1)
    untold = {item.change.key[0] for item in standing(transaction, machine) if item.now == "can't be told"}
    assert untold == {f"{TOP}/base/1/112", f"{TOP}/base/1/113"}
    assert "left alone" in reverse_text(plan_undo(machine))
    assert "can't be compared" in reverse_text(plan_undo(machine))
    assert '"why"' in show_json(transaction, "applied", standing(transaction, machine))
    assert "can't be told" in show_text(transaction, "applied", standing(transaction, machine))
    outcome = undo(machine)
    assert "can't be compared" in outcome.transaction.note
    assert label(data(machine, "base/2/200")) == OLD
    assert label(data(machine, "base/1/113")) == NEW


def test_a_file_removed_during_an_undo_is_left_alone(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(planned(machine), machine)
    between(monkeypatch, at("base/1/112"), data(machine, "base/1/112").unlink)
    outcome = undo(machine)
    assert [skip.path for skip in outcome.skipped] == [f"{TOP}/base/1/112"]
    assert label(data(machine, "base/1/113")) == OLD
    assert fake(machine).content() == {}


def test_a_refusal_in_the_middle_is_taken_back_and_no_label(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = machine.root / "var/lib/pgsql"
    between(monkeypatch, lambda change: change.kind == "label", lambda: above.chmod(0o777))
    with pytest.raises(ApplyError, match=r"can be written by others than root.*; everything was taken back") as caught:
        apply(planned(machine), machine)
    assert caught.value.exit_code == 5
    assert "changed by something else" not in caught.value.message
    assert machine.history.load(1).state == "rolled-back"
    assert fake(machine).content() == {}
    assert label(data(machine, "PG_VERSION")) == OLD


def test_what_was_changed_and_cant_be_compared_has_its_own_words(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    above, before = machine.root / "var/lib/pgsql", snapshot(machine.root)
    between(monkeypatch, at("base/1"), lambda: above.chmod(0o777))
    with pytest.raises(RollbackError, match="can't be compared: /var/lib/pgsql can be written by others") as caught:
        apply(planned(machine), machine)
    assert "changed by something else" not in caught.value.message
    with pytest.raises(ConflictError, match="can't be compared"):
        undo(machine)
    above.chmod(0o755)
    monkeypatch.undo()
    undo(machine)
    assert {**snapshot(machine.root), STORE: None} == {**before, STORE: None}
    assert machine.history.load(1).state == "rolled-back"


def test_a_cut_short_fix_whose_files_are_gone_can_be_closed(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    between(monkeypatch, at("base/1"), lambda: data(machine).rename(machine.root / "var/lib/pgsql/away"))
    with pytest.raises(RollbackError, match="No such file or directory"):
        apply(planned(machine), machine)
    assert machine.history.load(1).state == "rollback-failed"
    undo(machine)
    assert machine.history.load(1).state == "rolled-back"


def test_a_refusal_is_like_no_value(machine: TestMachine) -> None:
    change = Change("label", (f"{TOP}/none",), OLD, NEW, 1, TOP)
    (value,) = current([change], machine.root, machine.store)
    assert isinstance(value, Unread)
    assert value.moved
    for kind in ("label", "directory", "file"):
        assert not same(kind, value, value)
    with pytest.raises(HistoryError, match="outside"):
        Change("label", ("/etc/shadow",), OLD, NEW, 1, TOP)


def test_a_read_only_filesystem_is_found_before_anything_is_changed(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fstatvfs
    plan = planned(machine)

    def read_only(descriptor: int) -> os.statvfs_result:
        values = list(real(descriptor))
        values[8] |= os.ST_RDONLY
        return os.statvfs_result(values)

    monkeypatch.setattr(os, "fstatvfs", read_only)
    with pytest.raises(PreflightError, match="data is mounted read-only"):
        apply(plan, machine)
    assert machine.history.numbers() == []


SWAPS: Dict[str, Callable[[Path], object]] = {
    "removed": lambda place: place.unlink(),
    "replaced": lambda place: (place.unlink(), place.write_text("other")),
    "a link": lambda place: (place.unlink(), place.symlink_to("/etc/shadow")),
    "relabelled": lambda place: os.setxattr(place, "security.selinux", b"system_u:object_r:etc_t:s0\0"),
    "linked": lambda place: os.link(place, place.with_name("other-name")),
}


@needs_root
@pytest.mark.parametrize("how", SWAPS)
def test_the_owner_of_a_tree_can_not_make_a_roll_back_fail(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A file that was relabelled is swapped, and then the fix fails for another reason: still exit code 5."""
    done: List[str] = []

    def writer(change: Change, *rest: Any) -> None:
        if change.key == (f"{TOP}/base/2/200",) and not done:
            done.append("failed")
            SWAPS[how](data(machine, "base/1/112"))
            raise OSError(5, "Input/output error")
        write_file(change, *rest)

    monkeypatch.setattr(writing, "write_file", writer)
    with pytest.raises(ApplyError, match="everything was taken back") as caught:
        apply(planned(machine), machine)
    assert done
    assert caught.value.exit_code == 5
    assert machine.history.load(1).state == "rolled-back"
    assert label(data(machine, "base/1/113")) == OLD
    assert label(machine.root / "etc/shadow") == SHADOW


@needs_root
@pytest.mark.parametrize("how", SWAPS)
def test_the_owner_of_a_tree_can_not_make_a_fix_fail(
    machine: TestMachine, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A file is swapped once it was relabelled, before the look afterwards."""
    between(monkeypatch, at("base/2/200"), lambda: SWAPS[how](data(machine, "base/1/112")))
    outcome = apply(planned(machine), machine)
    assert outcome.transaction.state == "applied"
    assert label(data(machine, "base/1/113")) == NEW
