"""A guest that cannot start, does not answer or is gone gives one clear message and leaves no process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from lab import accel, build
from lab import guest as guests
from lab.call import call, fetch
from lab.guest import Guest, Machine
from lab.monitor import Monitor
from lab.paths import LabError, LabSkipped


def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "vmlinux", tmp_path / "initrd", tmp_path / "disk.img", 64)


def test_without_an_emulator_the_lab_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabSkipped, match="qemu-system-x86"):
        accel.emulator()


def test_an_emulator_that_ends_at_once_is_told_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bin" / "qemu-system-x86_64"
    bad.parent.mkdir()
    bad.write_text("#!/bin/sh\necho no such machine >&2\nexit 1\n", encoding="utf-8")
    bad.chmod(0o755)
    monkeypatch.setattr(guests, "emulator", lambda: str(bad))
    monkeypatch.setattr(guests, "overlay", lambda backing, target: target.touch())
    with Guest(machine(tmp_path)) as guest:
        (guest.directory / "console.log").write_text("Kernel panic\n", encoding="utf-8")
        with pytest.raises(LabError, match=r"no such machine(.|\n)*Kernel panic"):
            guest.boot(5)
        place = guest.directory
    assert not place.exists()
    assert not guests._running


@pytest.mark.parametrize(("durable", "cache"), [(False, "cache=unsafe"), (True, "cache=writeback")])
def test_only_a_guest_whose_power_is_cut_pays_for_syncing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool, cache: str
) -> None:
    asked = tmp_path / "qemu-system-x86_64"
    asked.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{tmp_path}/asked\n", encoding="utf-8")
    asked.chmod(0o755)
    monkeypatch.setattr(guests, "emulator", lambda: str(asked))
    monkeypatch.setattr(guests, "overlay", lambda backing, target: target.touch())
    with Guest(machine(tmp_path), durable=durable) as guest, pytest.raises(LabError):
        guest.boot(5)
    assert cache in (tmp_path / "asked").read_text(encoding="utf-8")


def test_commands_to_a_guest_that_is_not_running(tmp_path: Path) -> None:
    with Guest(machine(tmp_path)) as guest, pytest.raises((LabError, FileNotFoundError)):
        guest.run("true")


def test_the_monitor_passes_over_events_and_tells_refusals() -> None:
    here, there = socket.socketpair()
    replies = [{"QMP": {}}, {"event": "STOP"}, {"return": {"status": "paused"}}, {"error": {"desc": "no such thing"}}]

    def answer() -> None:
        there.sendall("".join(json.dumps(reply) + "\n" for reply in replies).encode())

    thread = threading.Thread(target=answer)
    thread.start()
    monitor = Monitor(here)
    assert monitor.ask("query-status") == {"status": "paused"}
    with pytest.raises(LabError, match="refused nonsense: no such thing"):
        monitor.ask("nonsense")
    thread.join()
    there.close()
    with pytest.raises(LabError, match="closed its monitor"):
        monitor.ask("query-status")
    monitor.close()


def test_an_emulator_that_dies_with_the_request_unread_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = socket.socketpair()

    def die() -> None:
        there.recv(1, socket.MSG_PEEK)  # the request is there, and stays unread
        there.close()

    thread = threading.Thread(target=die)
    thread.start()
    with Guest(machine(tmp_path)) as guest, (guest.directory / "qemu.log").open("wb") as log:
        guest._process = subprocess.Popen(["sh", "-c", "echo failed to set MSR >&2; exit 1"], stderr=log)
        with pytest.raises(LabError, match="failed to set MSR"):
            guest._greet(Monitor(here))
    thread.join()
    here.close()


def test_what_cannot_be_fetched_skips_the_lab() -> None:
    with pytest.raises(LabSkipped, match=r"could not be fetched: .*no network"):
        fetch(["sh", "-c", "echo no network >&2; exit 1"])
    with pytest.raises(LabError, match="did not end within"):
        call(["sleep", "5"], 0.1)


def test_without_room_on_the_disk_the_lab_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVCDOCTOR_LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(build, "ROOM_MIB", 1 << 40)
    with pytest.raises(LabSkipped, match="MiB left"):
        build.packages_tree("bookworm")


def test_only_the_newest_versions_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVCDOCTOR_LAB_CACHE", str(tmp_path))
    for age, version in enumerate(letter * 16 for letter in "edcba"):  # the first one is the newest
        for name in (f"small-{version}.img", f"full-{version}.img", f"full-13-{version}.img"):
            (tmp_path / name).touch()
            os.utime(tmp_path / name, (1000 - age, 1000 - age))
        for name in (f"root-trixie-{version}", f"snapshots/small-{version}-kvm-base", f"snapshots/full-13-{version}-1"):
            (tmp_path / name).mkdir(parents=True)
    (tmp_path / "snapshots" / "cut-web").mkdir()
    assert build.forget_old("a" * 16) == ["b" * 16]
    left = [path for path in tmp_path.rglob("*") if "b" * 16 in path.name]
    assert left == []
    assert (tmp_path / f"small-{'a' * 16}.img").exists() and (tmp_path / f"root-trixie-{'c' * 16}").exists()
    assert (tmp_path / "snapshots" / "cut-web").exists()
