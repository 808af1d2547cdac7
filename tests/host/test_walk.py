"""The walk below a root of our own: links, loops, the limit of 40, and no way out."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from avcdoctor.host.files import Files
from avcdoctor.host.walk import MOST_LINKS, Walker


@pytest.fixture
def root(tmp_path):
    top = tmp_path / "root"
    (top / "etc").mkdir(parents=True)
    (top / "etc" / "passwd").write_text("root:x:0:0::/root:/bin/sh\nweb:x:33:33::/:/bin/false\n")
    (top / "srv" / "www").mkdir(parents=True)
    (top / "srv" / "www" / "index.html").write_text("inside")
    return top


def walk(root, path):
    return Walker(Files(root)).walk(path)


def test_a_plain_path(root):
    found = walk(root, "/srv/www/index.html")
    assert (found.end, found.real, found.links) == ("found", "/srv/www/index.html", 0)
    assert [one.path for one in found.components] == ["/", "/srv", "/srv/www", "/srv/www/index.html"]
    assert [one.kind for one in found.components] == ["directory"] * 3 + ["file"]


def test_links_are_shown_and_followed_one_by_one(root):
    (root / "data").symlink_to("srv")
    (root / "srv" / "site").symlink_to("../srv/www")
    found = walk(root, "/data/site/index.html")
    assert (found.end, found.real, found.links) == ("found", "/srv/www/index.html", 2)
    assert [(one.path, one.target) for one in found.components if one.kind == "link"] == [
        ("/data", "srv"),
        ("/srv/site", "../srv/www"),
    ]


def test_an_absolute_link_starts_at_the_top_of_the_root_not_of_this_machine(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("of the host")
    (root / "way").symlink_to(outside)
    found = walk(root, "/way/secret")
    assert found.end == "missing"
    (root / "shadow").symlink_to("/etc/passwd")
    found = walk(root, "/shadow")
    assert found.end == "found"
    assert found.last.carried == walk(root, "/etc/passwd").last.carried
    assert found.real == "/etc/passwd"


@pytest.mark.parametrize(
    "path", ["/../../../../etc/passwd", "/srv/../../../etc/passwd", "/up/etc/passwd", "/up/../up/../etc/passwd"]
)
def test_dots_stop_at_the_top(root, path):
    (root / "up").symlink_to("../../../../../..")
    found = walk(root, path)
    assert (found.end, found.real) == ("found", "/etc/passwd")
    assert all(one.owner for one in found.components)


def test_a_directory_that_is_swapped_for_a_link_outside_is_not_followed(root, tmp_path, monkeypatch):
    outside = tmp_path / "outside" / "www"
    outside.mkdir(parents=True)
    (outside / "index.html").write_text("of the host")
    opened = os.open

    def swap_first(name, *args, **options):
        if name == "www" and not (root / "srv").is_symlink():
            monkeypatch.undo()
            shutil.rmtree(root / "srv")
            (root / "srv").symlink_to(tmp_path / "outside")
        return opened(name, *args, **options)

    monkeypatch.setattr(os, "open", swap_first)
    found = walk(root, "/srv/www/index.html")
    assert found.end == "missing"


def test_a_loop_is_told_from_the_limit(root):
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    assert walk(root, "/a/x").end == "loop"
    (root / "self").symlink_to("self/deeper")
    assert walk(root, "/self").end == "loop"
    for number in range(MOST_LINKS + 1):
        (root / f"l{number}").symlink_to(f"l{number + 1}" if number < MOST_LINKS else "etc")
    assert walk(root, "/l0").end == "too-many-links"
    found = walk(root, "/l1/passwd")
    assert (found.end, found.links) == ("found", MOST_LINKS)


def test_the_limit_is_the_kernels(root):
    for number in range(MOST_LINKS + 1):
        (root / f"l{number}").symlink_to(f"l{number + 1}" if number < MOST_LINKS else "etc")
    assert (root / "l1" / "passwd").exists()
    with pytest.raises(OSError, match="symbolic links"):
        (root / "l0" / "passwd").stat()


def test_what_is_missing_is_named(root):
    found = walk(root, "/srv/nothing/index.html")
    assert found.end == "missing"
    assert found.last.path == "/srv/nothing"
    assert found.last.error == "ENOENT"
    assert found.rest == ("index.html",)


@pytest.mark.parametrize("path", ["/etc/passwd/x", "/etc/passwd/", "/etc/passwd/."])
def test_a_file_is_no_directory(root, path):
    assert walk(root, path).end == "not-a-directory"


def test_names_may_be_any_bytes(root):
    name = os.fsdecode(b"line\nbreak \xff\x1b[31m")
    (root / name).mkdir()
    found = walk(root, f"/{name}")
    assert found.end == "found"
    assert os.fsencode(found.last.path) == b"/line\nbreak \xff\x1b[31m"


def test_a_name_that_is_too_long(root):
    assert walk(root, "/" + "x" * 300).end == "name-too-long"


def test_a_directory_removed_while_walking_is_no_crash(root, monkeypatch):
    opened = os.open

    def remove_first(name, *args, **options):
        if name == "www":
            monkeypatch.undo()
            shutil.rmtree(root / "srv")
        return opened(name, *args, **options)

    monkeypatch.setattr(os, "open", remove_first)
    found = walk(root, "/srv/www/index.html")
    assert found.end in ("missing", "stale")


def test_going_back_through_a_directory_that_is_gone_is_no_crash(root, monkeypatch):
    opened = os.open

    def remove_late(name, *args, **options):
        if name == "www":
            monkeypatch.undo()
            found = opened(name, *args, **options)
            shutil.rmtree(root / "srv")
            return found
        return opened(name, *args, **options)

    monkeypatch.setattr(os, "open", remove_late)
    assert walk(root, "/srv/www/../www").end == "stale"


def open_descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_owner_mode_and_descriptors(root):
    before = open_descriptors()
    found = walk(root, "/srv/www/index.html")
    (root / "a").symlink_to("a")
    walk(root, "/a")
    walk(root, "/srv/../srv/../nothing")
    assert open_descriptors() == before
    assert stat.S_ISREG(found.last.mode)
    assert found.last.uid == os.getuid()


def test_a_deep_path_does_not_run_out_of_descriptors(root):
    place, path = root, ""
    for _ in range(300):
        place /= "d"
        path += "/d"
    place.mkdir(parents=True)
    assert walk(root, path + "/..").real == path[:-2]
