"""Builds what guests are made of, from Debian packages: a root file system, a kernel, two disk images."""

from __future__ import annotations

import lzma
import shutil
import subprocess
from pathlib import Path
from typing import List

from lab import payload, policy
from lab.accel import accelerator
from lab.call import call, fetch
from lab.case import load_all
from lab.guest import Machine
from lab.initrd import write_initrd
from lab.kinds import KINDS, SYSTEMD, Kind, handed, labels, store_name
from lab.paths import PROJECT, LabError, LabSkipped, cache, fingerprint

MIRROR = "http://deb.debian.org/debian"
SERVICES = (
    "keepalived", "nginx-light", "haproxy", "postfix", "openssh-server", "postgresql", "redis-server", "memcached",
    "bind9", "vsftpd", "snmpd", "chrony", "cron", "logrotate", "rsyslog", "podman", "crun",
)  # fmt: skip
TOOLS = (
    "systemd", "systemd-sysv", "dbus", "udev", "auditd", "selinux-policy-default", "selinux-utils", "policycoreutils",
    "policycoreutils-python-utils", "python3-selinux", "python3-semanage", "python3-setools", "python3-audit",
    "python3-yaml", "python3-jinja2", "checkpolicy", "secilc", "semodule-utils", "iputils-ping", "iproute2", "curl",
    "netcat-openbsd", "procps", "psmisc", "attr", "acl", "kmod", "netbase", "e2fsprogs", "util-linux",
    "busybox-static", "less",
)  # fmt: skip
KERNEL_PARTS = (
    "drivers/virtio", "drivers/block/virtio_blk.ko", "drivers/block/loop.ko", "drivers/char/virtio_console.ko",
    "drivers/char/hw_random", "drivers/net/dummy.ko", "drivers/net/veth.ko", "fs/fuse", "fs/overlayfs", "fs/fat",
    "fs/nls",
)  # fmt: skip
QUIET = (
    "nginx", "haproxy", "postfix", "ssh", "postgresql", "redis-server", "memcached", "named", "vsftpd", "snmpd",
    "chrony", "keepalived", "podman", "podman-auto-update.timer", "podman-restart", "rsyslog", "cron",
    "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap",
    "fstrim.timer", "logrotate.timer", "networking", "systemd-timesyncd", "systemd-networkd", "getty@tty1",
)  # fmt: skip
MASKED = (
    "systemd-firstboot.service", "getty@tty1.service", "serial-getty@ttyS0.service", "podman.service",
    "podman-clean-transient.service", "systemd-udev-settle.service", "ifupdown-pre.service", "blk-availability.service",
)  # fmt: skip
OWN_PYTHON = {"bookworm": (), "trixie": ("python3-typer", "python3-rich")}  # new enough there; else fetched by pip
PROGRAMS = {
    "mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs", "setfiles": "policycoreutils", "apt-get": "apt", "lz4": "lz4",
    "cpio": "cpio", "chroot": "coreutils", "qemu-img": "qemu-utils", "qemu-system-x86_64": "qemu-system-x86",
}  # fmt: skip  # what is called, and Debian's package of it
SOURCES = [
    *(PROJECT / "lab" / name for name in ("build.py", "payload.py", "policy.py", "agent.py", "policy", "guestfiles")),
    PROJECT / "policies" / "reference",
]  # what a tree is made of besides the packages
KEPT_VERSIONS = 3
ROOM_MIB = 6000  # the packages, two trees of them, two images, snapshots
BUILD_SECONDS = 1500
KERNEL = "linux-image-cloud-amd64"


def needs(*programs: str) -> List[str]:
    """Those of the programs that are not installed."""
    return [name for name in programs if shutil.which(name) is None]


def check_tools() -> None:
    """Raise LabSkipped with the names of what is missing to build images here."""
    missing = needs(*PROGRAMS)
    if missing:
        raise LabSkipped(f"not installed: {', '.join(missing)}")


def check_disk() -> None:
    """Raise LabSkipped where there is no room for what is to be built."""
    free = shutil.disk_usage(cache()).free >> 20
    if free < ROOM_MIB:
        raise LabSkipped(f"{cache()} has {free} MiB left, building guests needs {ROOM_MIB}")


