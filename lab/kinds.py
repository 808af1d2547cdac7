"""The kinds of guest: which Debian they are made of, which policy they enforce, how they start."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Tuple

from lab.paths import LabError

HANDED = "AVCDOCTOR_LAB_STORE"
SYSTEMD = "systemd.show_status=0"
SCRIPT = "init=/lab/init"


@dataclass(frozen=True)
class Kind:
    """What makes guests of one kind.

    Args:
        name: as people and cases call it.
        suite: Debian's release.
        store: the name of the policy store it enforces; empty for the one that is handed over.
        memory: MiB.
        line: what to append to the kernel's command line.
        about: what it is, in words for people.
        disk: MiB.
    """

    name: str
    suite: str
    store: str
    memory: int
    line: str
    about: str
    disk: int = 2500


KINDS = {
    kind.name: kind
    for kind in (
        Kind("small", "bookworm", "reference", 640, SCRIPT, "Debian 12, the reference policy, a script as init"),
        Kind("full", "bookworm", "default", 1024, SYSTEMD, "Debian 12, its own policy (trimmed), systemd"),
        Kind("full-13", "trixie", "default", 1024, SYSTEMD, "Debian 13, its own policy (trimmed), systemd, podman"),
        Kind(
            "store",
            "bookworm",
            "",
            2048,
            SCRIPT,
            "Debian 12, a policy that was handed over (trimmed), a script as init",
        ),
    )
}
GUESTS = {"small": ("small",), "full": ("full", "full-13"), "full-13": ("full-13",)}  # which guests a case is run in


def guests_of(wanted: str) -> Tuple[str, ...]:
    """The guests for a case.

    Args:
        wanted: the case's own word: "small", "full" for both full ones, or "full-13" for one alone.

    Returns:
        Names of kinds. With a store handed over: that one in place of the small guest, and none for the full ones.
    """
    if handed() is None:
        return GUESTS[wanted]
    return ("store",) if wanted == "small" else ()


def handed() -> Path | None:
    """The directory with the policy store that somebody handed over in $AVCDOCTOR_LAB_STORE.

    Raises:
        LabError: it holds no policy with its store.
    """
    chosen = os.environ.get(HANDED)
    if not chosen:
        return None
    root = Path(chosen).resolve()
    store_name(root)
    return root


def store_name(root: Path) -> str:
    """The policy that etc/selinux/config below `root` names.

    Raises:
        LabError: there is none, or it has no file contexts, or no module store.
    """
    config = root / "etc" / "selinux" / "config"
    text = config.read_text(encoding="utf-8") if config.is_file() else ""
    found = re.search(r"^SELINUXTYPE=([\w.-]+)\s*$", text, re.MULTILINE)
    if not found:
        raise LabError(f"{HANDED}: {config} names no policy")
    name = found.group(1)
    for part in (labels(root, name), root / "var" / "lib" / "selinux" / name / "active" / "modules"):
        if not part.exists():
            raise LabError(f"{HANDED}: {part} is missing")
    return name


def labels(root: Path, store: str) -> Path:
    """Where a policy's file contexts are."""
    return root / "etc" / "selinux" / store / "contexts" / "files" / "file_contexts"
