"""tools/setup.sh says what to ask for where it may not install, and installs what is missing where it may."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Callable, Dict

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("bash", "cat", "dirname", "env", "sha256sum", "rm", "mkdir")

Runner = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    """Run a copy of the script with nothing on PATH but a few tools and the given fakes, and no Python to be found."""

    def runner(fakes: Dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
        project = tmp_path / "project"
        (project / "tools").mkdir(parents=True)
        script = (ROOT / "tools" / "setup.sh").read_text().replace("/usr/bin/python3", f"{tmp_path}/no-python")
        (project / "tools" / "setup.sh").write_text(script)
        (project / "pyproject.toml").write_text("")
        path = tmp_path / "bin"
        path.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found is not None, tool
            (path / tool).symlink_to(found)
        for name, body in fakes.items():
            (path / name).write_text(f'#!{path}/bash\necho "{name} $*" >>{tmp_path}/log\n{body}\n')
            (path / name).chmod(0o755)
        return subprocess.run(
            [str(path / "bash"), str(project / "tools" / "setup.sh"), *words],
            env={"PATH": str(path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    return runner


def test_without_root_it_says_what_to_ask_for(run: Runner) -> None:
    done = run({"id": "echo 1000", "apt-get": "exit 9", "dpkg-query": "[ $4 = secilc ] && printf installed"})
    assert done.returncode == 1
    assert "apt-get install python3-venv python3-audit python3-setools" in done.stderr
    assert "secilc" not in done.stderr  # it is there already


def test_fedora_as_root(run: Runner, tmp_path: Path) -> None:
    done = run({"id": "echo 0", "dnf": "", "rpm": "[ $3 = checkpolicy ]"})
    calls = (tmp_path / "log").read_text()
    assert "dnf -q -y install python3 python3-pip python3-audit" in calls
    assert " checkpolicy" not in calls.split("dnf -q -y install")[1].split("\n")[0]
    assert "no Python from 3.9 on" in done.stderr
    assert done.returncode == 1


def test_debian_fetches_lists_when_the_first_try_fails(run: Runner, tmp_path: Path) -> None:
    run({"id": "echo 0", "dpkg-query": "", "apt-get": f'[ "$2" = update ] && : >{tmp_path}/new; [ -e {tmp_path}/new ]'})
    calls = [line.split()[2] for line in (tmp_path / "log").read_text().splitlines() if line.startswith("apt-get")]
    assert calls == ["install", "update", "install"]


def test_opensuse_as_root(run: Runner, tmp_path: Path) -> None:
    run({"id": "echo 0", "zypper": "", "rpm": "[ $3 = checkpolicy ]"})
    calls = (tmp_path / "log").read_text()
    assert "zypper --quiet --non-interactive install --no-recommends python3 python3-pip python3-audit" in calls
    assert "checkpolicy secilc" not in calls


def test_services_are_no_part_of_what_using_it_needs(run: Runner, tmp_path: Path) -> None:
    run({"id": "echo 0", "dpkg-query": "", "apt-get": "", "systemctl": ""})
    calls = (tmp_path / "log").read_text()
    assert "python3-setools" in calls
    for name in ("openssh-server", "postfix", "haproxy", "keepalived", "chromium", "npm", "systemctl"):
        assert name not in calls


def test_services_that_tests_brought_are_switched_off(run: Runner, tmp_path: Path) -> None:
    run({"id": "echo 0", "dpkg-query": "[ $4 = haproxy ] && printf installed", "apt-get": "", "systemctl": ""}, "tests")
    calls = (tmp_path / "log").read_text()
    assert "chromium" in calls
    assert "systemctl disable --now ssh.service ssh.socket keepalived.service postfix.service" in calls
