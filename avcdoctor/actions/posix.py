"""Quotes arguments for /bin/sh with printable ASCII only, so that the script is safe to display."""

from __future__ import annotations

import re
import shlex
from typing import Iterable

_PLAIN = re.compile(rb"[A-Za-z0-9/_.,:@=+]")


def shell_word(word: str) -> str:
    """One argument for a POSIX shell.

    A word that can be printed is quoted as usual. Any other is written by `printf` with octal escapes, so that it
    holds no control character and no undecodable byte; newlines at its end stand in quotes, since a command
    substitution would drop them.
    """
    if word.isprintable() and "\ufffd" not in word:
        return shlex.quote(word)
    data = word.encode("utf-8", "surrogateescape")
    body = data.rstrip(b"\n")
    written = "".join(_printf_byte(byte) for byte in body)
    start = f"\"$(printf '{written}')\"" if body else ""
    return start + ("'" + "\n" * (len(data) - len(body)) + "'" if len(data) > len(body) else "")


def shell_line(argv: Iterable[str]) -> str:
    """A command that can be copied into a POSIX shell as it stands."""
    return " ".join(shell_word(word) for word in argv)


def _printf_byte(byte: int) -> str:
    if _PLAIN.match(bytes([byte])):
        return chr(byte)
    return "%%" if byte == ord("%") else f"\\{byte:03o}"
