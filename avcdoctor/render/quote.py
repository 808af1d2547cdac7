"""Quote words of a command for people to read and copy; `posix.py` does it for scripts."""

from __future__ import annotations

import shlex
from typing import Iterable

_SHORT_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def display_word(word: str) -> str:
    """Quote one word so that it fits on a line, is safe to show and can be pasted into bash, zsh or ksh.

    Args:
        word: a raw word; bytes that are not UTF-8 are surrogate escapes (see `model.raw_name`).

    Returns:
        The word itself, the word in single quotes, or the `$'...'` form (ANSI-C quoting, bash(1)) when it holds
        anything that is not printable. Never a control character, never a line break.
    """
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(_escape(character) for character in word) + "'"


def display_command(argv: Iterable[str]) -> str:
    """Quote an argument list for people: `display_word` for each word, with spaces between."""
    return " ".join(display_word(word) for word in argv)


def _escape(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if character.isprintable():
        return character
    # \xHH takes at most two digits, so a digit that follows is never swallowed; \uHHHH would depend on the locale.
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))
