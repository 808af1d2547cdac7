import io
import json
from pathlib import Path

import jsonschema
import pytest

from avcdoctor.cli import main as command
from tests.triage.variations import VARIATIONS

SCHEMA = json.loads((Path(command.__file__).parents[1] / "render/triage.schema.json").read_text())


class Input:
    def __init__(self, data):
        self.buffer = io.BytesIO(data)


def run(monkeypatch, capsys, data, *words):
    monkeypatch.setattr("sys.stdin", Input(data))
    code = command.main(["triage", "--log", "-", *words])
    return code, capsys.readouterr()


@pytest.mark.parametrize("log", [log for _, _, log in VARIATIONS[::5]])
def test_json_answers_to_its_schema(monkeypatch, capsys, log):
    code, said = run(monkeypatch, capsys, log.encode(), "--format", "json")
    assert code == 1
    jsonschema.validate(json.loads(said.out), SCHEMA)


def test_an_empty_log_is_no_crash(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, b"", "--format", "json")
    assert code == 0
    answer = json.loads(said.out)
    jsonschema.validate(answer, SCHEMA)
    assert answer["layer"] is None
    assert answer["selinux"] == "unknown"


def test_terminal_escapes_of_a_log_are_shown_not_sent(monkeypatch, capsys):
    log = b"app[1]: open /srv/\x1b]0;pwned\x07x: Permission denied\nbin\xff[2]: cannot open /a\xff: Permission denied"
    code, said = run(monkeypatch, capsys, log, "-v")
    assert code == 1
    assert "\x1b" not in said.out
    assert "\x07" not in said.out
    assert "\\xff" in said.out


def test_no_output_tells_to_switch_selinux_off(monkeypatch, capsys):
    for _, _, log in VARIATIONS:
        _, said = run(monkeypatch, capsys, log.encode(), "-v")
        assert "setenforce" not in said.out
        assert "permissive" not in said.out.lower()


def test_a_missing_log_is_one_clear_line(capsys):
    assert command.main(["triage", "--log", "/nowhere/x.log"]) == 3
    assert "can't be opened: No such file" in capsys.readouterr().err


def test_without_a_log_it_says_what_it_needs(capsys):
    assert command.main(["triage", "--format", "yaml", "--log", "-"]) == 2
    assert "json" in capsys.readouterr().err
