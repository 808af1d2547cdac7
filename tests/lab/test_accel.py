"""Guests run with KVM only where it can be opened and no start with it failed; which it is, is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Iterator, List

import pytest

from lab import accel, ready
from lab.guest import Machine, Snapshot
from lab.paths import LabError


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AVCDOCTOR_LAB_CACHE", str(tmp_path))
    monkeypatch.delenv(accel.CHOICE, raising=False)
    (tmp_path / "kvm").touch()
    monkeypatch.setattr(accel, "DEVICE", tmp_path / "kvm")
    (tmp_path / "boot").write_text("first\n", encoding="utf-8")
    monkeypatch.setattr(accel, "BOOT_ID", tmp_path / "boot")
    accel.accelerator.cache_clear()
    yield
    accel.accelerator.cache_clear()


def test_a_device_that_opens_is_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert accel.accelerator() == "kvm"
    assert accel.accelerator() == "kvm"
    assert capsys.readouterr().err == "lab: guests run with kvm\n"


def test_without_a_device_guests_run_in_software(capsys: pytest.CaptureFixture[str]) -> None:
    accel.DEVICE.unlink()
    assert accel.accelerator() == "tcg"
    assert "not with KVM" in capsys.readouterr().err


def test_a_choice_is_kept_and_nonsense_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(accel.CHOICE, "tcg")
    assert accel.accelerator() == "tcg"
    monkeypatch.setenv(accel.CHOICE, "fast")
    accel.accelerator.cache_clear()
    with pytest.raises(LabError, match="kvm or tcg, not 'fast'"):
        accel.accelerator()


def test_a_failed_start_is_remembered_until_the_machine_starts_anew() -> None:
    assert accel.accelerator() == "kvm"
    accel.give_up_kvm("the guest stopped")
    assert accel.accelerator() == "tcg"
    accel.accelerator.cache_clear()
    assert "the guest stopped" in accel.without_kvm()
    accel.BOOT_ID.write_text("second\n", encoding="utf-8")
    assert accel.without_kvm() == ""


def test_a_guest_that_does_not_start_with_kvm_is_started_in_software(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Machine(tmp_path / "vmlinux", tmp_path / "initrd", tmp_path / "disk.img", 64, accel="kvm")
    tried: List[str] = []

    def frozen(machine: Machine, kind: str) -> Snapshot:
        tried.append(machine.accel)
        if machine.accel == "kvm":
            raise LabError("the guest stopped: KVM internal error\nthe guest's console ended with: ...")
        return Snapshot(machine, tmp_path)

    monkeypatch.setattr(ready, "machine", lambda kind: made)
    monkeypatch.setattr(ready, "_frozen", frozen)
    assert ready._make("small").machine == replace(made, accel="tcg")
    assert tried == ["kvm", "tcg"]
    assert "not with KVM: an earlier start failed: the guest stopped: KVM internal error\n" in capsys.readouterr().err
    monkeypatch.setenv(accel.CHOICE, "kvm")
    with pytest.raises(LabError, match="KVM internal error"):
        ready._make("small")
