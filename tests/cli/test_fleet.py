"""`avcdoctor fleet` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avcdoctor.cli import main as command
from tests.fleet.hosts import folder_of, log_of


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "logs", 5)


def test_a_folder(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["fleet", str(fleet), "--workers", "1", "--policy", "reference"]) == 1
    shown = capsys.readouterr()
    assert "on 5 of 5 hosts" in shown.out
    assert "5 hosts in 5 inputs" in shown.err


def test_json_names_hosts(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["fleet", str(fleet), "--workers", "1", "--policy", "reference", "--format", "json", "-q", "--exit-zero"]
    assert command.main(argv) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["input"]["hosts"] == 5
    assert max(len(incident["hosts"]) for incident in value["incidents"]) == 5
    assert value["alone"] == {"web3": [one["id"] for one in value["incidents"] if one["hosts"] == ["web3"]]}


def test_reports_of_hosts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reports").mkdir()
    for number in range(3):
        log = tmp_path / "audit.log"
        log.write_text(log_of(number, 20))
        target = tmp_path / "reports" / f"web{number}.json"
        command.main(["explain", str(log), "--policy", "reference", "--format", "json", "-o", str(target), "-q"])
        assert target.stat().st_mode & 0o777 == 0o600
    capsys.readouterr()
    assert command.main(["fleet", str(tmp_path / "reports"), "--policy", "reference", "--format", "list"]) == 1
    shown = capsys.readouterr()
    assert "3 hosts in 3 inputs" in shown.err


def test_hosts_without_denials_are_an_all_clear_and_hosts_without_records_are_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reports").mkdir()
    quiet = tmp_path / "audit.log"
    quiet.write_text("".join(f"type=CRED_ACQ msg=audit(1700000000.000:{n}): pid=1\n" for n in range(7)))
    explain = ["explain", str(quiet), "--policy", "reference", "-f", "json", "-q", "-o"]
    for name in ("web1", "web2"):
        assert command.main([*explain, str(tmp_path / "reports" / f"{name}.json")]) == 0
    argv = ["fleet", str(tmp_path / "reports"), "--policy", "reference", "-f", "json"]
    assert command.main(argv) == 0
    assert json.loads(capsys.readouterr().out)["input"]["records"] == 14
    quiet.write_text("nothing of interest\n")
    assert command.main([*explain, str(tmp_path / "reports" / "web1.json")]) == 3
    (tmp_path / "reports" / "web2.json").unlink()
    assert command.main(argv) == 3


def test_what_is_new_since_a_baseline(fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tmp_path / "before.json"
    argv = ["fleet", "--workers", "1", "--policy", "reference", "-q"]
    assert command.main([*argv, f"{fleet}/web[01]/audit.log", "-f", "json", "-o", str(before)]) == 1
    capsys.readouterr()
    assert command.main([*argv, str(fleet), "--baseline", str(before)]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 known incidents came to more hosts" in shown
    assert " to web2, web3, web4" in shown or " to web2, web3, and 1 more" in shown
    assert "left out 2 incidents" in shown


def test_a_playbook_and_its_inventory(fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["fleet", str(fleet), "--workers", "1", "--policy", "reference", "--format", "ansible"]
    assert command.main(argv) == 2
    assert command.main([*argv, "-o", str(tmp_path / "fix")]) == 4
    assert not (tmp_path / "fix").exists()
    assert command.main([*argv, "-o", str(tmp_path / "fix"), "--allow-review"]) == 1
    assert "1 remedy for 3 hosts" in capsys.readouterr().err
    assert (tmp_path / "fix").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "fix/playbook.yml").stat().st_mode & 0o777 == 0o600
    assert "web3: {}" in (tmp_path / "fix/inventory.yml").read_text()


def test_some_inputs_fail_and_all_fail(fleet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text("{")
    argv = ["fleet", str(tmp_path / "bad.json"), "--workers", "1", "--policy", "reference"]
    assert command.main(argv) == 3
    assert command.main([*argv, str(fleet)]) == 1
    assert "1 of 6 inputs could not be read" in capsys.readouterr().err


@pytest.mark.parametrize("more", [["--format", "shell"], ["--sort", "size"], ["--host-from", "x"]])
def test_what_makes_no_sense(fleet: Path, more: list[str]) -> None:
    assert command.main(["fleet", str(fleet), *more]) == 2


def test_nothing_there(tmp_path: Path) -> None:
    assert command.main(["fleet", str(tmp_path / "no")]) == 3
