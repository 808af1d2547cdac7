"""Files held by descriptor: links are never followed, swapped files never touched, labels as restorecon gives them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, List

import pytest

from avcdoctor.host import Labels
from avcdoctor.host.contents import Content, content_of, create, read, remove, sweep
from avcdoctor.host.pinned import LABEL, UnsafePathError, look, opened
from avcdoctor.host.relabel import plan_relabel, relabel, with_level
from avcdoctor.host.tree import tree
from tests.privileges import needs_root

CONTEXTS = """\
/.*	system_u:object_r:default_t:s0
/srv(/.*)?	system_u:object_r:var_t:s0
/srv/www(/.*)?	system_u:object_r:httpd_sys_content_t:s0
/srv/www/link	-l	system_u:object_r:link_t:s0
/srv/none	<<none>>
"""
HOSTILE = [
    "a b",
    "a\nb",
    "$(touch owned)",
    "'\"",
    "\x1b[2J",
    "-rf",
    ";reboot",
    "[x].*",
    "#h",
    "caf\u00e9",
    "\udcff\udcfe",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = tmp_path / "root"
    (top / "srv/www").mkdir(parents=True)
    place = top / "srv/www/index.html"
    place.write_text("x")
    try:
        os.setxattr(place, LABEL, b"staff_u:object_r:user_home_t:s0:c1\0")
    except OSError:
        pytest.skip("labels can't be set here: not root, or a filesystem without extended attributes")
    return top


@pytest.fixture
def labels(tmp_path: Path) -> Labels:
    folder = tmp_path / "contexts/files"
    folder.mkdir(parents=True)
    (folder / "file_contexts").write_text(CONTEXTS)
    (tmp_path / "contexts/customizable_types").write_text("mine_t\n")
    return Labels(folder / "file_contexts")


def label(place: Path) -> str:
    return os.getxattr(place, LABEL, follow_symlinks=False).rstrip(b"\0").decode()


def apply(root: Path, path: str, recursive: bool, labels: Labels) -> List[str]:
    found, _ = plan_relabel(root, path, recursive, labels)
    for one in found:
        relabel(root, one.file, one.file.label, one.label)
    return [one.file.path for one in found]


def test_only_the_type_is_put_right(root: Path, labels: Labels) -> None:
    assert apply(root, "/srv/www/index.html", False, labels) == ["/srv/www/index.html"]
    assert label(root / "srv/www/index.html") == "staff_u:object_r:httpd_sys_content_t:s0:c1"
    assert apply(root, "/srv/www/index.html", False, labels) == []


def test_a_tree_with_links_and_hostile_names(root: Path, labels: Labels) -> None:
    for name in HOSTILE:
        (root / "srv/www" / name).write_text("x")
    outside = root / "outside"
    outside.write_text("x")
    (root / "srv/www/link").symlink_to("/outside")
    found = apply(root, "/srv/www", True, labels)
    assert len(found) == len(HOSTILE) + 3
    for name in HOSTILE:
        assert "httpd_sys_content_t" in label(root / "srv/www" / name)
    assert label(root / "srv/www/link") == "system_u:object_r:link_t:s0"
    assert LABEL not in os.listxattr(outside)
    assert {path.name for path in (root / "srv/www").iterdir()} == {*HOSTILE, "link", "index.html"}


def test_customizable_types_and_paths_without_a_default_stay(root: Path, labels: Labels) -> None:
    os.setxattr(root / "srv/www/index.html", LABEL, b"system_u:object_r:mine_t:s0\0")
    (root / "srv/none").write_text("x")
    for path, words in (("/srv/www/index.html", "customizable"), ("/srv/none", "no default label")):
        found, skipped = plan_relabel(root, path, False, labels)
        assert found == ()
        assert words in skipped[0].why


@pytest.mark.parametrize("path", ["/srv/link/index.html", "/srv/filelink"])
def test_no_component_may_be_a_link(root: Path, labels: Labels, path: str) -> None:
    (root / "srv/link").symlink_to("www")
    (root / "srv/filelink").symlink_to("www/index.html")
    with pytest.raises(UnsafePathError, match="is a symbolic link to"):
        plan_relabel(root, path, False, labels)


@needs_root
@pytest.mark.parametrize("mode", [0o1777, 0o777, 0o757])
def test_no_directory_on_the_way_may_be_open_to_others(root: Path, labels: Labels, mode: int) -> None:
    (root / "srv/www").chmod(mode)
    with pytest.raises(UnsafePathError, match="/srv/www can be written by others than root"):
        plan_relabel(root, "/srv/www/index.html", False, labels)
    (root / "srv/www").chmod(0o755)
    os.chown(root / "srv", 4242, 0)
    with pytest.raises(UnsafePathError, match="/srv can be written by others than root"):
        plan_relabel(root, "/srv/www/index.html", False, labels)
    os.chown(root / "srv", 0, 4242)
    (root / "srv").chmod(0o775)
    with pytest.raises(UnsafePathError, match="/srv can be written by others than root"):
        plan_relabel(root, "/srv/www/index.html", False, labels)


def swap_by_file(root: Path) -> None:
    (root / "srv/www/index.html").unlink()
    os.link(root / "shadow", root / "srv/www/index.html")


def swap_by_link(root: Path) -> None:
    (root / "srv/www/index.html").unlink()
    (root / "srv/www/index.html").symlink_to("/shadow")


def swap_by_directory(root: Path) -> None:
    (root / "srv/www").rename(root / "srv/old")
    (root / "srv/www").symlink_to("../secret")


@pytest.mark.parametrize("swap", [swap_by_file, swap_by_link, swap_by_directory])
def test_a_swap_between_look_and_change_touches_no_foreign_file(
    root: Path, labels: Labels, swap: Callable[[Path], None]
) -> None:
    (root / "secret").mkdir()
    for place in (root / "shadow", root / "secret/index.html"):
        place.write_text("x")
        os.setxattr(place, LABEL, b"system_u:object_r:shadow_t:s0\0")
    found, _ = plan_relabel(root, "/srv/www/index.html", False, labels)
    swap(root)
    with pytest.raises(UnsafePathError):
        relabel(root, found[0].file, found[0].file.label, found[0].label)
    assert label(root / "shadow") == "system_u:object_r:shadow_t:s0"
    assert label(root / "secret/index.html") == "system_u:object_r:shadow_t:s0"


def test_a_label_that_changed_meanwhile_is_left_alone(root: Path, labels: Labels) -> None:
    found, _ = plan_relabel(root, "/srv/www/index.html", False, labels)
    os.setxattr(root / "srv/www/index.html", LABEL, b"system_u:object_r:other_t:s0\0")
    with pytest.raises(UnsafePathError, match="was relabelled meanwhile"):
        relabel(root, found[0].file, found[0].file.label, found[0].label)


@needs_root
def test_a_second_name_in_an_open_directory_is_skipped(root: Path, labels: Labels) -> None:
    shadow = root / "shadow"
    shadow.write_text("x")
    os.setxattr(shadow, LABEL, b"system_u:object_r:shadow_t:s0\0")
    os.link(shadow, root / "srv/www/mine")
    os.chown(root / "srv/www", 4242, 4242)
    found, skipped = plan_relabel(root, "/srv/www", True, labels)
    assert [one.path for one in skipped] == ["/srv/www/mine"]
    assert "/srv/www/mine" not in [one.file.path for one in found]


def test_a_held_file_stays_itself(root: Path) -> None:
    with opened(root, "/srv/www/index.html") as descriptor:
        (root / "srv/www/index.html").rename(root / "srv/elsewhere")
        (root / "srv/www/index.html").write_text("another")
        assert os.fstat(descriptor).st_ino == (root / "srv/elsewhere").stat().st_ino


def test_a_very_deep_tree_ends(root: Path) -> None:
    here = os.open(root / "srv/www", os.O_RDONLY)
    for _ in range(400):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    reasons = [why for _, why in tree(root, look(root, "/srv/www"))]
    assert reasons[-1] == "more than 200 directories deep" or any(why and "deep" in why for why in reasons)


def test_levels(root: Path) -> None:
    found, skipped = with_level(root, "/srv/www", True, "s0:c5")
    assert [(one.file.path, one.label) for one in found] == [
        ("/srv/www/index.html", "staff_u:object_r:user_home_t:s0:c5")
    ]
    assert {skip.path for skip in skipped} <= {"/srv/www"}


@needs_root
def test_contents_are_created_whole_and_never_over_another(root: Path) -> None:
    wanted = Content("0" * 64, 0o750, 0, 0, "system_u:object_r:bin_t:s0")
    create(root, "/srv/new", wanted, b"#!/bin/sh\n", replace=False)
    place = root / "srv/new"
    assert place.read_bytes() == read(root, "/srv/new") == b"#!/bin/sh\n"
    assert place.stat().st_mode & 0o7777 == 0o750
    assert label(place) == "system_u:object_r:bin_t:s0"
    with pytest.raises(UnsafePathError, match="is there already"):
        create(root, "/srv/new", wanted, b"other", replace=False)
    assert place.read_bytes() == b"#!/bin/sh\n"
    create(root, "/srv/new", wanted, b"other", replace=True)
    found = content_of(root, "/srv/new")
    assert found is not None
    assert Content.parse(str(found)) == found
    with pytest.raises(UnsafePathError, match="was changed meanwhile"):
        remove(root, "/srv/new", "0" * 64)
    remove(root, "/srv/new", found.sha256)
    assert content_of(root, "/srv/new") is None
    assert sorted(path.name for path in (root / "srv").iterdir()) == ["www"]


@needs_root
def test_what_a_killed_create_left_is_swept_away(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", lambda *_, **__: None)
        create(root, "/srv/new", Content("0" * 64, 0o600, 0, 0, ""), b"x", replace=False)
    assert len(list((root / "srv").iterdir())) == 3
    sweep(root, "/srv/new")
    assert sorted(path.name for path in (root / "srv").iterdir()) == ["new", "www"]


def test_special_files_are_not_read(root: Path) -> None:
    os.mkfifo(root / "srv/fifo")
    with pytest.raises(UnsafePathError, match="no regular file"):
        read(root, "/srv/fifo")
    with pytest.raises(UnsafePathError, match="no regular file"):
        content_of(root, "/srv/www")
