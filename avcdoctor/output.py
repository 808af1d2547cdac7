"""Where output goes: the report to standard output or a file, notes to standard error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

from avcdoctor.model import safe_text
from avcdoctor.private import write_private

_WIDEST = 120  # longer lines are hard to read, however wide the terminal
_WIDEST_TABLE = 240


def emit(text: str, output: Optional[Path] = None, *, paged: bool = False) -> None:
    """Write a report to standard output, or as UTF-8 to a file that only its owner may read: it holds parts of logs.

    Args:
        text: the whole report, ending with a line break.
        output: the file; `-` and None mean standard output.
        paged: on a terminal, show what does not fit it in a pager.

    Raises:
        OSError: the file can't be written.
    """
    if output is not None and str(output) != "-":
        write_private(output, text.encode("utf-8", "surrogateescape"))
    elif not (paged and _paged(text)):
        sys.stdout.write(text)


def is_paged() -> bool:
    """Whether standard output is a terminal that a pager can be shown on."""
    return sys.stdout.isatty() and bool(_pager())


def screen() -> int:
    """The lines of the terminal."""
    return shutil.get_terminal_size((100, 24)).lines


def _pager() -> List[str]:
    """PAGER's command without any shell, or `less -R`; nothing where there is none or PAGER is empty."""
    words = os.environ.get("PAGER", "less -R").split()
    return words if words and os.environ.get("TERM") != "dumb" and shutil.which(words[0]) else []


def _paged(text: str) -> bool:
    """Show a text in the pager if it is longer than the terminal; gives back whether it was shown."""
    command = _pager()
    if not sys.stdout.isatty() or not command or text.count("\n") < screen():
        return False
    sys.stdout.flush()
    shown = subprocess.run(
        command, input=text.encode("utf-8", "backslashreplace"), check=False, env={"LESS": "R", **os.environ}
    )
    return shown.returncode == 0


def note(message: str) -> None:
    """Tell something beside the report, on standard error, safe to show."""
    print(safe_text(message), file=sys.stderr)


def wants_color(no_color: bool) -> bool:
    """Whether to colour standard output: on a terminal, unless --no-color, NO_COLOR (no-color.org) or TERM=dumb."""
    if no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def table_width() -> int:
    """Columns to write a table for: the terminal's or those of COLUMNS, 100 in a pipe, at most 240."""
    return min(shutil.get_terminal_size((100, 24)).columns, _WIDEST_TABLE)


def terminal_width() -> int:
    """Columns to write for: the terminal's or those of COLUMNS, 100 in a pipe, at most 120."""
    return min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
