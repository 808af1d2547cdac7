"""A machine to fix in a temporary directory: real files and history, and a policy store that is one JSON file."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

import pytest

from avcdoctor.apply.history import History
from avcdoctor.apply.machine import Machine
from avcdoctor.host import Host, open_host
from avcdoctor.host.items import Edit, Item
from avcdoctor.host.pinned import LABEL
from avcdoctor.host.store import StoreError

LABELLED = "unconfined_u:object_r:user_home_t:s0"


class FakeStore:
    """Behaves as a policy store does: all edits or none, and what is there survives the process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "store.json"
        self.refuse = False
        self.is_busy = False
        self.damaged = False
        self.commits: List[Tuple[int, bool]] = []
        directory.mkdir(parents=True, exist_ok=True)

    def content(self) -> Dict[str, str]:
        return dict(json.loads(self.file.read_text())) if self.file.exists() else {}

    def read(self, items: Sequence[Item]) -> Mapping[Item, Optional[str]]:
        known = self.content()
        return {item: known.get(str(item)) for item in items}

    def commit(self, edits: Sequence[Edit], rebuild: bool = False) -> None:
        self.commits.append((len(edits), rebuild))
        if self.refuse:
            raise StoreError("libsemanage refused the transaction: a test said so")
        known = self.content()
        for edit in edits:
            if edit.value is None:
                known.pop(str(edit.item), None)
            else:
                known[str(edit.item)] = edit.value
        temporary = self.file.with_suffix(".new")
        temporary.write_text(json.dumps(known))
        temporary.rename(self.file)

    def busy(self) -> bool:
        return self.is_busy

    def heal(self) -> Optional[str]:
        return None


@lru_cache(maxsize=8)
def _host(root: Path) -> Host:
    host = open_host(policy="reference", root=str(root))
    assert host.policy is not None
    return host


@dataclass(frozen=True)
class TestMachine(Machine):
    """A machine whose policy stays what it is, so that it is read once."""

    __test__ = False

    def host(self) -> Host:
        return _host(self.root)


def make_machine(root: Path) -> TestMachine:
    store = FakeStore(root / "var/lib/selinux/default")
    return TestMachine(root, False, store, History(root), "default")


def fake(machine: Machine) -> FakeStore:
    assert isinstance(machine.store, FakeStore)
    return machine.store


def make_file(root: Path, path: str, label: str = LABELLED, text: str = "x", mode: int = 0o644) -> Path:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    os.setxattr(place, LABEL, label.encode() + b"\0")
    return place


def label(place: Path) -> Optional[str]:
    try:
        return os.getxattr(place, LABEL, follow_symlinks=False).rstrip(b"\0").decode()
    except OSError:
        return None


def snapshot(root: Path) -> Dict[str, Tuple[object, ...]]:
    """Every file below a root but the history: kind, mode, owner, label and content."""
    found: Dict[str, Tuple[object, ...]] = {}
    for folder, directories, files in os.walk(root):
        for name in (*directories, *files):
            place = Path(folder) / name
            shown = str(place.relative_to(root))
            if shown.startswith("var/lib/avcdoctor"):
                continue
            state = place.lstat()
            content = place.read_bytes() if place.is_file() and not place.is_symlink() else b""
            found[shown] = (state.st_mode, state.st_uid, state.st_gid, label(place), content)
    return found


def can_label(folder: Path) -> bool:
    probe = folder / "probe"
    probe.write_text("")
    try:
        os.setxattr(probe, LABEL, b"system_u:object_r:etc_t:s0\0")
    except OSError:
        return False
    finally:
        probe.unlink()
    return True


def needs_labels(folder: Path) -> None:
    """Skip a test where files can't carry labels: it takes root, and a filesystem with extended attributes."""
    if not can_label(folder):
        pytest.skip("labels can't be set here: not root, or a filesystem without extended attributes")