def root_tree(suite: str) -> Path:
    """The unpacked root file system with all packages, made once (a minute or two, about 700 MB)."""
    tree = cache() / f"root-{suite}-{fingerprint(SOURCES)}"
    if tree.exists():
        return tree
    packed = packages_tree(suite)
    part = tree.with_suffix(".part")
    if part.exists():
        shutil.rmtree(part)
    call(["cp", "-a", "--reflink=auto", str(packed), str(part)])
    install_modules(part, kernel_tree(suite))
    install_guest_files(part)
    if not OWN_PYTHON[suite]:
        shutil.copytree(payload.packages(), part / "opt" / "avcdoctor" / "packages")
    wanted = {kind.store for kind in KINDS.values() if kind.suite == suite}
    if "reference" in wanted:
        policy.install_reference(part)
    policy.install_trimmed(part)
    part.rename(tree)
    return tree


def packages_tree(suite: str) -> Path:
    """The distribution's packages alone, unpacked and configured."""
    tree = cache() / f"packages-{suite}"
    if tree.exists():
        return tree
    check_disk()
    part = cache() / f"packages-{suite}.part"
    if part.exists():
        shutil.rmtree(part)
    skipped = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale", "info")]
    fetch(
        ["mmdebstrap", "--mode=root", "--variant=minbase", '--aptopt=APT::Install-Recommends "false"', *skipped,
         f"--include={','.join(TOOLS + SERVICES + OWN_PYTHON[suite])}", suite, str(part), MIRROR],
        BUILD_SECONDS,
    )  # fmt: skip
    part.rename(tree)
    return tree


def kernel_tree(suite: str) -> Path:
    """The kernel package, unpacked, with the uncompressed kernel beside it as `vmlinux`."""
    tree = cache() / f"kernel-{suite}"
    if tree.exists():
        return tree
    part = cache() / f"kernel-{suite}.part"
    shutil.rmtree(part, ignore_errors=True)
    fetch(
        ["mmdebstrap", "--mode=root", "--variant=extract", f"--include={KERNEL}", suite, str(part), MIRROR],
        BUILD_SECONDS,
    )
    extract_kernel(next((part / "boot").glob("vmlinuz-*")), part / "vmlinux")
    part.rename(tree)
    return tree


def modules_of(kernel: Path) -> Path:
    """The directory of the kernel's modules, named after its version."""
    for place in ("lib/modules", "usr/lib/modules"):
        if (kernel / place).is_dir():
            return next((kernel / place).iterdir())
    raise LabError(f"{kernel} has no kernel modules")


def extract_kernel(packed: Path, target: Path) -> None:
    """Take the ELF kernel out of a compressed image (LZ4, as Debian packs it): it starts a second sooner."""
    data = packed.read_bytes()
    begin = data.find(b"\x02\x21\x4c\x18")  # the magic of lz4's legacy frame, linux/scripts/extract-vmlinux
    if begin < 0:
        shutil.copy(packed, target)
        return
    with target.open("wb") as out:
        # Trailing bytes of the image make lz4 complain at the end; the ELF header tells whether it went well.
        subprocess.run(["lz4", "-dc"], input=data[begin:], stdout=out, stderr=subprocess.DEVNULL, check=False)
    if target.read_bytes()[:4] != b"\x7fELF":
        shutil.copy(packed, target)


def install_modules(root: Path, kernel: Path) -> None:
    """Put the few kernel modules the guests load into the root file system, uncompressed."""
    source = modules_of(kernel)
    target = root / "lib" / "modules" / source.name
    for part in KERNEL_PARTS:
        for path in module_files(source / "kernel" / part):
            place = target / path.relative_to(source).with_suffix("" if path.suffix == ".xz" else path.suffix)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(module_code(path))
    for path in source.glob("modules.*"):
        shutil.copy(path, target / path.name)
    call(["chroot", str(root), "depmod", source.name])


def module_files(place: Path) -> List[Path]:
    """The modules at a path: in a directory all, `NAME.ko` or `NAME.ko.xz` itself; none where it is built in."""
    if place.is_dir():
        return sorted(path for path in place.rglob("*.ko*") if path.suffix in {".ko", ".xz"})
    return [path for path in (place, place.with_name(place.name + ".xz")) if path.is_file()]


