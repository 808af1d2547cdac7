"""How each system gets a package: one line, by its own package manager, and none that it lacks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from avcdoctor import system
from avcdoctor.system import family, install, names_of

PACKAGE = Path(system.__file__).resolve().parent
FEDORA = 'NAME="Fedora Linux"\nID=fedora\nVARIANT_ID=coreos\n'
MANAGERS = ("apt", "apt-get", "dnf", "tdnf", "zypper", "pacman", "emerge", "apk", "rpm-ostree", "yum")


@pytest.mark.parametrize(
    ("release", "line"),
    [
        ("ID=debian\n", "apt install python3-semanage"),
        ("ID=ubuntu\nID_LIKE=debian\n", "apt install python3-semanage"),
        ("ID=fedora\n", "dnf install python3-libsemanage"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install python3-libsemanage"),
        (FEDORA, "rpm-ostree install python3-libsemanage, then reboot"),
        ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "zypper install python3-semanage"),
        ('ID="opensuse-microos"\nID_LIKE="suse opensuse opensuse-tumbleweed microos"\n', "transactional-update"),
        ("ID=slackware\n", "install libsemanage"),
        ("", "install libsemanage"),
    ],
)
def test_one_line_for_each_system(release: str, line: str) -> None:
    told = install("python-semanage", names_of(release))
    assert told.startswith(line)
    assert len([name for name in MANAGERS if re.search(rf"(?<![\w-]){name}(?![\w-])", told)]) <= 1


@pytest.mark.parametrize("name", ["talos", "bottlerocket", "flatcar"])
def test_a_system_without_a_package_manager_is_told_of_none(name: str) -> None:
    told = install("semodule", (name,))
    assert "has no package manager" in told and "policycoreutils" in told
    assert not any(manager in told.split() for manager in MANAGERS)


def test_a_thing_that_no_table_has_is_a_package() -> None:
    assert install("strace", ("debian",)) == "apt install strace"


def test_the_names_stand_in_their_order() -> None:
    assert names_of('ID="rhcos"\nID_LIKE="rhel fedora"\nVARIANT_ID=coreos\n') == ("rhcos", "rhel", "fedora", "coreos")
    assert family(("fedora", "coreos")) == "fedora" and family(()) == ""


def test_no_other_place_names_a_package_manager_s_command() -> None:
    """Texts of the package itself: what a hint says comes from `install`."""
    command = re.compile(r"(?<![\w-])(?:apt|apt-get|dnf|zypper|rpm-ostree) install\b")
    found = []
    for path in PACKAGE.rglob("*.py"):
        if path.name == "system.py":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        found += [
            f"{path.name}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and command.search(node.value)
        ]
    assert found == []
