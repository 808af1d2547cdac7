import io
import json
from pathlib import Path

import jsonschema
import pytest

from avcdoctor import api
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
    assert code == 3
    assert "is empty" in said.err
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


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "- is empty"),
        (b"\0 \n\n", "- is empty"),
        (b"%PDF-1.4 hello", "- is a PDF document"),
        (b"\x7fELF\2\1\1 hello", "- is a program"),
        (b"NODE,EVENT,DATE,TIME,SERIAL_NUM\n,AVC,11/02/2026,10:11:12,77\n", "ausearch's CSV, which holds no contexts"),
        (b"just some prose\n", "holds neither audit records nor messages"),
    ],
)
def test_what_is_no_log_is_no_all_clear(monkeypatch, capsys, data, told):
    code, said = run(monkeypatch, capsys, data)
    assert code == 3
    assert told in said.err
    assert len(said.err.splitlines()) == 1


def test_a_log_in_which_nothing_failed_is_read_and_fine(monkeypatch, capsys):
    code, said = run(monkeypatch, capsys, b"Nov 02 10:11:12 box till[41]: hello\n")
    assert (code, said.err) == (0, "")
    code, said = run(monkeypatch, capsys, b"type=SERVICE_START msg=audit(1793611805.204:77): pid=1 uid=0 res=success\n")
    assert (code, said.err) == (0, "")


def test_a_service_of_which_nothing_can_be_read_is_no_all_clear(tmp_path, capsys):
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/till.service").write_text("[Service]\nExecStart=/usr/bin/till\n")
    assert command.main(["triage", "till", "--root", str(tmp_path)]) == 3
    assert "nothing was read: no journal" in capsys.readouterr().err


def test_a_quoted_paste_goes_on_to_explain_like_the_log_itself(monkeypatch, capsys):
    record = (
        'type=AVC msg=audit(1793611805.204:77): avc:  denied  { read } for  pid=41 comm="till" name="db" dev="vda1" '
        "ino=5 scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file\n"
    )
    quoted = "".join(f"> {record[at : at + 70]}\n" for at in range(0, len(record), 70))
    answers = []
    for text in (record, quoted):
        code, said = run(monkeypatch, capsys, text.encode(), "--format", "json", "--policy", "reference")
        answer = json.loads(said.out)
        groups = [group for incident in answer["explain"]["incidents"] for group in incident["groups"]]
        told = [[group[name] for name in ("source", "target", "permissions", "objects")] for group in groups]
        answers.append((code, answer["layer"], answer["blocked_by_selinux"], told))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("words", "own"), [(("till",), True), (("--log", "{root}/var/log/messages"), False)])
def test_explain_is_told_whose_log_it_is(tmp_path, monkeypatch, capsys, words, own):
    for place in ("etc/systemd/system", "var/log/audit"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "etc/systemd/system/till.service").write_text("[Service]\nExecStart=/usr/bin/till\n")
    for log in ("var/log/messages", "var/log/audit/audit.log"):
        (tmp_path / log).write_text(
            'type=AVC msg=audit(1793611805.204:77): avc:  denied  { read } for  pid=41 comm="till" name="db" '
            "scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file\n"
        )
    asked = []
    report = api.report
    monkeypatch.setattr(api, "report", lambda *a, own_log: asked.append(own_log) or report(*a, own_log=own_log))
    words = [word.format(root=tmp_path) for word in words]
    assert command.main(["triage", *words, "--root", str(tmp_path), "--policy", "reference"]) == 1
    assert asked == [own]
