"""Guests that are ready for a case: booted once with avcdoctor inside, frozen, and woken for every run."""

from __future__ import annotations

import shutil
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Dict

from lab.accel import chosen, give_up_kvm
from lab.build import has_systemd, machine
from lab.guest import Guest, Machine, Snapshot
from lab.paths import LabError, cache
from lab.payload import COMMAND, PLACE, project_archive, project_key

WARM_UP = "for i in 1 2; do avcdoctor explain --exit-zero --format json /var/log/audit/audit.log >/dev/null; done; sync"
KEPT = 5
_ready: Dict[str, Snapshot] = {}
_making = threading.Lock()


def ready(kind: str) -> Snapshot:
    """The snapshot of a guest with today's avcdoctor in it, made when it is missing.

    Args:
        kind: its name in lab.kinds.

    Raises:
        LabError: the guest does not boot, or avcdoctor does not start in it.
    """
    with _making:
        if kind not in _ready:
            _ready[kind] = _make(kind)
        return _ready[kind]


def _make(kind: str) -> Snapshot:
    made = machine(kind)
    try:
        return _frozen(made, kind)
    except LabError as error:
        if made.accel != "kvm" or chosen():
            raise
        give_up_kvm(str(error).splitlines()[0])
        return _frozen(replace(made, accel="tcg"), kind)


def _frozen(made: Machine, kind: str) -> Snapshot:
    folder = cache() / "snapshots"
    target = folder / f"{made.disk.stem}-{made.accel}-{project_key()}"
    if not (target / "state").exists():
        base = _booted(made, folder / f"{made.disk.stem}-{made.accel}-base", systemd=has_systemd(kind))
        forget(folder, kind, base.directory)
        _with_project(base, target)
    return Snapshot(made, target)


def forget(folder: Path, kind: str, base: Path) -> None:
    """Remove old snapshots, but not the newest few: another run may be using one."""
    found = sorted(folder.glob(f"{kind}-????????????????-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in found[KEPT:]:
        if old != base:
            shutil.rmtree(old)


def _booted(made: Machine, directory: Path, *, systemd: bool) -> Snapshot:
    """The guest as it is after its start, without avcdoctor: made once for each disk image."""
    if (directory / "state").exists():
        return Snapshot(made, directory)
    print(f"lab: booting {made.disk.stem} once", file=sys.stderr, flush=True)
    working = directory.with_suffix(".part")
    shutil.rmtree(working, ignore_errors=True)
    with Guest(made, working) as guest:
        seconds = guest.boot()
        if systemd:
            guest.run("timeout 150 systemctl is-system-running --wait", 200)
        print(f"lab: it booted in {seconds:.1f} s", file=sys.stderr, flush=True)
        return guest.freeze(directory)


def _with_project(base: Snapshot, directory: Path) -> None:
    """The booted guest with today's avcdoctor, its files read once so that they are in memory."""
    working = directory.with_suffix(".part")
    shutil.rmtree(working, ignore_errors=True)
    with Guest(base.machine, working) as guest:
        guest.wake(base, keep=True)
        install(guest)
        done = guest.run("set -e; avcdoctor --help >/dev/null; " + WARM_UP, 300)
        if done.code:
            raise LabError(f"avcdoctor does not run in the guest (exit {done.code}): {done.output[-600:]}")
        guest.freeze(directory)


def install(guest: Guest) -> None:
    """Put today's avcdoctor into a running guest."""
    guest.put("/tmp/project.tar.gz", project_archive())  # noqa: S108 - a path inside the guest
    guest.put("/usr/bin/avcdoctor", COMMAND.encode())
    done = guest.run(
        f"chmod 755 /usr/bin/avcdoctor && rm -rf {PLACE}/project && mkdir -p {PLACE}"
        f" && tar -C {PLACE} -xzf /tmp/project.tar.gz"
        f" && rm /tmp/project.tar.gz && restorecon -R {PLACE} /usr/bin"
    )
    if done.code:
        raise LabError(f"could not install avcdoctor in the guest: {done.output}")
