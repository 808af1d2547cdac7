"""A foreign image whose policy store holds links, pipes or devices is named and not used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Dict

import pytest

from avcdoctor.apply.machine import open_machine
from avcdoctor.errors import PolicyError
from avcdoctor.host import Labels, file_contexts
from avcdoctor.host.offline import problems_of
from avcdoctor.host.store import PolicyStore


def laid_out(root: Path) -> Path:
    for folder in (
        "etc/selinux/targeted/contexts/files",
        "etc/selinux/targeted/policy",
        "var/lib/selinux/targeted/active",
    ):
        (root / folder).mkdir(parents=True)
    (root / "etc/selinux/config").write_text("SELINUXTYPE=targeted\n")
    return root


def pipe(place: Path) -> None:
    os.mkfifo(place)


def device(place: Path) -> None:
    place.symlink_to("/dev/zero")


def outside(place: Path) -> None:
    place.symlink_to("/etc/hostname")


ODD: Dict[str, Callable[[Path], None]] = {"pipe": pipe, "device": device, "outside": outside}
PLACES = (
    "etc/selinux/semanage.conf",
    "etc/selinux/targeted/contexts/files/file_contexts.subs",
    "etc/selinux/targeted/policy/policy.33",
    "var/lib/selinux/targeted/active/commit_num",
    "var/lib/selinux/targeted/semanage.trans.LOCK",
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ODD)
def test_nothing_odd_in_the_store_is_opened(tmp_path: Path, place: str, kind: str) -> None:
    root = laid_out(tmp_path / "root")
    ODD[kind](root / place)
    assert problems_of(root, "targeted")
    with pytest.raises(PolicyError, match="reach out of it"):
        open_machine(str(root))
    with pytest.raises(PolicyError):
        PolicyStore(root, "targeted", False).listing("boolean")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", ["file_contexts", "file_contexts.local", "file_contexts.subs"])
@pytest.mark.parametrize("kind", ODD)
def test_file_contexts_are_files_of_the_root(tmp_path: Path, name: str, kind: str) -> None:
    root = laid_out(tmp_path / "root")
    folder = root / "etc/selinux/targeted/contexts/files"
    (folder / "file_contexts").write_text("/srv(/.*)?  system_u:object_r:var_t:s0\n")
    (folder / name).unlink(missing_ok=True)
    ODD[kind](folder / name)
    with pytest.raises(PolicyError, match="can't read the file contexts"):
        Labels(folder / "file_contexts").default("/srv/a")


@pytest.mark.timeout(20)
def test_an_ordinary_root_is_used(tmp_path: Path) -> None:
    root = laid_out(tmp_path / "root")
    (root / "etc/selinux/semanage.conf").write_text("module-store = direct\n")
    assert problems_of(root, "targeted") == []
    assert open_machine(str(root)).policy_type == "targeted"


def test_an_expression_of_a_stranger_does_not_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_contexts, "_SECONDS", 0.3)
    (tmp_path / "file_contexts").write_text("/srv/(a+)+b  system_u:object_r:var_t:s0\n")
    with pytest.raises(PolicyError, match="does not come to an end"):
        Labels(tmp_path / "file_contexts").default(f"/srv/{'a' * 60}")
