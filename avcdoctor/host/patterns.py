"""File-context patterns for literal paths, and paths put through file-context equivalences."""

from __future__ import annotations

import re
from typing import Mapping, Optional

_SPECIAL = frozenset(b".^$?*+|[](){}\\")
_HEX_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")


def pattern_for(path: str) -> str:
    r"""Write a literal path as a file-context regular expression that matches this path alone.

    Regex characters get a backslash. White space, control characters and bytes outside ASCII become `\xNN`: a
    file_contexts line is split at white space and libselinux refuses a file that holds other than ASCII
    (`read_spec_entry` in libselinux/src/label_support.c), so one such entry would disable all of them.

    Args:
        path: an absolute path as the system names it; undecodable bytes are surrogate escapes.

    Raises:
        ValueError: the path is not absolute, or holds a NUL byte.
    """
    data = path.encode("utf-8", "surrogateescape")
    if not data.startswith(b"/") or b"\0" in data:
        raise ValueError("a file-context pattern needs an absolute path without NUL")
    return "".join(_pattern_byte(byte) for byte in data)


def tree_pattern(path: str) -> str:
    """The pattern for a directory and everything below it, as in `/srv/www(/.*)?`."""
    return pattern_for(path.rstrip("/")) + "(/.*)?" if path.strip("/") else "/.*"


def literal_path(pattern: str) -> Optional[str]:
    """The one path a pattern made by `pattern_for` stands for, or None where it matches more than one.

    A trailing `(/.*)?` of `tree_pattern` is taken off first, so that a directory's pattern gives the directory.
    """
    body = pattern[: -len("(/.*)?")] if pattern.endswith("(/.*)?") else pattern
    data = bytearray()
    position = 0
    while position < len(body):
        escape = _HEX_ESCAPE.match(body, position)
        character = body[position]
        if escape:
            data.append(int(escape.group(1), 16))
            position = escape.end()
        elif character == "\\" and position + 1 < len(body) and ord(body[position + 1]) in _SPECIAL:
            data += body[position + 1].encode()
            position += 2
        elif ord(character) < 128 and ord(character) not in _SPECIAL:
            data += character.encode()
            position += 1
        else:
            return None
    return data.decode("utf-8", "surrogateescape")


def substituted(path: str, equivalences: Mapping[str, str]) -> str:
    """The path under which file contexts are looked up: the longest equivalence that covers it is applied.

    `/run` is labelled as `/var/run` by most policies (file_contexts.subs_dist), and semanage refuses a rule for the
    left-hand side: the rule has to name the path that this function returns.

    Args:
        equivalences: left-hand path to the path it is labelled like, as in file_contexts.subs.
    """
    best = ""
    for left in equivalences:
        covers = path == left or path.startswith(left.rstrip("/") + "/")
        if covers and len(left) > len(best):
            best = left
    return equivalences[best].rstrip("/") + path[len(best.rstrip("/")) :] if best else path


def _pattern_byte(byte: int) -> str:
    if byte in _SPECIAL:
        return "\\" + chr(byte)
    if 0x21 <= byte <= 0x7E:
        return chr(byte)
    return f"\\x{byte:02x}"
