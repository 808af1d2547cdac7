"""The process behind a local socket is found as the kernel tells it, under whatever spelling of its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from avcdoctor.host.sockets import server_of

HEAD = "Num       RefCount Protocol Flags    Type St Inode Path\n"
LISTENING = "000000007f4d13d5: 00000002 00000000 00010000 0001 01 {} {}\n"
CONNECTED = "000000005ce83afe: 00000003 00000000 00000000 0001 03 {} {}\n"


@pytest.fixture()
def proc(tmp_path: Path) -> Path:
    """A process table with one database server."""
    top = tmp_path / "proc"
    (top / "net").mkdir(parents=True)
    (top / "self").mkdir()
    for number, inode in (("7", "99"), ("238", "10676")):
        (top / number / "fd").mkdir(parents=True)
        (top / number / "attr").mkdir()
        (top / number / "attr" / "current").write_text("system_u:system_r:unconfined_service_t:s0\0")
        (top / number / "exe").symlink_to("/opt/pg/bin/postgres")
        (top / number / "fd" / "3").symlink_to(f"socket:[{inode}]")
    return top


def told(proc: Path, *lines: str) -> None:
    (proc / "net" / "unix").write_text(HEAD + "".join(lines))


def test_who_listens_is_found(proc: Path) -> None:
    told(proc, CONNECTED.format(99, "/run/pg/.s.5432"), LISTENING.format(10676, "/run/pg/.s.5432"))
    found = server_of("/run/pg/.s.5432", proc)
    assert found is not None and (found.pid, found.exe) == (238, "/opt/pg/bin/postgres")
    assert found.context is not None and found.context.type == "unconfined_service_t"


def test_another_spelling_of_the_directory_is_the_same_socket(proc: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "var").symlink_to(tmp_path)
    told(proc, LISTENING.format(10676, f"{tmp_path}/var/run/s"))
    assert server_of(f"{tmp_path}/run/s", proc) is not None
    assert server_of(f"{tmp_path}/run/t", proc) is None


@pytest.mark.parametrize(
    "line", ["", CONNECTED.format(10676, "/run/s"), LISTENING.format(5, "/run/s"), "nonsense\n", "a: b c d\n"]
)
def test_nobody_listens(proc: Path, line: str) -> None:
    told(proc, line)
    assert server_of("/run/s", proc) is None


def test_a_program_that_was_replaced_is_not_named(proc: Path) -> None:
    (proc / "238" / "exe").unlink()
    (proc / "238" / "exe").symlink_to("/opt/pg/bin/postgres (deleted)")
    told(proc, LISTENING.format(10676, "/run/s"))
    found = server_of("/run/s", proc)
    assert found is not None and found.exe == ""


def test_without_a_process_table_nothing_is_found(tmp_path: Path) -> None:
    assert server_of("/run/s", tmp_path) is None
