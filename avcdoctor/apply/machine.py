"""The machine that is to be changed: its facts, its policy store and its history."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Protocol

from avcdoctor.apply.changes import Store
from avcdoctor.apply.history import History
from avcdoctor.errors import PolicyError
from avcdoctor.host import Host, open_host
from avcdoctor.host.offline import problems_of
from avcdoctor.host.store import PolicyStore, store_name
from avcdoctor.model import safe_text
from avcdoctor.sources.regular import read_regular


class ManagedStore(Store, Protocol):
    """A store together with what preflight and undo ask of it."""

    @property
    def directory(self) -> Path:
        """Where the store lies on this machine."""

    @property
    def damaged(self) -> bool:
        """Whether a transaction was cut short such that nothing can be read."""

    def busy(self) -> bool:
        """Whether another program is changing it."""

    def heal(self) -> Optional[str]:
        """Bring back its last good state; says what was done."""


@dataclass(frozen=True)
class Machine:
    """One machine, running or offline."""

    root: Path
    live: bool
    store: ManagedStore
    history: History
    policy_type: str

    def host(self) -> Host:
        """The machine's facts as they are now; look again after a change."""
        return open_host(root=None if self.live else str(self.root))

    @property
    def name(self) -> str:
        """What to call it in a sentence."""
        return "this machine" if self.live else str(self.root)

    def policy_digest(self) -> Optional[str]:
        """SHA-256 of the installed binary policy; None where there is none.

        The file is asked, not the kernel, whose image also holds the momentary state of booleans.
        """
        folder = self.root / "etc/selinux" / self.policy_type / "policy"
        files = [path for path in folder.glob("policy.*") if path.suffix[1:].isdigit()]
        if not files:
            return None
        newest = max(files, key=lambda path: int(path.suffix[1:]))
        return hashlib.sha256(read_regular(newest, follow=self.live)).hexdigest()


def open_machine(root: Optional[str] = None) -> Machine:
    """Open the machine that a fix is for.

    Args:
        root: the top of an offline root; None or "/" is the running host.

    Raises:
        InputError: the root is not a directory.
        PolicyError: it has no policy store, or one that could reach out of an offline root, or is a sosreport.
    """
    host = open_host(root=root)
    if host.report is not None:
        hint = "use --dry-run, or --format ansible or shell, and carry it out on the machine itself"
        raise PolicyError(f"{safe_text(host.root.name)} is a sosreport, not a machine that could be fixed", hint)
    name = store_name(host.files)
    if name is None:
        where = "this machine" if host.live else str(host.root)
        raise PolicyError(f"{where} has no SELinux policy store", "install a policy, or use --dry-run")
    problems = [] if host.live else problems_of(host.root, name)
    if problems:
        words = f"the policy store of {host.root} is not used, since it could reach out of it: {problems[0]}"
        raise PolicyError(safe_text(words), "see docs/safety.md")
    store = PolicyStore(host.root, name, host.live)
    return Machine(host.root, host.live, store, History(host.root), name)
