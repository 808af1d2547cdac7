"""A disk that fills up in the middle of a fix: everything is taken back, and the record says so."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Callable

import pytest

from avcdoctor.apply import history, preflight
from avcdoctor.apply.apply import apply
from avcdoctor.apply.undo import state_of, undo
from avcdoctor.errors import ApplyError, PreflightError
from avcdoctor.plan.choose import make_plan
from avcdoctor.plan.model import Plan
from tests.apply.machines import TestMachine, fake, make_file, make_machine, needs_labels, snapshot
from tests.apply.reports import act, boolean_incident, holding, report, unasked

SCRIPT = "/etc/web/check.sh"
STORE = "var/lib/selinux/default/store.json"


@pytest.fixture
def machine(tmp_path: Path) -> TestMachine:
    needs_labels(tmp_path)
    made = make_machine(tmp_path / "root")
    made.root.chmod(0o755)
    make_file(made.root, SCRIPT, "system_u:object_r:etc_t:s0", "#!/bin/sh\n" + "x" * 300_000, 0o755)
    return made


@pytest.fixture
def disk(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A history on a file system of so many bytes; whatever is written there has to fit beside what is there."""
    write, allocate = history.write_at, os.posix_fallocate
    place = machine.root.joinpath(*history.PLACE)

    def used(without: str = "") -> int:
        return sum(entry.stat().st_size for entry in os.scandir(place) if entry.name != without)

    def of(size: int) -> None:
        def writing(folder: int, name: str, data: bytes) -> None:
            if used() + len(data) > size:
                raise OSError(errno.ENOSPC, "No space left on device")
            write(folder, name, data)

        def allocating(descriptor: int, start: int, length: int) -> None:
            if used(".room") + length > size:
                raise OSError(errno.ENOSPC, "No space left on device")
            allocate(descriptor, start, length)

        monkeypatch.setattr(history, "write_at", writing)
        monkeypatch.setattr(os, "posix_fallocate", allocating)

    return of


def plan() -> Plan:
    chosen = make_plan(report(unasked(boolean_incident())))
    return holding(chosen, act("chmod", path=SCRIPT, mode="0775"), act("file-move", path=SCRIPT, to="/usr/bin/check"))


def test_a_full_history_takes_everything_back_and_closes_its_record(
    machine: TestMachine, disk: Callable[[int], None]
) -> None:
    before = snapshot(machine.root)
    disk(200_000)
    with pytest.raises(ApplyError, match="No space left on device; everything was taken back") as caught:
        apply(plan(), machine)
    assert caught.value.exit_code == 5
    assert {**snapshot(machine.root), STORE: ()} == {**before, STORE: ()}
    assert fake(machine).content() == {}
    assert [machine.history.load(number).state for number in machine.history.numbers()] == ["rolled-back"]
    assert not (machine.root.joinpath(*history.PLACE) / ".room").exists()


def test_a_record_that_can_not_be_closed_is_told_and_closed_by_undo(
    machine: TestMachine, disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(machine.root)
    disk(200_000)
    closing = machine.history.__class__.close

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(history.History, "close", full)
    with pytest.raises(ApplyError, match="avcdoctor undo 1 closes it") as caught:
        apply(plan(), machine)
    assert caught.value.exit_code == 5
    assert {**snapshot(machine.root), STORE: ()} == {**before, STORE: ()}
    monkeypatch.setattr(history.History, "close", closing)
    disk(10_000_000)
    undo(machine, 1)
    states = [state_of(machine.history.load(number), machine, {}) for number in machine.history.numbers()]
    assert states[0] == "failed and taken back"


def test_an_undo_without_room_changes_nothing(machine: TestMachine, disk: Callable[[int], None]) -> None:
    apply(make_plan(report(unasked(boolean_incident()))), machine)
    disk(100)
    with pytest.raises(PreflightError, match="No space left on device") as caught:
        undo(machine)
    assert caught.value.exit_code == 7
    assert fake(machine).content() == {"boolean httpd_can_network_connect_db": "on"}


def test_the_room_is_looked_for_where_the_history_lies(machine: TestMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    place = machine.root.joinpath(*history.PLACE)
    place.mkdir(parents=True, mode=0o700)
    looked = []
    real = os.statvfs

    def asked(path: Path) -> os.statvfs_result:
        looked.append(Path(path))
        return real(path)

    monkeypatch.setattr(preflight.os, "statvfs", asked)
    preflight.preflight(plan(), machine)
    assert place in looked
