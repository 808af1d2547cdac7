"""The built wheel, installed into an empty environment, runs and finds its policies."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Dict

import pytest

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "samples" / "keepalived" / "audit.log"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    pytest.importorskip("build")
    target = tmp_path_factory.mktemp("wheel")
    argv = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = target.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has the wheel and what it depends on, and nothing else."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    reachable = subprocess.run([*pip, "download", "-q", "--no-deps", "-d", str(home), "typer<0.29"], check=False)
    if reachable.returncode:
        pytest.skip("no package index can be reached")
    subprocess.run([*pip, "install", "-q", str(wheel)], check=True)
    return home


def run(installed: Path, tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command far from the checkout."""
    environment: Dict[str, str] = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    argv = [str(installed / "bin" / "avcdoctor"), *words]
    return subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


def test_the_wheel_holds_the_policies_and_no_more_than_it_should(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "avcdoctor/policies/rules/keepalived.yaml" in names
    assert any(name.startswith("avcdoctor/policies/reference/") and name.endswith(".cil") for name in names)
    assert "avcdoctor/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "samples/", "bench/", "lab/"))]
    assert not [name for name in names if "__pycache__" in name]


def test_the_installed_command_says_its_version(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "avcdoctor"), done.stderr


def test_the_installed_command_explains_a_sample(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "explain", str(SAMPLE))
    assert done.returncode == 1, done.stderr  # denials found
    assert "KEEPALIVED001" in done.stdout
    assert "Traceback" not in done.stderr


def test_the_installed_command_lists_its_rules(installed: Path, tmp_path: Path) -> None:
    done = run(installed, tmp_path, "rules")
    assert done.returncode == 0, done.stderr
    assert "KEEPALIVED001" in done.stdout
