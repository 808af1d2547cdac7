"""Puts policies into a guest's root file system: the reference policy as a module store, and Debian's, trimmed."""

from __future__ import annotations

import bz2
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, Iterable, Iterator, Set, Tuple

from lab.paths import PROJECT, LabError

STORES = {"small": "reference", "full": "default"}
WANTED = (
    "base", "acct", "apache", "apt", "automount", "bind", "chronyd", "clock", "cron", "daemontools", "ftp", "getty",
    "hostname", "iptables", "kerberos", "ldap", "logrotate", "memcached", "mta", "mysql", "netutils", "nis", "nscd",
    "ntp", "policykit", "postfix", "postgresql", "redis", "setrans", "snmp", "ssh", "sssd", "staff", "su", "sudo",
    "unconfined", "unprivuser", "xdg",
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
    name = STORES["small"]
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
        modules = [*sorted(reference.glob("*.cil")), *sorted((PROJECT / "lab" / "policy").glob("small*.cil")), labels]
        semodule(root, name, ["--priority=100", *(f"--install={path}" for path in modules)])


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
    """Disable most modules of Debian's policy (a rebuild then takes seconds in the guest) and add keepalived."""
    name = STORES["full"]
    store = root / "var" / "lib" / "selinux" / name / "active" / "modules" / "100"
    keep = closure(read_modules(store), WANTED)
    disabled = root / "var" / "lib" / "selinux" / name / "active" / "modules" / "disabled"
    disabled.mkdir(exist_ok=True)
    for module in store.iterdir():
        if module.name not in keep:
            (disabled / module.name).touch()
    forget_display_manager(store / "base" / "cil")
    (root / "etc" / "selinux" / "semanage.conf").write_text(SEMANAGE_CONF, encoding="utf-8")
    own = sorted((PROJECT / "lab" / "policy").glob("full*.cil"))
    semodule(root, name, ["--priority=400", *(f"--install={path}" for path in own)])


def forget_display_manager(base: Path) -> None:
    """Take the login mapping of the display manager out of Debian's base module: its SELinux user is not kept."""
    text = bz2.decompress(base.read_bytes()).decode()
    kept = [line for line in text.splitlines(keepends=True) if not line.startswith("(selinuxuser sddm ")]
    base.write_bytes(bz2.compress("".join(kept).encode()))


def semodule(root: Path, store: str, arguments: Iterable[str]) -> None:
    """Run semodule on a store below `root` without loading anything into this machine's kernel."""
    done = subprocess.run(
        ["semodule", "-n", "-p", str(root), "-s", store, *arguments],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode:
        raise LabError(f"semodule failed for the store {store}: {done.stderr.strip()[-800:]}")


def choose(root: Path, store: str) -> None:
    """Make `store` the policy the guest boots with, enforcing."""
    (root / "etc" / "selinux" / "config").write_text(f"SELINUX=enforcing\nSELINUXTYPE={store}\n", encoding="utf-8")


def read_modules(store: Path) -> Dict[str, Tuple[Set[str], Set[str]]]:
    """For each module of a store: the names it declares, and the names it needs outside its optional blocks."""
    found = {}
    for module in sorted(store.iterdir()):
        data = (module / "cil").read_bytes() if (module / "cil").exists() else b""
        text = bz2.decompress(data).decode() if data.startswith(b"BZh") else data.decode()
        if not text:
            text = compiled_to_cil(module)
        found[module.name] = names(text)
    return found


def compiled_to_cil(module: Path) -> str:
    """A module's CIL by way of libsemanage's own converter, for a store that keeps only the compiled form."""
    data = (module / "hll").read_bytes()
    data = bz2.decompress(data) if data.startswith(b"BZh") else data
    done = subprocess.run(["/usr/libexec/selinux/hll/pp"], input=data, capture_output=True, timeout=60, check=False)
    if done.returncode:
        raise LabError(f"could not read the policy module {module.name}: {done.stderr.decode()[-200:]}")
    return done.stdout.decode()


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
