"""A tree in a service's hands: relabelled by descriptor, and nothing its owner plants or swaps leads out of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, Optional

import pytest

from avcdoctor.host import tree as trees
from avcdoctor.host.pinned import LABEL, MeanwhileError, UnsafePathError, look
from avcdoctor.host.tree import held, left_out, look_below, tree
from tests.apply.machines import label, make_file, needs_labels
from tests.privileges import needs_root

pytestmark = needs_root
SERVICE = 4242
SHADOW = "system_u:object_r:shadow_t:s0"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    needs_labels(tmp_path)
    top = tmp_path / "root"
    for name in ("PG_VERSION", "base/1/112", "base/1/113"):
        make_file(top, f"/srv/pg/main/{name}")
    make_file(top, "/etc/shadow", SHADOW)
    for place in (top / "srv/pg/main", *(top / "srv/pg/main").rglob("*")):
        os.chown(place, SERVICE, SERVICE)
    return top


def test_a_tree_of_a_service_is_walked(root: Path) -> None:
    assert left_out(root, "/srv/pg/main") == (6, ())
    assert look_below(root, "/srv/pg/main", "/srv/pg/main/base/1/112").uid == SERVICE
    assert look_below(root, "/srv/pg/main", "/srv/pg/main").kind == "d"


def test_the_way_to_the_top_has_to_be_in_roots_hands(root: Path) -> None:
    for top in ("/srv/pg/main/base", "/srv/pg/main/base/1"):
        with pytest.raises(UnsafePathError, match="/srv/pg/main can be written by others"):
            left_out(root, top)
        with pytest.raises(UnsafePathError, match="/srv/pg/main can be written by others"), held(root, top, top):
            pytest.fail("it was held")


def test_links_are_held_themselves_and_second_names_are_left_out(root: Path) -> None:
    (root / "srv/pg/main/link").symlink_to("/etc/shadow")
    (root / "srv/pg/main/folder").symlink_to("../../../etc")
    os.link(root / "etc/shadow", root / "srv/pg/main/base/mine")
    count, skipped = left_out(root, "/srv/pg/main")
    assert count == 8
    assert [path for path, _ in skipped] == ["/srv/pg/main/base/mine"]
    assert "other names" in skipped[0][1]
    assert look_below(root, "/srv/pg/main", "/srv/pg/main/link").kind == "l"
    with pytest.raises(MeanwhileError, match="can't be reached"):
        look_below(root, "/srv/pg/main", "/srv/pg/main/folder/shadow")
    with pytest.raises(MeanwhileError, match="other names"):
        look_below(root, "/srv/pg/main", "/srv/pg/main/base/mine")


def test_a_second_name_below_a_directory_of_roots_in_such_a_tree_is_left_out(root: Path) -> None:
    (root / "srv/pg/main/ours").mkdir()
    os.link(root / "etc/shadow", root / "srv/pg/main/ours/mine")
    _, skipped = left_out(root, "/srv/pg/main")
    assert [path for path, _ in skipped] == ["/srv/pg/main/ours/mine"]


def test_a_second_name_in_a_tree_of_roots_is_reached(root: Path) -> None:
    os.link(root / "etc/shadow", root / "etc/shadow-")
    assert left_out(root, "/etc") == (3, ())
    assert look_below(root, "/etc", "/etc/shadow-").links == 2


def by_link(place: Path, root: Path) -> None:
    place.rename(root / "srv/pg/main/moved")
    place.symlink_to(root / "etc")


def by_removal(place: Path, root: Path) -> None:
    place.rename(root / "srv/pg/main/moved")


@pytest.mark.parametrize("swap", [by_link, by_removal])
def test_a_directory_swapped_in_the_middle_of_the_walk(root: Path, swap: Callable[[Path, Path], None]) -> None:
    make_file(root, "/etc/112", SHADOW)
    reached = []
    for file, why in tree(root, look(root, "/srv/pg/main")):
        reached.append((file.path, file.inode, why))
        if file.path == "/srv/pg/main/base/1":
            swap(root / "srv/pg/main/base/1", root)
    foreign = {place.stat().st_ino for place in (root / "etc/shadow", root / "etc/112", root / "etc")}
    assert foreign.isdisjoint(inode for _, inode, _ in reached)
    assert "/srv/pg/main/base/1/112" in [path for path, _, _ in reached]
    with pytest.raises(MeanwhileError):
        look_below(root, "/srv/pg/main", "/srv/pg/main/base/1/112")
    assert label(root / "etc/112") == SHADOW


def test_a_directory_removed_while_it_is_held_is_empty(root: Path) -> None:
    (root / "srv/pg/main/gone").mkdir()
    paths = []
    for file, _ in tree(root, look(root, "/srv/pg/main")):
        paths.append(file.path)
        if file.path.endswith("/gone"):
            (root / "srv/pg/main/gone").rmdir()
    assert paths[-1] == "/srv/pg/main/gone"


def test_another_mount_is_not_entered(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = (root / "srv/pg/main/base").stat().st_ino
    real = trees._mount

    def mounted(descriptor: int) -> trees.Mount:
        device, number = real(descriptor)
        return (device, "another") if os.fstat(descriptor).st_ino == other else (device, number)

    assert real(0)[1].isdigit()
    monkeypatch.setattr(trees, "_mount", mounted)
    count, skipped = left_out(root, "/srv/pg/main")
    assert (count, skipped) == (2, (("/srv/pg/main/base", "another filesystem or mount"),))
    with pytest.raises(MeanwhileError, match="another filesystem or mount"):
        look_below(root, "/srv/pg/main", "/srv/pg/main/base/1/112")


def test_a_label_that_cant_be_read_is_no_missing_label(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object, **__: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "getxattr", failing)
    with pytest.raises(UnsafePathError, match="the label of /srv/pg/main can't be read: Input/output error"):
        look(root, "/srv/pg/main")


def test_without_a_label_is_none(root: Path) -> None:
    os.removexattr(root / "srv/pg/main/PG_VERSION", LABEL)
    found: Optional[str] = look_below(root, "/srv/pg/main", "/srv/pg/main/PG_VERSION").label
    assert found is None
