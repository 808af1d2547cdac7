"""`avcdoctor collect`: a small report for the centre, and the playbook of docs/fleet.md that gathers it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from avcdoctor.cli import main as command
from tests.fleet.hosts import log_of

PAGE = Path(__file__).parents[2] / "docs/fleet.md"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.log"
    path.write_text(log_of(3, 30))
    return path


def test_hosts_collect_and_the_centre_counts(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        target = tmp_path / f"reports/web{number}.json.gz"
        target.parent.mkdir(exist_ok=True)
        assert command.main(["collect", str(log), "--policy", "reference", "-o", str(target)]) == 0
        assert target.stat().st_mode & 0o777 == 0o600
        assert f"{target.stat().st_size:,} bytes in" in capsys.readouterr().err
    argv = ["fleet", f"{tmp_path}/reports/*.json.gz", "--policy", "reference", "-f", "json"]
    assert command.main(argv) == 1
    value = json.loads(capsys.readouterr().out)
    assert sum(incident["denials"] for incident in value["incidents"]) == 90
    assert value["incidents"][0]["hosts"] == ["web0", "web1", "web2"]


def test_a_host_without_an_audit_trail_sends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.log").write_text("hello\n")
    assert command.main(["collect", str(tmp_path / "x.log"), "-o", str(tmp_path / "x.json.gz")]) == 3
    assert "nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "x.json.gz").exists()


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ansible-playbook"), reason="ansible is not installed")
def test_the_page_s_playbook_gathers_reports(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [text] = [part for part in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL) if "collect" in part]
    [play] = yaml.safe_load(text)
    argv = next(task["ansible.builtin.command"] for task in play["tasks"] if "ansible.builtin.command" in task)["argv"]
    assert argv[:2] == ["avcdoctor", "collect"]
    text = text.replace("- avcdoctor\n", f"- {Path(sys.executable).parent / 'avcdoctor'}\n")
    text = text.replace("/run/", f"{tmp_path}/")
    text = text.replace("- --quiet\n", f"- --quiet\n          - --policy=reference\n          - {log}\n")
    (tmp_path / "gather.yml").write_text(text)
    here = "ansible_connection=local ansible_become=false"
    (tmp_path / "hosts").write_text(f"web1 {here}\nweb2 {here}\n")
    environment = {**os.environ, "ANSIBLE_HOME": f"{tmp_path}/home"}
    playbook = ["ansible-playbook", "-i", "hosts", "--forks", "1", "gather.yml"]
    done = subprocess.run(playbook, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert command.main(["fleet", f"{tmp_path}/reports", "--policy", "reference", "-f", "list"]) == 1
    assert "2 hosts in 2 inputs" in capsys.readouterr().err
