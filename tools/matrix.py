"""Runs avcdoctor with the libraries of each distribution, taken from PyPI: every verb's help, every format, a plan.

All of them must answer alike, byte for byte. A set whose Python is not installed here is named and left out.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple, Union

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".matrix"
LOGS = ("samples/keepalived/audit.log", "samples/service-new-port/audit.log")


class Libraries(NamedTuple):
    """The libraries of one distribution: its name, the Pythons that will do (the first that is here), and versions."""

    name: str
    pythons: Tuple[str, ...]
    pins: Tuple[str, ...]


SETS = (
    Libraries(
        "rhel-9-epel",
        ("3.9",),
        ("typer==0.10.0", "click==8.0.3", "jinja2==2.11.3", "markupsafe==1.1.1", "PyYAML==5.4.1"),
    ),
    Libraries("epel-10", ("3.12",), ("typer==0.20.0", "click==8.1.7", "jinja2==3.1.6", "PyYAML==6.0.1")),
    Libraries("fedora-42", ("3.13",), ("typer==0.15.4", "click==8.1.7", "jinja2==3.1.6", "PyYAML==6.0.2")),
    Libraries("fedora-43", ("3.14", "3.13"), ("typer==0.21.2", "click==8.1.7", "jinja2==3.1.6", "PyYAML==6.0.2")),
    Libraries("fedora-44", ("3.14", "3.13"), ("typer==0.23.1", "click==8.3.3", "jinja2==3.1.6", "PyYAML==6.0.3")),
    Libraries("debian-12", ("3.11",), ("typer==0.7.0", "click==8.1.3", "jinja2==3.1.2", "PyYAML==6.0")),
    Libraries("debian-13", ("3.13",), ("typer==0.15.2", "click==8.1.8", "jinja2==3.1.6", "PyYAML==6.0.2")),
    Libraries("ubuntu-24.04", ("3.12",), ("typer==0.9.0", "click==8.1.6", "jinja2==3.1.2", "PyYAML==6.0.1")),
    Libraries("newest", ("3.14", "3.13", "3.12"), ("typer<0.29", "click<8.5", "jinja2", "PyYAML")),
)


def python_for(wanted: Libraries) -> Optional[str]:
    """The path of a Python that a set may run on: on the PATH, or installed by pyenv."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for minor in wanted.pythons:
        for candidate in (
            *sorted(versions.glob(f"{minor}.*/bin/python"), reverse=True),
            shutil.which(f"python{minor}"),
        ):
            if candidate is not None and works([str(candidate), "-c", "import venv, ensurepip"]):
                return str(candidate)
    return None


def works(argv: List[str]) -> bool:
    """Whether a program can be run and succeeds."""
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def prepared(wanted: Libraries, python: str) -> Path:
    """The set's virtual environment; made again only when its versions or its Python change.

    Raises:
        subprocess.CalledProcessError: the libraries can't be installed.
    """
    folder = KEPT / wanted.name
    stamp = folder / "prepared"
    sign = hashlib.sha256(repr((wanted, python)).encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != sign:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "-q"]
        subprocess.run([*pip, "install", *wanted.pins], check=True, capture_output=True)
        stamp.write_text(sign, encoding="utf-8")
    return folder / "bin" / "python"


def questions() -> Dict[str, List[str]]:
    """What every set is asked, by a name for the report."""
    sys.path.insert(0, str(ROOT))
    from avcdoctor.cli.main import VERBS  # noqa: PLC0415 - the checkout's own verbs
    from avcdoctor.render import FORMATS  # noqa: PLC0415 - likewise

    asked = {"help": ["--help"], "rules list": ["rules"], "rules show": ["rules", "show", "KEEPALIVED001"]}
    asked.update({f"help of {verb}": [verb, "--help"] for verb in VERBS})
    for log in LOGS:
        common = ["--policy", "reference", log]
        for form in FORMATS:
            asked[f"explain --format {form} {log}"] = ["explain", "--exit-zero", "--format", form, *common]
        asked[f"fix --dry-run {log}"] = ["fix", "--dry-run", *common]
    return asked


def answer(python: Path, argv: List[str]) -> str:
    """What avcdoctor says, or why it failed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": "1700000000",  # or two pages differ whenever a minute ends between them
    }
    done = subprocess.run(
        [str(python), "-m", "avcdoctor", *argv],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else f"exit code {done.returncode}: {done.stderr.strip()}"


def tried(wanted: Libraries) -> Union[str, Dict[str, str]]:
    """Every answer of a set, or why it could not be tried."""
    python = python_for(wanted)
    if python is None:
        return f"not tried: no Python {wanted.pythons[-1]} here"
    try:
        at = prepared(wanted, python)
    except subprocess.CalledProcessError as error:
        last = (error.stderr or b"").decode("utf-8", "replace").strip().rpartition("\n")[2]
        return f"not tried: it can't be installed: {last}"
    return {name: answer(at, argv) for name, argv in questions().items()}


def faults(name: str, answers: Dict[str, str], expected: Dict[str, str]) -> List[str]:
    """Where a set failed, or answers otherwise than the first set; help pages are typer's own and may differ."""
    found = []
    for question, said in answers.items():
        if said.startswith("exit code "):
            found.append(f"{name}: {question}: {said}")
        elif not question.startswith("help") and said != expected[question]:
            lines = difflib.unified_diff(
                expected[question].splitlines(), said.splitlines(), "expected", name, "", "", 0
            )
            found.append(f"{name}: {question}: another answer\n" + "\n".join(list(lines)[:12]))
    return found


def main(argv: Optional[List[str]] = None) -> int:
    """Try the sets and report; 1 when one of them failed, or (in continuous integration) could not be tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SET", help=f"only these: {', '.join(one.name for one in SETS)}")
    chosen = parser.parse_args(argv).names
    sets = [one for one in SETS if not chosen or one.name in chosen]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = dict(zip((one.name for one in sets), pool.map(tried, sets)))
    ran = {name: answers for name, answers in results.items() if not isinstance(answers, str)}
    problems = [line for name, answers in ran.items() for line in faults(name, answers, next(iter(ran.values())))]
    for one in sets:
        said = results[one.name]
        print(f"{one.name:14} {', '.join(one.pins):75} {said if isinstance(said, str) else f'{len(said)} questions'}")
    print("\n".join(problems) or f"{len(ran)} of {len(sets)} sets answer alike")
    return 1 if problems or not ran or ("CI" in os.environ and len(ran) < len(sets)) else 0


if __name__ == "__main__":
    sys.exit(main())
