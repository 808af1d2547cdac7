import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from avcdoctor.cli import main as command
from avcdoctor.errors import ApplyError, InputError


@pytest.fixture
def verb(monkeypatch):
    """Register a verb `trial` that does what a test wants."""

    def register(action):
        module = ModuleType("trial_verb")
        module.EXAMPLES = "  avcdoctor trial\n"

        def trial() -> int:
            """Try something.

            Args:
                nothing: not shown in the help.
            """
            return action()

        module.trial = trial
        monkeypatch.setitem(sys.modules, "trial_verb", module)
        monkeypatch.setattr(command, "VERBS", {"trial": "trial_verb"})

    return register


def raising(error):
    def action():
        raise error

    return action


def test_the_verbs_exit_code_is_the_commands(verb):
    verb(lambda: 4)
    assert command.main(["trial"]) == 4


def test_a_verb_without_exit_code_gives_0(verb):
    verb(lambda: None)
    assert command.main(["trial"]) == 0


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (InputError("audit.log: is a directory", "name a file"), 3, "audit.log: is a directory (name a file)"),
        (ApplyError("restorecon failed"), 5, "restorecon failed"),
        (MemoryError(), 3, "out of memory (a narrower --since and --until needs less)"),
        (FileNotFoundError(2, "No such file or directory", "x.log"), 3, "x.log: No such file or directory"),
        (OSError(28, "No space left on device"), 3, "No space left on device"),
        (InputError("bad \x1b[31m name"), 3, r"bad \x1b[31m name"),
    ],
)
def test_errors_become_one_line_and_an_exit_code(verb, capsys, error, code, words):
    verb(raising(error))
    assert command.main(["trial"]) == code
    assert capsys.readouterr().err == f"avcdoctor: {words}\n"


def test_an_interrupt_is_quiet(verb, capsys):
    verb(raising(KeyboardInterrupt()))
    assert command.main(["trial"]) == 130
    assert capsys.readouterr() == ("", "")


def test_an_unexpected_error_is_one_line_that_says_what_to_do(verb, capsys):
    verb(raising(ZeroDivisionError("division by zero")))
    assert command.main(["trial"]) == command.UNEXPECTED
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("avcdoctor: unexpected ZeroDivisionError: division by zero (this is a bug")


def test_the_traceback_of_an_unexpected_error_needs_verbose(capsys):
    error = ZeroDivisionError("division by zero")
    command._in_words(error, ["explain", "-v"])
    assert "ZeroDivisionError: division by zero" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["trial", "--nonsense"], "No such option"),
        (["--nonsense"], "No such option"),
    ],
)
def test_usage_errors_point_to_the_help(verb, capsys, argv, words):
    verb(lambda: 0)
    assert command.main(argv) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert "--help)" in line


def test_help_shows_examples_but_no_docstring_sections(verb, capsys):
    verb(lambda: 0)
    assert command.main(["trial", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Try something." in shown
    assert "Examples:\n    avcdoctor trial" in shown
    assert "Args" not in shown


@pytest.mark.parametrize("argv", [[verb, "--help"] for verb in command.VERBS] + [["rules", "show", "--help"]])
def test_help_of_every_verb_is_for_people(argv, capsys):
    assert command.main(argv) == 0
    shown = capsys.readouterr().out
    assert not [word for word in ("Args:", "Raises:", "Returns:") if word in shown]
    assert len(argv) > 2 or "Examples:\n    " in shown


@pytest.mark.parametrize("verb", command.VERBS)
def test_options_keep_their_names_on_python_39(verb):
    """There, annotations that are kept as text lose their options; newer Pythons would not notice."""
    module = import_module(command.VERBS[verb])
    assert not hasattr(module, "annotations"), "take out `from __future__ import annotations`"


def test_the_list_of_verbs_is_not_cut_short(capsys):
    assert command.main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("Commands:")[2].partition("Examples:")[0]
    assert "..." not in listed
    assert [verb for verb in command.VERBS if f"\n  {verb} " not in listed] == []


def test_version(capsys):
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("avcdoctor ")


def run_python(script, **options):
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    return subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, env=environment, **options)


def test_a_reader_that_leaves_early_makes_no_noise():
    script = """
import os, sys, types
from avcdoctor.cli import main
module = types.ModuleType("loud")
module.EXAMPLES = ""
def loud() -> int:
    "Say much."
    for _ in range(100000):
        print("a line of a long report")
    return 1
module.loud = loud
sys.modules["loud"] = module
main.VERBS = {"loud": "loud"}
read, write = os.pipe()
os.close(read)
os.dup2(write, 1)
main.run(["loud"])
"""
    done = run_python(script)
    assert (done.returncode, done.stderr) == (command.BROKEN_PIPE, b"")


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_closed_stream_is_no_crash(closed):
    again = "os.execv(sys.executable, [sys.executable, '-m', 'avcdoctor', 'rules'])"
    script = f"import os, sys; os.close({closed}); {again}"
    assert run_python(script).returncode == 0


def test_starting_imports_nothing_heavy():
    script = """
import sys
from avcdoctor.cli import main
main.main(["--help"])
print([name for name in ("rich", "jinja2", "setools", "selinux", "yaml") if name in sys.modules], file=sys.stderr)
"""
    assert run_python(script).stderr == b"[]\n"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["explian"], "avcdoctor: No such command 'explian'. Did you mean 'explain'? (see avcdoctor --help)\n"),
        (["explain", "--formt", "x"], "Did you mean '--format'? (see avcdoctor explain --help)\n"),
        (["quxxx"], "avcdoctor: No such command 'quxxx' (see avcdoctor --help)\n"),
    ],
)
def test_what_was_meant_is_said_once(capsys, argv, words):
    assert command.main(argv) == 2
    said = capsys.readouterr().err
    assert said.endswith(words)
    assert said.count("Did you mean") == words.count("Did you mean")
    assert "Possible options" not in said


@pytest.mark.parametrize("selinux", [True, False])
def test_alone_without_selinux_it_says_what_can_be_done(monkeypatch, capsys, selinux):
    monkeypatch.setattr(command, "uses_selinux", lambda: selinux)
    with pytest.raises(SystemExit) as ended:
        command.run([])
    assert ended.value.code == 0
    assert ("This machine does not use SELinux." in capsys.readouterr().out) is not selinux
