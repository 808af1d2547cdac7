import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from avcdoctor.cli import main as command
from avcdoctor.errors import InputError
from avcdoctor.knowledge import Knowledge
from avcdoctor.model import InputSummary
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

        module = SimpleNamespace(explain=explain, knowledge=lambda _rules: Knowledge())
        monkeypatch.setattr("avcdoctor.cli.work.explain.api", module)
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
        (
            ["--format", "xml"],
            "there is no format 'xml' (one of: text, list, json, json-lines, markdown, html, ansible, shell)",
        ),
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
    assert capsys.readouterr().err == f"avcdoctor: {tmp_path}/none: No such file or directory\n"


def test_unreadable_lines_are_counted_and_shown_with_verbose(explained, capsys):
    explained(reports.full())
    command.main(["explain"])
    assert "2 lines that could not be read\nwarning: audit.log.2" in capsys.readouterr().err
    command.main(["explain", "-v"])
    told = capsys.readouterr().err
    assert "  audit.log:17: no class: type=AVC msg=audit(1:2): avc: denied { \\x1b[31m\n" in told
    assert "-v shows" not in told


def test_the_list_and_its_lines(explained, capsys):
    explained(reports.storm(30))
    assert command.main(["explain", "--format", "list", "--sort", "count", "-q"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 31
    assert command.main(["explain", "--json-lines", "-q"]) == 1
    assert len([json.loads(line) for line in capsys.readouterr().out.splitlines()]) == 30


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--remedy-kind", "modul"], "there is no remedy kind 'modul' (one of: restorecon, "),
        (["--cause", "wrong-lable"], "there is no cause 'wrong-lable'. Did you mean 'wrong-label'? ("),
        (["--cause", "wrong-*", "--cause", "zz*"], "there is no cause 'zz*' (`avcdoctor rules` lists all)"),
        (["--sort", "size"], "there is no order 'size'"),
        (["--json-lines", "--format", "html"], "--json-lines is a form of the list"),
        (["--checkpoint", "c", "--since", "today"], "--checkpoint goes on in one log"),
        (["--checkpoint", "c", "-"], "--checkpoint goes on in one log"),
    ],
)
def test_what_does_not_go_together(explained, capsys, argv, words):
    explained(reports.single())
    assert command.main(["explain", *argv]) == 2
    assert words in capsys.readouterr().err


def test_filters_on_the_command_line(explained, capsys):
    explained(replace(reports.full(), input=replace(reports.full().input, unreadable=0)))
    argv = ["explain", "--source", "httpd_*", "--source", "foo_t", "--class", "file"]
    assert command.main(argv) == 1
    shown = capsys.readouterr()
    assert "no5bad" in shown.out
    assert "h05711" not in shown.out
    assert "3 incidents not asked for" in shown.err
    assert command.main(["explain", "--cause", "unlabeled"]) == 0
    assert "Nothing else was denied: 4 incidents not asked for." in capsys.readouterr().out


def test_a_gate(explained, tmp_path, capsys):
    explained(replace(reports.full(), input=replace(reports.full().input, unreadable=0)))
    known = tmp_path / "known.yaml"
    assert command.main(["explain", "--write-ignore", str(known)]) == 0
    assert "4 entries: give each its reason" in capsys.readouterr().err
    assert command.main(["explain", "--ignore", str(known)]) == 0
    assert "4 incidents with 209 denials ignored" in capsys.readouterr().err
    known.write_text("- {reason: ours, source: httpd_t}\n")
    assert command.main(["explain", "--ignore", str(known)]) == 1
    old = tmp_path / "old.json"
    assert command.main(["explain", "--format", "json", "-o", str(old)]) == 1
    assert command.main(["explain", "--baseline", str(old)]) == 0
    assert "4 incidents with 209 denials in the baseline" in capsys.readouterr().err
    assert command.main(["explain", "--ignore", str(tmp_path / "none")]) == 3


def test_a_report_in_a_file_is_its_owners_alone(explained, tmp_path):
    explained(reports.single())
    target = tmp_path / "report.html"
    assert command.main(["explain", "--format", "html", "-o", str(target)]) == 1
    assert target.stat().st_mode & 0o777 == 0o600


def test_no_records_is_not_fine(explained, capsys, monkeypatch):
    explained(replace(reports.nothing(), input=InputSummary(("a.log",))))
    assert command.main(["explain", "--exit-zero", "a.log"]) == 3
    shown = capsys.readouterr()
    assert "The input holds no audit records." in shown.out
    assert "does not use SELinux" not in shown.err
    monkeypatch.setattr("avcdoctor.cli.explain.uses_selinux", lambda: False)
    assert command.main(["explain", "-q"]) == 3
    assert "this machine does not use SELinux; name a log" in capsys.readouterr().err


def test_a_page_can_be_made_twice_alike(explained, tmp_path, monkeypatch):
    explained(reports.single())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    target = tmp_path / "report.html"
    command.main(["explain", "--format", "html", "-o", str(target)])
    assert "2023-11-14" in target.read_text(encoding="utf-8")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    command.main(["explain", "--format", "html", "-o", str(target)])
    assert "2023-11-14" not in target.read_text(encoding="utf-8")
