"""fix, apply, undo and history as a person types them, on a machine whose store is one JSON file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Iterator, List

import jsonschema
import pytest

import avcdoctor
from avcdoctor.cli import main as command
from avcdoctor.host.items import Edit, Item
from avcdoctor.model import Incident, Report
from tests.apply.machines import TestMachine, fake, label, make_file, make_machine, needs_labels
from tests.apply.reports import (
    act,
    boolean_incident,
    incident,
    label_incident,
    remedy,
    report,
    script_incident,
    unasked,
)

PACKAGE = Path(avcdoctor.__file__).parent
PLAN_SCHEMA = PACKAGE / "plan" / "schemas" / "plan.schema.json"
PAGE = "/var/www/html/index.html"
BOOLEAN = "boolean httpd_can_network_connect_db"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestMachine:
    needs_labels(tmp_path)
    made = make_machine(tmp_path / "root")
    made.root.chmod(0o755)
    make_file(made.root, PAGE)
    monkeypatch.setattr("avcdoctor.cli.work.confirm.open_machine", lambda root: made)
    monkeypatch.setenv("COLUMNS", "100")
    return made


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def says(*incidents: Incident) -> None:
        def explain(*_: Any, **__: Any) -> Report:
            return report(*incidents)

        module = SimpleNamespace(explain=explain)
        for verb in ("fix", "explain"):
            monkeypatch.setattr(f"avcdoctor.cli.work.{verb}.api", module)

    yield says


def run(*words: str) -> int:
    return command.main(list(words))


def test_a_dry_run_changes_nothing(machine: TestMachine, explained: Any, capsys: Any) -> None:
    explained(unasked(boolean_incident()), label_incident())
    assert run("fix", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "~ boolean      httpd_can_network_connect_db   on" in shown
    assert "~ label        /var/www/html/index.html   user_home_t -> httpd_sys_content_t" in shown
    assert fake(machine).commits == []
    assert machine.history.numbers() == []


@pytest.mark.parametrize("form", ["json", "shell", "ansible"])
def test_another_format_changes_nothing(machine: TestMachine, explained: Any, capsys: Any, form: str) -> None:
    explained(unasked(boolean_incident()))
    assert run("fix", "--format", form, "--yes", "--allow-review") == 0
    shown = capsys.readouterr().out
    assert "httpd_can_network_connect_db" in shown
    if form == "json":
        jsonschema.validate(json.loads(shown), json.loads(PLAN_SCHEMA.read_text()))
    assert fake(machine).commits == []


def test_without_a_terminal_nothing_is_applied(machine: TestMachine, explained: Any, capsys: Any) -> None:
    explained(label_incident())
    assert run("fix") == 7
    shown = capsys.readouterr()
    assert "no terminal to ask at" in shown.err
    assert "ok   file          /var/www/html/index.html" in shown.out
    assert machine.history.numbers() == []


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 7), ("\n", 7)])
def test_a_person_is_asked_and_the_default_is_no(
    machine: TestMachine, explained: Any, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    explained(unasked(boolean_incident()))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True, readline=lambda: answer))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answer == "y\n")
    assert run("fix") == code
    assert bool(fake(machine).content()) == (code == 0)


def test_yes_does_not_cover_what_grants_something_new(machine: TestMachine, explained: Any, capsys: Any) -> None:
    explained(unasked(boolean_incident()))
    assert run("fix", "--yes") == 7
    assert "--allow-review" in capsys.readouterr().err
    assert run("fix", "--yes", "--allow-review") == 0
    assert fake(machine).content() == {BOOLEAN: "on"}
    shown = capsys.readouterr()
    assert "ok   boolean httpd_can_network_connect_db: as set" in shown.out
    assert "avcdoctor undo 1" in shown.out


def test_yes_never_skips_the_checks(machine: TestMachine, explained: Any, capsys: Any) -> None:
    explained(label_incident("/no/such/file"))
    assert run("fix", "--yes", "--allow-review") == 7
    assert "FAIL file" in capsys.readouterr().out
    assert machine.history.numbers() == []


def test_all_safe_is_applied_by_yes_alone(machine: TestMachine, explained: Any) -> None:
    explained(unasked(boolean_incident()), label_incident())
    assert run("fix", "--all-safe", "--yes") == 0
    assert label(machine.root / PAGE[1:]) == "unconfined_u:object_r:httpd_sys_content_t:s0"
    assert fake(machine).content() == {}


def test_nothing_a_program_can_do(machine: TestMachine, explained: Any, capsys: Any) -> None:
    explained(incident("by hand", (), (remedy("app-fix", (act("manual", text="fix it"),), "manual"),)))
    assert run("fix", "--remedy", "1", "--yes") == 4
    assert "nothing that a program can do" in capsys.readouterr().err


def test_a_saved_plan_is_applied_later(machine: TestMachine, explained: Any, tmp_path: Path, capsys: Any) -> None:
    explained(unasked(boolean_incident()))
    saved = tmp_path / "plan.json"
    assert run("fix", "--out", str(saved)) == 0
    assert fake(machine).commits == []
    assert run("apply", str(saved), "--yes", "--allow-review") == 0
    assert fake(machine).content() == {BOOLEAN: "on"}
    assert "ok   ground" in capsys.readouterr().out


def test_a_plan_whose_ground_shifted_is_refused(
    machine: TestMachine, explained: Any, tmp_path: Path, capsys: Any
) -> None:
    explained(unasked(boolean_incident()))
    saved = tmp_path / "plan.json"
    run("fix", "--out", str(saved))
    fake(machine).commit([Edit(Item("boolean", ("httpd_can_network_connect_db",)), "off")])
    assert run("apply", str(saved), "--yes", "--allow-review") == 7
    assert "boolean httpd_can_network_connect_db was absent and is off" in capsys.readouterr().out


def test_a_playbook_gets_its_modules_beside_it(machine: TestMachine, explained: Any, tmp_path: Path) -> None:
    explained(script_incident())
    target = tmp_path / "fix.yml"
    assert run("fix", "--remedy", "3", "--format", "ansible", "--out", str(target)) == 0
    assert "avcdoctor_keepalived.cil" in target.read_text()
    assert (tmp_path / "avcdoctor_keepalived.cil").read_text().startswith("(allow keepalived_t ping_exec_t")


def test_history_and_undo(machine: TestMachine, explained: Any, capsys: Any) -> None:
    explained(unasked(boolean_incident()))
    run("fix", "--yes", "--allow-review")
    capsys.readouterr()
    assert run("history") == 0
    assert "applied  (1 change)" in capsys.readouterr().out
    assert run("history", "show", "1") == 0
    shown = capsys.readouterr().out
    assert "boolean httpd_can_network_connect_db: in place" in shown
    assert "before  absent" in shown
    assert run("undo") == 7
    assert run("undo", "--yes") == 0
    assert fake(machine).content() == {}
    capsys.readouterr()
    assert run("history", "--format", "json") == 0
    listed: List[Any] = json.loads(capsys.readouterr().out)["transactions"]
    assert [entry["standing"] for entry in listed] == ["undone by 2", "applied"]
    schema = json.loads((PACKAGE / "apply" / "schemas" / "transaction.schema.json").read_text())
    for entry in listed:
        jsonschema.validate(entry, schema)
    assert run("history", "show", "2", "--format", "json") == 0
    jsonschema.validate(json.loads(capsys.readouterr().out), schema)
    assert run("undo", "2", "--yes", "--format", "json") == 0
    jsonschema.validate(json.loads(capsys.readouterr().out), schema)
    assert fake(machine).content() == {BOOLEAN: "on"}


@pytest.mark.parametrize(
    "words",
    [
        ("history", "show"),
        ("history", "list", "1"),
        ("history", "--format", "yaml"),
        ("undo", "--format", "yaml"),
        ("fix", "--format", "yaml"),
        ("fix", "--wait", "soon", "--yes", "--allow-review"),
        ("fix", "--incident", "zzz"),
    ],
)
def test_usage_errors(machine: TestMachine, explained: Any, capsys: Any, words: List[str]) -> None:
    explained(unasked(boolean_incident()))
    assert run(*words) == 2
    assert capsys.readouterr().err.startswith("avcdoctor: ")
    assert machine.history.numbers() == []


@pytest.mark.parametrize("words", [("undo",), ("undo", "7"), ("history", "show", "7")])
def test_what_is_not_there(machine: TestMachine, capsys: Any, words: List[str]) -> None:
    assert run(*words) == 3
    assert capsys.readouterr().err.startswith("avcdoctor: there is no")


def test_an_empty_history(machine: TestMachine, capsys: Any) -> None:
    assert run("history") == 0
    assert capsys.readouterr().out == "nothing was changed by avcdoctor here\n"


@pytest.mark.parametrize("words", [("fix", "--dry-run"), ("fix", "--format", "json"), ("explain", "--format", "shell")])
def test_what_is_left_out_never_tells_to_switch_selinux_off(
    machine: TestMachine, explained: Any, capsys: Any, words: List[str]
) -> None:
    bad = replace(remedy("app-fix", (act("manual", text="x"),), "manual"), title="run setenforce 0")
    worse = replace(remedy("boolean", (act("boolean-set", name="x", value=True),)), title="add SELINUX=disabled")
    explained(incident("evil", (), (bad, worse)))
    assert run(*words) == 4
    shown = capsys.readouterr()
    assert "withheld" in shown.err
    assert not [text for text in (shown.out, shown.err) if "setenforce" in text or "SELINUX=disabled" in text]
