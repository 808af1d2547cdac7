"""Decides what runs the guests: the processor itself (KVM) where a guest really starts with it, else software (TCG)."""

from __future__ import annotations

import functools
import os
import shutil
import sys
from pathlib import Path

from lab.paths import LabError, LabSkipped, cache

CHOICE = "AVCDOCTOR_LAB_ACCEL"  # "kvm" or "tcg" instead of what is found
DEVICE = Path("/dev/kvm")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def emulator() -> str:
    """The path of the emulator.

    Raises:
        LabSkipped: it is not installed.
    """
    found = shutil.which("qemu-system-x86_64")
    if not found:
        raise LabSkipped("qemu-system-x86_64 is not installed (Debian: qemu-system-x86, Fedora: qemu-system-x86-core)")
    return found


def chosen() -> str:
    """What $AVCDOCTOR_LAB_ACCEL says; empty where it says nothing.

    Raises:
        LabError: it is neither "kvm" nor "tcg".
    """
    word = os.environ.get(CHOICE, "")
    if word not in {"", "kvm", "tcg"}:
        raise LabError(f"{CHOICE} is kvm or tcg, not {word!r}")
    return word


@functools.lru_cache(maxsize=1)
def accelerator() -> str:
    """What guests run with, "kvm" or "tcg"; said once."""
    wrong = "" if chosen() else without_kvm()
    found = chosen() or ("tcg" if wrong else "kvm")
    print(f"lab: guests run with {found}" + (f", not with KVM: {wrong}" if wrong else ""), file=sys.stderr, flush=True)
    return found


def without_kvm() -> str:
    """Why guests can't run with KVM: the device can't be opened, or a start with it failed since this machine's own."""
    try:
        os.close(os.open(DEVICE, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"{DEVICE}: {error.strerror}"
    if not _note().exists():
        return ""
    boot, _, reason = _note().read_text(encoding="utf-8").partition(" ")
    return f"an earlier start failed: {reason}" if boot == _boot() else ""


def give_up_kvm(reason: str) -> None:
    """Let guests run in software until this machine is started anew, and say why.

    A device that opens tells nothing: it may hang, or give up at the kernel's first unusual instruction.
    """
    _note().write_text(f"{_boot()} {reason}", encoding="utf-8")
    accelerator.cache_clear()
    accelerator()


def _note() -> Path:
    return cache() / "no-kvm"


def _boot() -> str:
    return BOOT_ID.read_text(encoding="utf-8").strip() if BOOT_ID.exists() else "unknown"
