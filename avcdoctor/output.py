"""Where output goes: the report to standard output or a file, notes to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Optional

from avcdoctor.model import safe_text

_WIDEST = 120  # longer lines are hard to read, however wide the terminal


def emit(text: str, output: Optional[Path] = None) -> None:
    """Write a report to standard output, or to a file as UTF-8.

    Args:
        text: the whole report, ending with a line break.
        output: the file; `-` and None mean standard output.

    Raises:
        OSError: the file can't be written.
    """
    if output is None or str(output) == "-":
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8", errors="surrogateescape")


def note(message: str) -> None:
    """Tell something beside the report, on standard error, safe to show."""
    print(safe_text(message), file=sys.stderr)


def wants_color(no_color: bool) -> bool:
    """Whether to colour standard output: on a terminal, unless --no-color, NO_COLOR (no-color.org) or TERM=dumb."""
    if no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def terminal_width() -> int:
    """Columns to write for: the terminal's or those of COLUMNS, 100 in a pipe, at most 120."""
    return min(shutil.get_terminal_size((100, 24)).columns, _WIDEST)
