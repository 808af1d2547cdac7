"""The file file_contexts.subs: other lines stay, and it is replaced in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.errors import PolicyError
from avcdoctor.host import equivalences


def test_change_keeps_every_other_line(tmp_path: Path) -> None:
    subs = tmp_path / "file_contexts.subs"
    subs.write_text("# by the administrator\n/srv/a /var/www\n\n/srv/b /home\n")
    before = equivalences.change(subs, {"/srv/b": None, "/srv/c": "/etc"})
    assert subs.read_text() == "# by the administrator\n/srv/a /var/www\n\n/srv/c /etc\n"
    assert equivalences.read(subs) == {"/srv/a": "/var/www", "/srv/c": "/etc"}
    equivalences.replace(subs, before)
    assert equivalences.read(subs) == {"/srv/a": "/var/www", "/srv/b": "/home"}
    assert [path.name for path in tmp_path.iterdir()] == ["file_contexts.subs"]


def test_the_last_one_taken_away_removes_the_file(tmp_path: Path) -> None:
    subs = tmp_path / "file_contexts.subs"
    assert equivalences.change(subs, {"/srv/c": "/etc"}) is None
    assert subs.stat().st_mode & 0o777 == 0o644
    equivalences.change(subs, {"/srv/c": None})
    assert not subs.exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("/a /b\n")
    (tmp_path / "subs").symlink_to(target)
    with pytest.raises(PolicyError):
        equivalences.change(tmp_path / "subs", {"/a": None})
    assert target.read_text() == "/a /b\n"
