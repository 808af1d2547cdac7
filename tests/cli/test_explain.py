import json
import sys
from types import SimpleNamespace

import pytest

import avcdoctor
from avcdoctor.cli import main as command
from avcdoctor.errors import InputError
from tests.render import reports


@pytest.fixture
def explained(monkeypatch):
    """Stand in for the diagnosis: hands out a report and keeps what it was asked."""
    asked = {}

    def answer(report):
        def explain(paths, **options):
            asked.update(options, paths=paths)
            if isinstance(report, Exception):
                raise report
            return report

        module = SimpleNamespace(explain=explain)
        monkeypatch.setitem(sys.modules, "avcdoctor.api", module)
        monkeypatch.setattr(avcdoctor, "api", module, raising=False)
        return asked

    monkeypatch.setenv("COLUMNS", "100")
    return answer


def test_denials_give_1_and_a_summary_on_standard_error(explained, capsys):
    asked = explained(reports.single())
    assert command.main(["explain", "audit.log"]) == 1
    shown = capsys.readouterr()
    assert shown.out.startswith("Verdicts from avcdoctor's reference policy.")
    assert shown.err == "read 990 records from audit.log: 198 denials in 1 incident\n"
    assert asked["paths"] == ["audit.log"]
    assert (asked["since"], asked["until"], asked["policy"], asked["root"]) == (None, None, None, None)


def test_exit_zero_and_quiet(explained, capsys):
    explained(reports.single())
    assert command.main(["explain", "--exit-zero", "-q"]) == 0
    assert capsys.readouterr().err == ""


def test_nothing_denied_gives_0(explained, capsys):
    explained(reports.nothing())
    assert command.main(["explain"]) == 0
    assert "Nothing was denied." in capsys.readouterr().out


def test_options_reach_the_diagnosis(explained):
    asked = explained(reports.nothing())
    command.main(
        ["explain", "--policy", "p.33", "--root", "/mnt", "--since", "2026-01-01T00:00:00Z", "--rules", "r", "-"]
    )
    assert (asked["policy"], asked["root"], asked["paths"]) == ("p.33", "/mnt", ["-"])
    assert asked["since"] == 1_767_225_600_000
    assert [str(path) for path in asked["rules"]] == ["r"]


@pytest.mark.parametrize("form", ["json", "markdown", "html", "text"])
def test_formats_and_a_file(explained, tmp_path, capsys, form):
    explained(reports.full())
    target = tmp_path / "report"
    assert command.main(["explain", "--format", form, "-o", str(target)]) == 1
    assert capsys.readouterr().out == ""
    written = target.read_text(encoding="utf-8")
    assert "k3f9a1" in written
    assert "\x1b" not in written
    if form == "json":
        assert json.loads(written)["schema_version"] == 1


@pytest.mark.parametrize(("form", "words"), [("shell", "#!/bin/sh"), ("ansible", "selinux_fcontexts")])
def test_the_remedies_as_code(explained, capsys, form, words):
    explained(reports.single())
    assert command.main(["explain", "--format", form, "-q"]) == 1
    assert words in capsys.readouterr().out


def test_one_incident_alone(explained, capsys):
    explained(reports.full())
    assert command.main(["explain", "--incident", "h05", "-q"]) == 1
    shown = capsys.readouterr().out
    assert "h05711" in shown
    assert "k3f9a1" not in shown


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--format", "xml"], "there is no format 'xml' (one of: text, json, markdown, html, ansible, shell)"),
        (["--incident", "zzz"], "there is no incident 'zzz' in this log (there are: k3f9a1)"),
        (["--since", "whenever"], "whenever"),
    ],
)
def test_usage_errors(explained, capsys, argv, words):
    explained(reports.single())
    assert command.main(["explain", *argv]) == 2
    assert words in capsys.readouterr().err


def test_an_unreadable_log_gives_3(explained, capsys):
    explained(InputError("x.log is a directory", "name a file"))
    assert command.main(["explain", "x.log"]) == 3
    assert capsys.readouterr().err == "avcdoctor: x.log is a directory (name a file)\n"


def test_a_file_that_can_not_be_written_gives_3(explained, tmp_path, capsys):
    explained(reports.single())
    assert command.main(["explain", "-o", str(tmp_path / "none" / "report")]) == 3
    assert capsys.readouterr().err == f"avcdoctor: {tmp_path}/none/report: No such file or directory\n"


def test_unreadable_lines_are_counted_and_shown_with_verbose(explained, capsys):
    explained(reports.full())
    command.main(["explain"])
    assert "2 lines that could not be read\nwarning: audit.log.2" in capsys.readouterr().err
    command.main(["explain", "-v"])
    told = capsys.readouterr().err
    assert "  audit.log:17: no class: type=AVC msg=audit(1:2): avc: denied { \\x1b[31m\n" in told
    assert "-v shows" not in told
