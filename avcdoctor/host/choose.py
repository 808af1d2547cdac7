"""Finds the policy to ask: a given file, an offline root's, the running host's, or our own reference policy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from avcdoctor.errors import PolicyError
from avcdoctor.host.files import Files
from avcdoctor.system import OS_RELEASE, names_of

KERNEL_POLICY = "/sys/fs/selinux/policy"


@dataclass(frozen=True)
class Choice:
    """Which policy to use and which file contexts go with it.

    Args:
        origin: "file", "root", "host" or "reference".
        path: the binary policy; None for the reference policy, which is compiled when needed.
        name: what to call it in a sentence.
        contexts: file_contexts, if any.
        own: they are the running host's.
        notes: what a reader should know about the choice.
    """

    origin: str
    path: Optional[Path]
    name: str
    contexts: Optional[Path] = None
    own: bool = False
    notes: Tuple[str, ...] = ()


def choose(policy: Optional[str], files: Files, live: bool) -> Choice:
    """Decide which policy is asked.

    Args:
        policy: what `--policy` says: a file, "reference", or nothing.
        files: the root in use.
        live: the root is the running host.

    Raises:
        PolicyError: a policy was named and isn't there.
    """
    installed = _installed(files, live)
    if policy == "reference":
        return Choice("reference", None, "avcdoctor's reference policy")
    if policy is not None:
        return _given(Path(policy), installed, live)
    if installed is not None and installed.path is not None:
        return installed
    where = "this machine has no SELinux policy" if live else f"{files.root.name} holds no SELinux policy"
    notes = (f"{where}; answers come from avcdoctor's small reference policy",)
    contexts = installed.contexts if installed else None
    return Choice("reference", None, "avcdoctor's reference policy", contexts, live and contexts is not None, notes)


def _given(path: Path, installed: Optional[Choice], live: bool) -> Choice:
    if path.is_dir():
        raise PolicyError(f"{path} is a directory, not a policy", "give the binary policy, such as policy.33 in it")
    if not path.exists():
        raise PolicyError(f"there is no policy {path}", "check --policy")
    beside = path.resolve().parent.parent / "contexts" / "files" / "file_contexts"
    if beside.is_file():
        own = bool(installed and installed.contexts and installed.own and beside.samefile(installed.contexts))
        return Choice("file", path, f"the policy {path}", beside, own)
    if installed is None or installed.contexts is None:
        return Choice("file", path, f"the policy {path}")
    whose = "this machine" if live else "the root in use"
    note = f"no file_contexts lies beside {path}; default labels come from {whose}"
    return Choice("file", path, f"the policy {path}", installed.contexts, installed.own, (note,))


def _installed(files: Files, live: bool) -> Optional[Choice]:
    """The policy that a root's /etc/selinux/config names, or else the first one there (selinux_config(5))."""
    for type_ in _policy_types(files):
        folder = f"/etc/selinux/{type_}"
        path = _newest(files, f"{folder}/policy")
        contexts = files.on_disk(f"{folder}/contexts/files/file_contexts")
        if live:
            path = _readable(Path(KERNEL_POLICY)) or path
        if path is None and contexts is None:
            continue
        name = f"{_system(files)}'s {type_} policy"
        return Choice("host" if live else "root", path, name, contexts, live)
    return None


def _policy_types(files: Files) -> List[str]:
    named = []
    for line in (files.read_text("/etc/selinux/config") or "").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "SELINUXTYPE" and value.strip():
            named.append(value.strip())
    return [*named, *(name for name in files.names("/etc/selinux") if name not in named)]


def _newest(files: Files, folder: str) -> Optional[Path]:
    """The policy.N with the highest N."""
    numbered = []
    for name in files.names(folder):
        prefix, _, number = name.rpartition(".")
        if prefix == "policy" and number.isdigit():
            numbered.append((int(number), name))
    return files.on_disk(f"{folder}/{max(numbered)[1]}") if numbered else None


def system_names(files: Files) -> Tuple[str, ...]:
    """What the system below a root is and what it is like, see `avcdoctor.system.names_of`."""
    for path in OS_RELEASE:
        names = names_of(files.read_text(path) or "")
        if names:
            return names
    return ()


def _readable(path: Path) -> Optional[Path]:
    try:
        with path.open("rb") as stream:
            return path if len(stream.read(4)) == 4 else None
    except OSError:  # SELinux is not in use, or this needs more rights
        return None


def _system(files: Files) -> str:
    """The distribution's name, such as "Debian"."""
    for path in OS_RELEASE:
        for line in (files.read_text(path) or "").splitlines():
            if line.startswith("NAME="):
                name = line[5:].strip().strip("\"'")
                return name.replace(" GNU/Linux", "").replace(" Linux", "") or "this system"
    return "this system" if str(files.root) == "/" else "the root"
