"""Puts policies into a guest's root file system: the reference policy, Debian's (trimmed), or a handed one."""

from __future__ import annotations

import bz2
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Iterable, Iterator, Sequence, Set, Tuple

from lab.kinds import store_name
from lab.paths import PROJECT, LabError

WANTED = (
    "base", "acct", "apache", "apt", "automount", "bind", "chronyd", "clock", "container", "cron", "daemontools",
    "ftp", "getty", "hostname", "iptables", "kerberos", "ldap", "logrotate", "memcached", "mta", "mysql", "netutils",
    "nis", "nscd", "ntp", "podman", "policykit", "postfix", "postgresql", "redis", "setrans", "snmp", "ssh", "sssd",
    "staff", "su", "sudo", "unconfined", "unconfineduser", "unprivuser", "xdg",
)  # fmt: skip
KINDS = {"": "any", "--": "file", "-d": "dir", "-c": "char", "-b": "block", "-s": "socket", "-p": "pipe",
         "-l": "symlink"}  # fmt: skip
SEMANAGE_CONF = """module-store = direct
expand-check = 0
disable-genhomedircon = true
usepasswd = false
bzip-small = true
save-previous = false
"""


def file_contexts_as_cil(text: str) -> str:
    """Turn lines of file_contexts(5) into CIL `filecon` statements.

    Raises:
        LabError: a line is not understood.
    """
    statements = [";; Made from file_contexts."]
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = re.fullmatch(r"(\S+)(?:\s+(-.))?\s+(?:(<<none>>)|(\w+):(\w+):(\w+):s0)", line.strip())
        if not found:
            raise LabError(f"not a line of file_contexts: {line}")
        pattern, kind, none, user, role, type_ = found.groups()
        context = "()" if none else f"({user} {role} {type_} (systemlow systemlow))"
        statements.append(f'(filecon "{pattern}" {KINDS[kind or ""]} {context})')
    return "\n".join(statements) + "\n"


def install_reference(root: Path) -> None:
    """Make the reference policy a module store named `reference` below `root`, so that semodule and semanage work."""
    name = "reference"
    contexts = root / "etc" / "selinux" / name / "contexts"
    (contexts / "files").mkdir(parents=True, exist_ok=True)
    (root / "etc" / "selinux" / name / "policy").mkdir(exist_ok=True)
    (root / "var" / "lib" / "selinux" / name).mkdir(parents=True, exist_ok=True)
    (root / "etc" / "selinux" / "semanage.conf").write_text(SEMANAGE_CONF, encoding="utf-8")
    reference = PROJECT / "policies" / "reference"
    for file, content in context_files().items():
        (contexts / file).write_text(content, encoding="utf-8")
    subs = (reference / "file_contexts.subs_dist").read_text(encoding="utf-8")
    (contexts / "files" / "file_contexts.subs_dist").write_text(subs, encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        labels = Path(scratch) / "filecontexts.cil"
        labels.write_text(file_contexts_as_cil((reference / "file_contexts").read_text(encoding="utf-8")), "utf-8")
        own = PROJECT / "lab" / "policy" / "small.cil"
        install(root, name, 100, [*sorted(reference.glob("*.cil")), own, labels])


def install_handed(root: Path, given: Path, types: Iterable[str]) -> None:
    """Put a policy that somebody hands over into `root`, with what the small guest needs for its own work.

    Args:
        root: the guest's root file system.
        given: a directory with etc/selinux and var/lib/selinux, as on a machine.
        types: what the loops are about; the modules that declare them are kept.
    """
    name = store_name(given)
    for part in (Path("etc", "selinux", name), Path("var", "lib", "selinux", name)):
        shutil.rmtree(root / part, ignore_errors=True)
        shutil.copytree(given / part, root / part, symlinks=True)
    (root / "etc" / "selinux" / "semanage.conf").write_text(SEMANAGE_CONF, encoding="utf-8")
    trim(root, name, types)
    own = PROJECT / "lab" / "policy"
    install(root, name, 400, [own / "small.cil", own / "store.cil"])


def context_files() -> Dict[str, str]:
    """The small files libselinux and libsemanage expect beside a policy."""
    return {
        "default_type": "unconfined_r:unconfined_t\nsysadm_r:sysadm_t\nstaff_r:staff_t\nuser_r:user_t\n",
        "default_contexts": "system_r:sshd_t:s0 unconfined_r:unconfined_t:s0\n",
        "failsafe_context": "unconfined_r:unconfined_t:s0\n",
        "initrc_context": "system_u:system_r:initrc_t:s0\n",
        "removable_context": "system_u:object_r:mnt_t:s0\n",
        "userhelper_context": "system_u:sysadm_r:sysadm_t:s0\n",
        "customizable_types": "container_file_t\nhttpd_user_content_t\npublic_content_t\npublic_content_rw_t\n",
        "securetty_types": "user_tty_device_t\n",
        "dbus_contexts": "<busconfig><selinux></selinux></busconfig>\n",
        "files/media": "",
    }


def install_trimmed(root: Path) -> None:
    """Trim Debian's policy and add keepalived."""
    name = "default"
    trim(root, name)
    forget_display_manager(root / "var" / "lib" / "selinux" / name / "active" / "modules" / "100" / "base" / "cil")
    (root / "etc" / "selinux" / "semanage.conf").write_text(SEMANAGE_CONF, encoding="utf-8")
    install(root, name, 400, [PROJECT / "lab" / "policy" / "full.cil"])


def trim(root: Path, store: str, types: Iterable[str] = ()) -> None:
    """Disable most modules of a store, so that a rebuild takes seconds in the guest.

    Args:
        root: where the store is.
        store: its name.
        types: modules that declare one of these are kept too.
    """
    modules = root / "var" / "lib" / "selinux" / store / "active" / "modules"
    found = read_modules(root, modules)
    wanted = [*WANTED, *(name for name, (declared, _) in found.items() if declared & set(types))]
    keep = closure(found, wanted)
    disabled = modules / "disabled"
    disabled.mkdir(exist_ok=True)
    for name in found:
        if name not in keep:
            (disabled / name).touch()


def forget_display_manager(base: Path) -> None:
    """Take the login mapping of the display manager out of Debian's base module: its SELinux user is not kept."""
    text = bz2.decompress(base.read_bytes()).decode()
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith("(selinuxuser sddm ")]
    base.write_bytes(bz2.compress("".join(kept).encode()))


