"""A sosreport on the command line: as a directory, packed, by --root and as a plain argument."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Iterator, List

import pytest

from avcdoctor.cli import main as command
from tests.sosreports import lay_out

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "sosreport"
NAME = "sosreport-web1-2026-08-13-qmzhtrx"

pytestmark = pytest.mark.skipif(shutil.which("secilc") is None, reason="the reference policy can't be compiled")


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same answer everywhere: 100 columns, no colour, times in UTC."""
    monkeypatch.chdir(SAMPLE.parents[1])
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def packed(folder: Path, ending: str) -> str:
    archive = folder / f"{NAME}.{ending}"
    argv = ["tar", "--auto-compress", "-cf", str(archive), "-C", str(SAMPLE), NAME]
    if ending == "tar.zst" and shutil.which("zstd") is None:
        pytest.skip("zstd is not installed")
    subprocess.run(argv, check=True)
    return str(archive)


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    command.main(list(argv))
    return capsys.readouterr().out


def test_the_sample_is_explained_as_expected(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "explain", "--no-color", "-v", f"samples/sosreport/{NAME}")
    expected = SAMPLE / "explained.txt"
    if os.environ.get("UPDATE_SAMPLES"):
        expected.write_text(shown, encoding="utf-8")
    assert shown == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["tar.xz", "tar.gz", "tar.bz2", "tar.zst"])
def test_each_form_is_explained_alike(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = said(capsys, "explain", "-q", str(SAMPLE / NAME))
    for one in (packed(tmp_path, ending), str(SAMPLE / NAME)):
        for argv in ([one], ["--root", one]):
            assert said(capsys, "explain", "-q", *argv) == expected


def test_a_plan_for_it_changes_what_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forms: List[List[str]] = [[str(SAMPLE / NAME)], [packed(tmp_path, "tar.xz")], ["--root", str(SAMPLE / NAME)]]
    plans = {said(capsys, "fix", "--dry-run", *argv) for argv in forms}
    assert len(plans) == 1
    (plan,) = plans
    assert "restorecon -v /srv/shop/index.html" in plan
    assert "setsebool" not in plan and "semanage port" not in plan


def test_a_report_is_no_machine_to_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["fix", "--yes", "--trust-log", str(SAMPLE / NAME)]) == 3
    assert "is a sosreport, not a machine that could be fixed" in capsys.readouterr().err


def test_its_copies_are_no_paths_to_walk(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["path", "/etc/passwd", "--as", "httpd_t", "--root", str(SAMPLE / NAME)]) == 2
    assert "copies of a few files" in capsys.readouterr().err


def test_a_machine_with_selinux_switched_off_gets_no_all_clear(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trail = "type=SERVICE_START msg=audit(1786600000.000:9): pid=1 uid=0 res=success\n"
    for mode, code in (("disabled", 3), ("enabled", 0)):
        files = {"var/log/audit/audit.log": trail, "sos_commands/selinux/sestatus": f"SELinux status:    {mode}\n"}
        assert command.main(["explain", str(lay_out(tmp_path / mode, files))]) == code
        assert ("switched off on that machine" in capsys.readouterr().err) is (mode == "disabled")


def test_nothing_is_changed_by_looking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / NAME
    shutil.copytree(SAMPLE / NAME, copy, symlinks=True)
    before = sorted((str(path), path.lstat().st_mtime_ns) for path in copy.rglob("*"))
    said(capsys, "explain", "-q", str(copy))
    said(capsys, "fix", "--dry-run", str(copy))
    assert sorted((str(path), path.lstat().st_mtime_ns) for path in copy.rglob("*")) == before


def test_a_report_without_a_log_names_what_to_collect_instead_of_the_journal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    top = lay_out(tmp_path, {"sos_commands/selinux/sestatus": "SELinux status:                 enabled\n"})
    assert command.main(["explain", "--policy", "reference", str(top)]) == 3
    assert "the sosreport holds no audit log" in capsys.readouterr().err
