"""On a terminal a long report goes through the pager; in a pipe, or where it fits, it never does."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = "samples/keepalived/audit.log"


def on_a_terminal(argv: List[str], environment: Dict[str, str]) -> str:
    """What a command writes to a terminal of 24 lines and 80 columns."""
    leader, follower = pty.openpty()
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "80", "LINES": "24", **environment}
    with subprocess.Popen(
        [sys.executable, "-m", "avcdoctor", "explain", "--policy", "reference", "-q", *argv],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=variables,
        cwd=ROOT,
    ) as process:
        os.close(follower)
        seen = b""
        while True:
            try:
                data = os.read(leader, 1 << 16)
            except OSError:  # Linux says so when the other end is closed
                break
            if not data:
                break
            seen += data
        process.wait(timeout=60)
    os.close(leader)
    return seen.decode().replace("\r\n", "\n")


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """A pager that says it was called, and how."""
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\necho "PAGER $* LESS=$LESS"\nexec cat\n')
    script.chmod(0o755)
    return script


def test_a_long_report_is_paged_and_coloured(pager: Path) -> None:
    shown = on_a_terminal([SAMPLE], {"PAGER": f"{pager} -x"})
    assert shown.startswith("PAGER -x LESS=R\n")
    assert "\x1b[" in shown


@pytest.mark.parametrize(
    ("argv", "environment"),
    [
        ([SAMPLE, "--no-pager"], {}),
        ([SAMPLE, "--format", "list"], {}),  # fits
        ([SAMPLE, "--format", "json"], {}),
        ([SAMPLE], {"PAGER": ""}),
        ([SAMPLE], {"PAGER": "no-such-pager"}),
        ([SAMPLE], {"TERM": "dumb"}),
    ],
)
def test_what_is_not_paged(pager: Path, argv: List[str], environment: Dict[str, str]) -> None:
    shown = on_a_terminal(argv, {"PAGER": str(pager), **environment})
    assert "PAGER" not in shown
    assert "keepalived" in shown


def test_colours_can_be_turned_off(pager: Path) -> None:
    assert "\x1b[" not in on_a_terminal([SAMPLE, "--no-color", "--no-pager"], {})
    assert "\x1b[" not in on_a_terminal([SAMPLE, "--no-pager"], {"NO_COLOR": "1"})
