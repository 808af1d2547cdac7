"""What remedies find out on the machine that wrote the log: interpreters, other places, the same file by its inode."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host import Host
from avcdoctor.model import Context
from avcdoctor.remedies.interpreter import interpreters
from tests.denials import denied, diagnosed, incident_of, kinds
from tests.machines import system_at


@pytest.fixture()
def machine(tmp_path: Path) -> Host:
    """A machine with files."""
    return system_at(tmp_path)


def script(root: Path, name: str, first: str) -> None:
    place = root / name.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"{first}\necho\n")


@pytest.mark.parametrize(
    ("first", "types"),
    [
        ("#!/bin/sh -e", ("shell_exec_t",)),
        ("#! /usr/bin/python3", ("bin_t",)),
        ("#!/usr/bin/env bash", ("bin_t", "shell_exec_t")),
        ("#!/usr/bin/env -S LANG=C bash", ("bin_t", "shell_exec_t")),
        ("#!/usr/bin/env", ("bin_t", "")),
        ("\x7fELF", ()),
        ("#!", ()),
    ],
)
def test_interpreters(machine: Host, tmp_path: Path, first: str, types: tuple[str, ...]) -> None:
    script(tmp_path, "/usr/bin/bash", "\x7fELF")
    script(tmp_path, "/usr/local/sbin/collect", first)
    assert interpreters(machine, "/usr/local/sbin/collect") == types
    assert interpreters(machine, "/usr/local/sbin/missing") == ()


def test_a_module_for_a_script_holds_its_interpreter(machine: Host, tmp_path: Path) -> None:
    """named may run neither: with the script alone it would be refused the shell next."""
    script(tmp_path, "/usr/local/bin/collect", "#!/bin/sh")
    log = denied("named_t", "bin_t", "file", "execute", comm="named", path="/usr/local/bin/collect")
    module = next(one for one in diagnosed(log, machine, own_log=True).remedies if one.kind == "module")
    assert module.simulation.after == "allowed"
    assert any("shell_exec_t:file" in line for line in module.grants)
    assert any("interpreter" in note for note in module.notes)


def test_an_unknown_interpreter_is_not_allowed_unseen(machine: Host, tmp_path: Path) -> None:
    script(tmp_path, "/usr/local/bin/collect", "#!/home/jo/bin/mine")
    log = denied("named_t", "bin_t", "file", "execute", comm="named", path="/usr/local/bin/collect")
    module = next(one for one in diagnosed(log, machine, own_log=True).remedies if one.kind == "module")
    assert module.simulation.after == "unknown"
    assert not any("home" in line for line in module.grants)


def test_restoring_is_not_offered_for_what_lies_elsewhere(
    machine: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rule's own place is right by now; the data that was denied lies where the policy gives it no label."""
    script(tmp_path, "/srv/pg/main/PG_VERSION", "15")
    label = Context("system_u", "object_r", "var_t", "s0")
    monkeypatch.setattr(machine.files, "label", lambda path: label if path.startswith("/srv") else None)
    log = denied(
        "postgresql_t", "var_t", "file", "read", comm="postgres", name="PG_VERSION", path="/srv/pg/main/PG_VERSION"
    )
    incident = incident_of(log, machine, own_log=True)
    assert incident.finding.rule == "POSTGRESQL001"
    assert kinds(incident)[0] == "fcontext"


INSIDE = "system_u:system_r:container_t:s0:c1,c2"


def of_another_container(inode: int, tclass: str = "file") -> str:
    other = "system_u:object_r:container_file_t:s0:c3,c4"
    return denied(INSIDE, other, tclass, "read", comm="cat", path="/srv/data", ino=inode)


def test_a_volume_of_another_container_is_shared_by_its_level(machine: Host, tmp_path: Path) -> None:
    (tmp_path / "srv" / "data").mkdir(parents=True)
    remedy = diagnosed(
        of_another_container((tmp_path / "srv/data").stat().st_ino, "dir"), machine, own_log=True
    ).remedies[0]
    assert (remedy.kind, remedy.applicability, remedy.simulation.after) == ("container-label", "review", "allowed")
    assert remedy.actions[0].argv == ("chcon", "-R", "-l", "s0", "--", "/srv/data")
    assert remedy.undo[0].argv == ("chcon", "-R", "-l", "s0:c3,c4", "--", "/srv/data")
    assert any("every container" in line for line in remedy.grants)


def test_a_path_inside_the_container_is_not_taken_for_one_of_the_host(machine: Host, tmp_path: Path) -> None:
    (tmp_path / "srv" / "data").mkdir(parents=True)
    inode = (tmp_path / "srv/data").stat().st_ino
    assert (
        diagnosed(of_another_container(inode + 1, "dir"), machine, own_log=True).remedies[0].applicability == "manual"
    )
    assert diagnosed(of_another_container(inode, "dir"), machine).remedies[0].applicability == "manual"
