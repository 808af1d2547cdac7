from __future__ import annotations

import os
from pathlib import Path

import pytest

from avcdoctor.host.files import Files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    top = tmp_path / "root"
    (top / "etc").mkdir(parents=True)
    (top / "srv" / "www").mkdir(parents=True)
    (top / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\nmelek:x:4711:4711::/home/melek:/bin/sh\nbroken\n")
    (top / "srv" / "www" / "index.html").write_text("hello")
    (tmp_path / "secret").write_text("outside")
    return top


def test_absolute_links_stay_inside_the_root(root: Path) -> None:
    (root / "site").symlink_to("/srv/www")
    (root / "escape").symlink_to("/../../secret")
    (root / "relative").symlink_to("../../../secret")
    files = Files(root)
    assert files.real("/site/index.html") == "/srv/www/index.html"
    assert files.read_text("/site/index.html") == "hello"
    assert files.read_text("/escape") is None
    assert files.read_text("/relative") is None
    assert files.readlink("/site") == "/srv/www"
    assert not files.exists("/../secret")


def test_loops_and_names_no_file_can_have(root: Path) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    files = Files(root)
    assert files.real("/a") is None
    assert files.lstat("/a/x") is None
    assert files.read_text("/etc/pass\0wd") is None
    assert not files.exists("x" * 5000)
    assert files.label("/nowhere") is None


def test_lstat_describes_the_link_itself(root: Path) -> None:
    (root / "site").symlink_to("/srv/www")
    files = Files(root)
    link = files.lstat("/site")
    assert link is not None
    assert link.type == "l"
    page = files.lstat("/site/index.html")
    assert page is not None
    assert (page.path, page.type, page.size) == ("/srv/www/index.html", "f", 5)
    assert page.inode == (root / "srv/www/index.html").stat().st_ino
    assert files.lstat("/nowhere") is None


def test_names_come_from_the_roots_own_passwd(root: Path) -> None:
    files = Files(root)
    assert files.user_name(4711) == "melek"
    assert files.user_name(31337) == "31337"
    assert files.group_name(0) == "0"  # this root has no /etc/group


def test_only_regular_files_are_read_and_only_so_far(root: Path) -> None:
    os.mkfifo(root / "pipe")
    files = Files(root)
    assert files.read_text("/pipe") is None
    assert files.read_text("/srv") is None
    assert files.read_text("/srv/www/index.html", 2) == "he"


def test_find_by_name_and_inode(root: Path) -> None:
    files = Files(root)
    inode = (root / "srv/www/index.html").stat().st_ino
    assert files.find("index.html", inode, ["/etc", "/srv/www"]) == "/srv/www/index.html"
    assert files.find("index.html", inode + 1, ["/srv/www"]) is None
    assert files.find("../www/index.html", inode, ["/srv/www"]) is None
    assert files.names("/srv") == ("www",)
    assert files.names("/nowhere") == ()
