"""Builds what guests are made of, from Debian packages: a root file system, a kernel, two disk images."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import List

from lab import payload, policy
from lab.call import call, fetch
from lab.guest import Machine
from lab.initrd import write_initrd
from lab.paths import PROJECT, LabSkipped, cache, fingerprint

SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
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
PROGRAMS = {
    "mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs", "setfiles": "policycoreutils", "semodule": "policycoreutils",
    "dpkg": "dpkg", "apt-get": "apt", "lz4": "lz4", "cpio": "cpio", "chroot": "coreutils", "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
}  # fmt: skip  # what is called, and Debian's package of it
DISK_MIB = 2500
KEPT_VERSIONS = 3
ROOM_MIB = 6000  # the packages, two trees of them, two images, snapshots
BUILD_SECONDS = 1500


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


def root_tree() -> Path:
    """The unpacked root file system with all packages, made once (a minute or two, about 700 MB)."""
    lab = PROJECT / "lab"
    parts = [
        lab / "build.py",
        lab / "payload.py",
        lab / "policy.py",
        lab / "agent.py",
        lab / "policy",
        lab / "guestfiles",
    ]
    name = fingerprint([*parts, PROJECT / "policies" / "reference"])
    tree = cache() / f"root-{name}"
    if tree.exists():
        return tree
    packed = packages_tree()
    part = tree.with_suffix(".part")
    if part.exists():
        shutil.rmtree(part)
    call(["cp", "-a", "--reflink=auto", str(packed), str(part)])
    install_modules(part)
    install_guest_files(part)
    policy.install_reference(part)
    policy.install_trimmed(part)
    part.rename(tree)
    return tree


def packages_tree() -> Path:
    """The distribution's packages alone, unpacked and configured."""
    tree = cache() / "packages"
    if tree.exists():
        return tree
    check_disk()
    part = cache() / "packages.part"
    if part.exists():
        shutil.rmtree(part)
    skipped = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale", "info")]
    fetch(
        ["mmdebstrap", "--mode=root", "--variant=minbase", '--aptopt=APT::Install-Recommends "false"', *skipped,
         f"--include={','.join(TOOLS + SERVICES)}", SUITE, str(part), MIRROR],
        BUILD_SECONDS,
    )  # fmt: skip
    part.rename(tree)
    return tree


def kernel_tree() -> Path:
    """The kernel package, unpacked, with the uncompressed kernel beside it as `vmlinux`."""
    tree = cache() / "kernel"
    if (tree / "vmlinux").exists():
        return tree
    part = cache() / "kernel.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    found = fetch(["apt-cache", "depends", "linux-image-cloud-amd64"])
    name = next(word for word in found.split() if word.startswith("linux-image-") and word[12].isdigit())
    fetch(["apt-get", "download", name], cwd=part)
    call(["dpkg", "-x", str(next(part.glob("*.deb"))), str(part)])
    extract_kernel(next((part / "boot").glob("vmlinuz-*")), part / "vmlinux")
    if tree.exists():
        shutil.rmtree(tree)
    part.rename(tree)
    return tree


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


def install_modules(root: Path) -> None:
    """Put the few kernel modules the guests load into the root file system."""
    source = next((kernel_tree() / "lib" / "modules").iterdir())
    target = root / "lib" / "modules" / source.name
    for part in KERNEL_PARTS:
        begin = source / "kernel" / part
        files = [begin] if begin.is_file() else sorted(begin.rglob("*.ko"))
        for path in files:
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    for path in source.glob("modules.*"):
        shutil.copy(path, target / path.name)
    call(["chroot", str(root), "depmod", source.name])


def install_guest_files(root: Path) -> None:
    """Copy lab/guestfiles over the root file system and switch off what would start by itself."""
    shutil.copytree(PROJECT / "lab" / "guestfiles", root, dirs_exist_ok=True)
    (root / "lab").mkdir(exist_ok=True)
    shutil.copy(PROJECT / "lab" / "agent.py", root / "lab" / "agent.py")
    shutil.copytree(payload.packages(), root / "opt" / "avcdoctor" / "packages")
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


def image(kind: str) -> Path:
    """The labelled disk image of a guest.

    Args:
        kind: "small" (the reference policy, a shell script as init) or "full" (Debian's policy, systemd).
    """
    tree = root_tree()
    target = cache() / f"{kind}-{tree.name[5:]}.img"
    if target.exists():
        return target
    check_disk()
    store = policy.STORES[kind]
    policy.choose(tree, store)
    labels = tree / "etc" / "selinux" / store / "contexts" / "files" / "file_contexts"
    call(["setfiles", "-F", "-r", str(tree), str(labels), str(tree)])
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    call(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal" if kind == "none" else "has_journal", "-d", str(tree),
          str(part), f"{DISK_MIB}M"])  # fmt: skip
    part.rename(target)
    forget_old(tree.name[5:])
    return target


def machine(kind: str) -> Machine:
    """Everything to boot a guest of this kind, built where it is missing."""
    check_tools()
    disk = image(kind)
    kernel = kernel_tree()
    initrd = cache() / "initrd.img"
    if not initrd.exists():
        write_initrd(initrd, kernel, packages_tree() / "bin" / "busybox")
    line = "init=/lab/init" if kind == "small" else "systemd.show_status=0"
    return Machine(kernel / "vmlinux", initrd, disk, 640 if kind == "small" else 1024, line)


def forget_old(current: str) -> List[str]:
    """Remove the trees, images and snapshots of older versions, but for the newest few: another run may use one.

    Args:
        current: the version that is used now.

    Returns:
        The versions that were removed.
    """
    images = [path for kind in policy.STORES for path in cache().glob(f"{kind}-*.img")]
    newest = sorted(images, key=lambda path: path.stat().st_mtime, reverse=True)
    versions = list(dict.fromkeys(path.stem.split("-", 1)[1] for path in newest))
    gone = [version for version in versions[KEPT_VERSIONS:] if version != current]
    for version in gone:
        shutil.rmtree(cache() / f"root-{version}", ignore_errors=True)
        for kind in policy.STORES:
            (cache() / f"{kind}-{version}.img").unlink(missing_ok=True)
            for snapshot in (cache() / "snapshots").glob(f"{kind}-{version}-*"):  # their disks lie upon the image
                shutil.rmtree(snapshot, ignore_errors=True)
    return gone


def main() -> None:
    """Print the packages of the programs that are missing here, for lab/run."""
    print(*sorted({PROGRAMS[name] for name in needs(*PROGRAMS)}))


if __name__ == "__main__":
    main()
