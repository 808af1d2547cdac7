"""Help texts: what of a docstring is for people, and examples that fit the terminal."""

import inspect
import re
import shutil
from typing import Callable, List, Tuple

_EXPLAINED = re.compile(r"(?P<command>\s*\S.*?)\s{2,}(?P<words>\S.*)")


def summary_of(function: Callable[..., object]) -> Tuple[str, str]:
    """Take a verb's help from its docstring: the prose before its sections, and the beginning of its first sentence."""
    summary = re.split(r"\n\n(?:Args|Returns|Raises):", inspect.cleandoc(function.__doc__ or ""), maxsplit=1)[0]
    return summary, re.split(r"[:.](?:\s|$)", summary, maxsplit=1)[0]


def examples(lines: str) -> str:
    """Lay out examples for the end of a help page; a narrow terminal gets each explanation below its command.

    Args:
        lines: one example a line: the command, and its explanation after at least two spaces.
    """
    room = shutil.get_terminal_size((100, 24)).columns - 4  # what the help's own indent takes
    shown = lines.rstrip("\n").split("\n")
    if max(map(len, shown)) > room:
        shown = [part for line in shown for part in _apart(line)]
    return "\b\nExamples:\n" + "\n".join(shown) + "\n"


def _apart(line: str) -> List[str]:
    found = _EXPLAINED.fullmatch(line)
    return [found["command"], f"      {found['words']}"] if found else [line]