def install(root: Path, store: str, priority: int, modules: Sequence[Path]) -> None:
    """Install modules into a store below `root` with the tools there, loading nothing into this machine's kernel."""
    with tempfile.TemporaryDirectory(dir=root / "root") as scratch:
        for module in modules:
            shutil.copy(module, scratch)
        names = [f"--install=/root/{Path(scratch).name}/{module.name}" for module in modules]
        inside(root, "semodule", "-n", "-s", store, f"--priority={priority}", *names)


def inside(root: Path, *arguments: str, data: bytes = b"") -> bytes:
    """Run one of the programs below `root`, there.

    Raises:
        LabError: it failed, with its last words.
    """
    done = subprocess.run(["chroot", str(root), *arguments], input=data, capture_output=True, timeout=600, check=False)
    if done.returncode:
        raise LabError(f"{arguments[0]} failed in {root}: {done.stderr.decode(errors='replace').strip()[-800:]}")
    return done.stdout


def choose(root: Path, store: str) -> None:
    """Make `store` the policy the guest boots with, enforcing."""
    (root / "etc" / "selinux" / "config").write_text(f"SELINUX=enforcing\nSELINUXTYPE={store}\n", encoding="utf-8")


def read_modules(root: Path, modules: Path) -> Dict[str, Tuple[Set[str], Set[str]]]:
    """For each module of a store: the names it declares, and the names it needs outside its optional blocks."""
    found = {}
    priorities = sorted((path for path in modules.iterdir() if path.name.isdigit()), key=lambda path: int(path.name))
    for priority in priorities:
        for module in sorted(priority.iterdir()):
            found[module.name] = names(source(root, module))
    return found


def source(root: Path, module: Path) -> str:
    """A module's CIL: as it is kept or, where the store has only the compiled form, by libsemanage's own converter."""
    if (module / "cil").exists() and (module / "cil").stat().st_size:
        data = (module / "cil").read_bytes()
        return (bz2.decompress(data) if data.startswith(b"BZh") else data).decode()
    data = (module / "hll").read_bytes()
    data = bz2.decompress(data) if data.startswith(b"BZh") else data
    return inside(root, "/usr/libexec/selinux/hll/pp", data=data).decode()


def names(text: str) -> Tuple[Set[str], Set[str]]:
    """What a module's CIL declares and needs.

    Returns:
        (declared, needed); names inside optional blocks are neither.
    """
    declared: Set[str] = set()
    needed: Set[str] = set()
    for line in outside_optionals(text):
        words = re.findall(r"[\w.]+", line)
        if not words:
            continue
        if words[0] in {"type", "typeattribute", "typealias", "role", "roleattribute", "boolean", "user"}:
            declared.add(words[1])
        needed.update(word for word in words[1:] if word.endswith(("_t", "_r")) or "_" in word)
    return declared, needed


def outside_optionals(text: str) -> Iterator[str]:
    """The lines of CIL that are not inside an (optional ...) block."""
    depth = 0
    for line in text.splitlines():
        if depth or line.lstrip().startswith("(optional "):
            depth += line.count("(") - line.count(")")
            continue
        yield line


def closure(modules: Dict[str, Tuple[Set[str], Set[str]]], wanted: Iterable[str]) -> Set[str]:
    """The wanted modules and every module that declares a name they need."""
    home = {name: module for module, (declared, _) in modules.items() for name in declared}
    keep: Set[str] = set()
    queue = [name for name in wanted if name in modules]
    while queue:
        module = queue.pop()
        if module in keep:
            continue
        keep.add(module)
        queue.extend(home[name] for name in modules[module][1] if name in home and home[name] not in keep)
    return keep
