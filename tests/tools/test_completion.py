"""The completions work in the real shells, and know what the help knows."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from avcdoctor.model import REMEDY_KINDS
from avcdoctor.render import FORMATS
from tools import completion
from tools.commands import every, tree


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("completion")
    assert completion.main([str(found)]) == 0
    return found


def asked_of_bash(folder, words):
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f"source '{folder}/avcdoctor.bash'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; compopt() {{ :; }}; "
        '_avcdoctor; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def asked_of_fish(folder, words):
    script = f"source '{folder}/avcdoctor.fish'; complete -C '{' '.join(words)}'"
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    return [line.partition("\t")[0] for line in done.stdout.splitlines()]


def asked_of_zsh(folder, words, offered=()):
    """What an interactive zsh offers: the line is typed, the tabulator pressed, and what it inserts is added up.

    It is read until everything that should be offered is there, and then a little longer for what should not.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(HOME=str(folder), ZDOTDIR=str(folder), TERM="dumb", COLUMNS="300", LINES="500")
        os.execlp("zsh", "zsh", "-f", "-i")  # noqa: S606 - a shell is what is tested
    setup = f"PS1='READY> '; fpath=('{folder}' $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=0; print DONE\n"
    os.write(terminal, setup.encode())
    read_until(terminal, lambda shown: "READY> " in shown.partition("\nDONE")[2], 60)
    os.write(terminal, " ".join(words).encode() + b"\t")
    shown = read_until(terminal, lambda shown: set(offered) <= set(words_of(shown)), 60)
    shown += read_until(terminal, lambda _: False, 1)
    os.close(terminal)
    os.waitpid(pid, 0)
    return words_of(shown)


def words_of(shown):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\x07\x08]", " ", shown).split()


def read_until(terminal, is_enough, seconds):
    shown, end = "", time.monotonic() + seconds
    while not is_enough(shown) and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 65536).decode("utf-8", "replace")
    return shown


SHELLS = {"bash": asked_of_bash, "fish": asked_of_fish, "zsh": asked_of_zsh}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "offered", "not_offered"),
    [
        (("avcdoctor", ""), ("explain", "fix", "rules"), ("--dry-run",)),
        (("avcdoctor", "explain", "--f"), ("--format",), ("--dry-run",)),
        (("avcdoctor", "explain", "--format", ""), tuple(FORMATS), ("--format",)),
        (("avcdoctor", "explain", "--remedy-kind", ""), REMEDY_KINDS, ("explain",)),
        (("avcdoctor", "explain", "--cause", "wrong-"), ("wrong-label", "wrong-domain"), ("boolean",)),
        (("avcdoctor", "rules", ""), ("show", "check"), ("explain",)),
        (("avcdoctor", "rules", "show", "KEEPALIVED0"), ("KEEPALIVED001",), ("HTTPD001",)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) and value[0] == "avcdoctor" else "",
)
def test_the_shell_offers(folder, shell, words, offered, not_offered):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed; tools/setup.sh installs it")
    found = asked_of_zsh(folder, words, offered) if shell == "zsh" else SHELLS[shell](folder, words)
    assert [word for word in offered if word not in found] == []
    assert [word for word in not_offered if word in found and word not in words] == []


@pytest.mark.parametrize("name", ["avcdoctor.bash", "_avcdoctor", "avcdoctor.fish"])
def test_every_long_option_of_every_command_is_there(folder, name):
    script = (folder / name).read_text()
    for command in every(tree()):
        for option in command.options:
            long = next(one for one in option.names if one.startswith("--"))
            assert long in script or f"-l {long[2:]}" in script, f"{command.name} {long}"


def test_a_file_is_offered_where_a_file_belongs(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "audit.log").touch()
    (tmp_path / "root").mkdir()
    assert asked_of_bash(folder, ("avcdoctor", "explain", "aud")) == ["audit.log"]
    assert asked_of_bash(folder, ("avcdoctor", "explain", "--root", "")) == ["root"]
    assert asked_of_bash(folder, ("avcdoctor", "explain", "--since", "")) == []
