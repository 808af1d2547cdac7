"""`avcdoctor review` as a person types it."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from avcdoctor.cli import main as command


def test_a_module_with_something_that_should_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "local.cil"
    path.write_text("(allow httpd_t shadow_t (file (read)))")
    assert command.main(["review", str(path), "--policy", "reference"]) == 1
    shown = capsys.readouterr().out
    assert "dangerous" in shown
    assert "remove it" in shown


def test_reach_of_a_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "local.cil"
    path.write_text("(allow httpd_t shadow_t (file (read open)))(allow strange_t etc_t (file (read)))")
    assert command.main(["review", str(path), "--policy", "reference", "--reach"]) == 1
    assert "httpd_t reach: secrets within 3 steps: shadow_t" in capsys.readouterr().out
    path.write_text("(allow httpd_t etc_t (file (write)))")
    command.main(["review", str(path), "--policy", "reference", "--reach", "--format", "json"])
    assert "no new domain and no secret" in capsys.readouterr().out


def test_standard_input_and_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    source = SimpleNamespace(buffer=io.BytesIO(b"#==== httpd_t ====\nallow httpd_t shadow_t:file read;\n"))
    monkeypatch.setattr(sys, "stdin", source)
    assert command.main(["review", "-", "--format", "json", "--policy", "reference"]) == 1
    assert json.loads(capsys.readouterr().out)["modules"][0]["rules"][0]["verdict"] == "dangerous"


@pytest.mark.parametrize("argv", [[], ["x.te", "--installed"], ["x.te", "--format", "xml"]])
def test_what_makes_no_sense(argv: list[str]) -> None:
    assert command.main(["review", *argv]) == 2


def test_what_can_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe.te")
    (tmp_path / "broken.te").write_text("allow allow allow;")
    for name in ("missing.te", "pipe.te", "broken.te", "."):
        assert command.main(["review", str(tmp_path / name)]) == 3
        assert len(capsys.readouterr().err.splitlines()) == 1
