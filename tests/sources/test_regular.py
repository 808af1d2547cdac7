"""A device or a named pipe, where a file is to be read, is refused at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from avcdoctor.errors import InputError
from avcdoctor.sources.files import configured_log, open_log
from avcdoctor.sources.regular import NotRegularError, read_regular


@pytest.fixture(params=["pipe", "device", "directory"])
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / "odd"
    if request.param == "pipe":
        os.mkfifo(place)
    elif request.param == "device":
        place.symlink_to("/dev/zero")
    else:
        place.mkdir()
    return place


def test_only_regular_files_are_read(odd: Path) -> None:
    with pytest.raises(NotRegularError):
        read_regular(odd)


def test_links_are_followed_only_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to("real")
    assert read_regular(tmp_path / "link") == b"x"
    with pytest.raises(OSError, match="symbolic links"):
        read_regular(tmp_path / "link", follow=False)


def test_a_file_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_regular(tmp_path / "a", 5) == b"12345"
    with pytest.raises(NotRegularError, match="larger"):
        read_regular(tmp_path / "a", 4)


def test_a_log_that_never_ends_is_no_log(odd: Path) -> None:
    with pytest.raises(InputError, match=r"not a log|is a directory"):
        open_log(str(odd))


def test_a_pipe_of_the_shell_is_a_log() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"type=AVC\n")
    os.close(writer)
    with open_log(f"/dev/fd/{reader}") as log:
        assert log.read(9) == b"type=AVC\n"
    os.close(reader)


def test_the_daemons_configuration_may_be_anything(odd: Path, tmp_path: Path) -> None:
    (tmp_path / "root/etc/audit").mkdir(parents=True)
    odd.rename(tmp_path / "root/etc/audit/auditd.conf")
    assert configured_log(tmp_path / "root") == "/var/log/audit/audit.log"
