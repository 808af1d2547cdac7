"""Manual pages say what the help says, and no formatter has a complaint about them."""

import re
import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from avcdoctor.cli.main import VERBS, build
from tools import manual
from tools.commands import every, tree

PAGES = manual.pages()
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


def test_there_is_a_page_for_each_verb_and_each_file():
    verbs = {f"avcdoctor-{verb}.8" for verb in VERBS}
    assert set(PAGES) == {"avcdoctor.8", "avcdoctor-rules.5", "avcdoctor-ignore.5"} | verbs


def plain(page):
    """The words of a page without roff's signs."""
    text = re.sub(r"\\f[BIR]|\\&", "", page)
    for sign, meaning in (("\\-", "-"), ("\\(aq", "'"), ("\\(ga", "`"), ("\\(ha", "^"), ("\\(ti", "~"), ("\\e", "\\")):
        text = text.replace(sign, meaning)
    return re.sub(r"\s+", " ", re.sub(r"^\.\w+ ?", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_says_what_the_help_says(verb, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    shown = CliRunner().invoke(build([verb]), [verb, "--help"], terminal_width=250).output
    page = plain(PAGES[f"avcdoctor-{verb}.8"])
    for option in re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+)", shown):
        assert option in page
    for command in every(tree()):
        if command.words[:1] == (verb,):
            for words in (
                *command.prose,
                *(one.help for one in command.options),
                *(one.help for one in command.arguments),
            ):
                assert words in page
    flat = re.sub(r"\s+", " ", shown)
    (command,) = (one for one in every(tree()) if one.words == (verb,))
    assert [one.help for one in command.options if one.help not in flat] == []


def test_the_page_about_rules_has_the_whole_document():
    page = plain(PAGES["avcdoctor-rules.5"])
    for words in ("EXAMPLE001", "avcdoctor rules check", "@attribute", "WHAT MAKES A GOOD RULE", "Capital letters"):
        assert words in page


def test_the_page_about_known_denials_has_its_section_alone():
    page = plain(PAGES["avcdoctor-ignore.5"])
    assert "policy-gap" in page
    assert "GitHub" not in page


@pytest.mark.parametrize("name", PAGES)
def test_no_formatter_complains(name, tmp_path):
    path = tmp_path / name
    path.write_text(PAGES[name], encoding="utf-8")
    tools = [["mandoc", "-T", "lint", "-W", "warning", str(path)], ["man", "--warnings", "-l", str(path)]]
    here = [argv for argv in tools if shutil.which(argv[0])]
    assert here, "neither mandoc nor man is installed; tools/setup.sh installs them"
    for argv in here:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
        )
        complaints = done.stderr + (done.stdout if argv[0] == "mandoc" else "")
        assert (done.returncode, complaints) == (0, "")


def test_words_can_not_become_requests():
    assert manual.text(".so /etc/passwd").startswith("\\&")
    assert manual.text("'br") == "\\(aqbr"
    assert manual.text("a\\b") == "a\\eb"
