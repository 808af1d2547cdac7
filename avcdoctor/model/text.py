"""Strings from the log: what makes them safe to show, and how a raw file name is kept.

*Text* is safe to show: control characters and undecodable bytes are escaped when it enters the model. A *raw* name is
what the system calls the object; it is kept only where a command must name the object, and renderers quote it.
"""

from __future__ import annotations

from typing import Union


def safe_text(value: Union[str, bytes]) -> str:
    """Make a string from the log safe to show: control characters and undecodable bytes become backslash escapes.

    Args:
        value: bytes from the log, or a string that may hold surrogate escapes.

    Returns:
        Printable text. Backslashes that were there before are doubled only when something else was escaped,
        so that ordinary text stays as it is.
    """
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    if text.isprintable():
        return text
    return "".join(_escape(character) for character in text)


def _escape(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def raw_name(value: bytes) -> str:
    """Decode a file name so that encoding it as UTF-8 with surrogate escapes gives back the same bytes."""
    return value.decode("utf-8", "surrogateescape")
