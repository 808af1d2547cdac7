import pytest

from avcdoctor.cli import main as command
from avcdoctor.cli.helptext import examples, summary_of

LINES = """\
  avcdoctor path /srv/www/index.html
  avcdoctor explain audit.log   a log from another machine
"""


def test_examples_stand_in_two_columns_where_there_is_room(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert examples(LINES) == f"\b\nExamples:\n{LINES}"


def test_a_narrow_terminal_gets_explanations_below_their_commands(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    assert examples(LINES).splitlines()[2:] == [
        "  avcdoctor path /srv/www/index.html",
        "  avcdoctor explain audit.log",
        "      a log from another machine",
    ]


def test_the_help_is_the_docstring_without_its_sections():
    def verb():
        """Do something: well.

        In any weather.

        Returns:
            Nothing.
        """

    assert summary_of(verb) == ("Do something: well.\n\nIn any weather.", "Do something")


@pytest.mark.parametrize("verb", ["", *command.VERBS])
def test_help_fits_eighty_columns(verb, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    assert command.main([verb, "--help"] if verb else ["--help"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if len(line) > 80] == []
