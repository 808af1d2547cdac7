"""Writes the initial RAM file system: busybox and the disk driver's modules, nothing else."""

from __future__ import annotations

import lzma
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab.paths import LabError

MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk",
           "virtio_console")  # fmt: skip  # in the order in which they need each other
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev /sys /new
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod /modules/$module.ko; done
init=/sbin/init
for word in $(/bin/busybox cat /proc/cmdline); do
    case $word in init=*) init=${{word#init=}} ;; esac
done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 100 ]; do /bin/busybox usleep 20000; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 -o noatime /dev/vda /new || /bin/busybox poweroff -f
/bin/busybox umount /proc
/bin/busybox mount --move /dev /new/dev
exec /bin/busybox switch_root /new $init
"""


def write_initrd(target: Path, modules: Path, busybox: Path) -> None:
    """Write the archive.

    Args:
        target: where it goes.
        modules: the directory of the kernel's modules.
        busybox: a static busybox.

    Raises:
        LabError: a module is missing, or cpio failed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        (tree / "bin").mkdir()
        (tree / "modules").mkdir()
        shutil.copy(busybox, tree / "bin" / "busybox")
        needed = [name for name in MODULES if not built_in(modules, name)]
        for name in needed:
            found = next(modules.rglob(f"{name}.ko*"), None)
            if found is None:
                raise LabError(f"the kernel package has no module {name}")
            code = found.read_bytes()
            (tree / "modules" / f"{name}.ko").write_bytes(lzma.decompress(code) if found.suffix == ".xz" else code)
        (tree / "init").write_text(INIT.format(modules=" ".join(needed)), encoding="utf-8")
        (tree / "init").chmod(0o755)
        names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
        done = subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"], input=names.encode(), cwd=tree, capture_output=True, check=False
        )
        if done.returncode:
            raise LabError(f"cpio failed: {done.stderr.decode()}")
        part = target.with_suffix(".part")
        part.write_bytes(done.stdout)
        part.rename(target)


def built_in(modules: Path, name: str) -> bool:
    """Whether a module is part of the kernel itself, by the list beside the modules."""
    listed = (modules / "modules.builtin").read_text(encoding="utf-8").split()
    return any(line.endswith(f"/{name}.ko") for line in listed)
