"""Runs a program with a deadline and turns its failure into one clear message."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Sequence

from lab.paths import LabError, LabSkipped


def call(arguments: Sequence[str], seconds: float = 600, cwd: Path | None = None) -> str:
    """Run a program and return what it printed.

    Raises:
        LabError: it failed or took longer than `seconds`; the message ends with its last words.
    """
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, timeout=seconds, check=False, cwd=cwd, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as late:
        raise LabError(f"{arguments[0]} did not end within {seconds:.0f} seconds") from late
    if done.returncode:
        said = (done.stderr + done.stdout).strip()[-800:]
        raise LabError(f"{' '.join(arguments[:4])} ... failed ({done.returncode}): {said}")
    return done.stdout


def fetch(arguments: Sequence[str], seconds: float = 600, cwd: Path | None = None) -> str:
    """Run a program that needs the network; where that fails the lab can't run here, which is no failure of the lab.

    Raises:
        LabSkipped: it failed, with its last words.
    """
    try:
        return call(arguments, seconds, cwd)
    except LabError as error:
        raise LabSkipped(f"what the guests are made of could not be fetched: {error}") from error