def module_code(path: Path) -> bytes:
    """A module as the kernel takes it."""
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def install_guest_files(root: Path) -> None:
    """Copy lab/guestfiles over the root file system and switch off what would start by itself."""
    shutil.copytree(PROJECT / "lab" / "guestfiles", root, dirs_exist_ok=True)
    (root / "lab").mkdir(exist_ok=True)
    shutil.copy(PROJECT / "lab" / "agent.py", root / "lab" / "agent.py")
    for name in ("init", "start"):
        (root / "lab" / name).chmod(0o755)
    (root / "etc" / "hostname").write_text("lab\n", encoding="utf-8")
    (root / "etc" / "fstab").write_text("/dev/vda / ext4 defaults,noatime 0 1\n", encoding="utf-8")
    for unit in QUIET:
        subprocess.run(
            ["systemctl", f"--root={root}", "disable", unit], capture_output=True, timeout=60, check=False
        )  # a unit that is not there is fine
    call(["systemctl", f"--root={root}", "enable", "lab-agent.service"])
    call(["systemctl", f"--root={root}", "mask", *MASKED])


def image(kind: Kind) -> Path:
    """The labelled disk image of a guest."""
    tree = root_tree(kind.suite)
    given = None if kind.store else handed()
    version = fingerprint(SOURCES if given is None else [*SOURCES, given])
    target = cache() / f"{kind.name}-{version}.img"
    if target.exists():
        return target
    check_disk()
    if given is None:
        pack(tree, kind.store, target, kind.disk)
    else:
        own = cache() / "root-handed"
        shutil.rmtree(own, ignore_errors=True)
        call(["cp", "-a", "--reflink=auto", str(tree), str(own)])
        policy.install_handed(own, given, {name for case in load_all() for name in case.denied[:2]})
        pack(own, store_name(given), target, kind.disk)
        shutil.rmtree(own)
    forget_old(version)
    return target


def pack(tree: Path, store: str, target: Path, size: int) -> None:
    """Label a tree for one of its policies and make a file system of `size` MiB of it."""
    policy.choose(tree, store)
    call(["setfiles", "-F", "-r", str(tree), str(labels(tree, store)), str(tree)])
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    call(["mke2fs", "-q", "-t", "ext4", "-O", "has_journal", "-d", str(tree), str(part), f"{size}M"])
    part.rename(target)


def machine(name: str) -> Machine:
    """Everything to boot a guest of this kind, built where it is missing."""
    check_tools()
    kind = KINDS[name]
    disk = image(kind)
    kernel = kernel_tree(kind.suite)
    initrd = cache() / f"initrd-{kind.suite}.img"
    if not initrd.exists():
        write_initrd(initrd, modules_of(kernel), packages_tree(kind.suite) / "bin" / "busybox")
    return Machine(kernel / "vmlinux", initrd, disk, kind.memory, kind.line, accelerator())


def has_systemd(name: str) -> bool:
    """Whether guests of this kind start with systemd."""
    return KINDS[name].line == SYSTEMD


def forget_old(current: str) -> List[str]:
    """Remove the trees, images and snapshots of older versions, but for the newest few: another run may use one.

    Args:
        current: the version that is used now.

    Returns:
        The versions that were removed.
    """
    images = [path for kind in KINDS for path in cache().glob(f"{kind}-????????????????.img")]
    newest = sorted(images, key=lambda path: path.stat().st_mtime, reverse=True)
    versions = list(dict.fromkeys(path.stem.rsplit("-", 1)[1] for path in newest))
    gone = [version for version in versions[KEPT_VERSIONS:] if version != current]
    for version in gone:
        for path in [*cache().glob(f"root-*-{version}"), *(cache() / "snapshots").glob(f"*-{version}-*")]:
            shutil.rmtree(path, ignore_errors=True)  # a snapshot's disk lies upon the image
        for kind in KINDS:
            (cache() / f"{kind}-{version}.img").unlink(missing_ok=True)
    return gone


def main() -> None:
    """Print the packages of the programs that are missing here, for lab/run."""
    print(*sorted({PROGRAMS[name] for name in needs(*PROGRAMS)}))


if __name__ == "__main__":
    main()
