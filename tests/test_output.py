import pytest

from avcdoctor import output


@pytest.mark.parametrize(
    ("environment", "option", "wanted"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, False, True),  # no-color.org: only when it is not empty
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_color_on_a_terminal(monkeypatch, environment, option, wanted):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert output.wants_color(option) is wanted


def test_no_color_in_a_pipe(monkeypatch, capsys):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert output.wants_color(False) is False


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("400", 120)])
def test_width_of_the_terminal_but_not_too_wide(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    assert output.terminal_width() == width


def test_a_report_goes_to_the_file_byte_for_byte(tmp_path, capsys):
    output.emit("caf\u00e9 \udcff\n", tmp_path / "report")
    assert (tmp_path / "report").read_bytes() == b"caf\xc3\xa9 \xff\n"
    output.emit("shown\n", None)
    assert capsys.readouterr().out == "shown\n"


def test_notes_are_safe_to_show(capsys):
    output.note("a\x1b[31m")
    assert capsys.readouterr().err == "a\\x1b[31m\n"
