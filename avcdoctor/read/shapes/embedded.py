"""Takes records out of other texts' quotes: a script's, a program's, SQL's and YAML's."""

from __future__ import annotations

import json
import re
from typing import Optional

from avcdoctor.read.shapes import columns
from avcdoctor.read.shapes.signs import RECORD
from avcdoctor.read.shapes.terminal import by_line

_QUOTED = re.compile(
    rb"(?:(?<=[=:>(\[{,| \t])|(?m:^))([\"'`])(?=(?:node=[!-~]{1,255} )?type=[A-Z][A-Z0-9_]{1,40} msg=audit\()"
)
_GLUED = re.compile(rb"(?<=[=|,(\[])(?=(?:node=[!-~]{1,255} )?type=[A-Z][A-Z0-9_]{1,40} msg=audit\()")
_SIGNS = tuple(bytes([sign]) + word for sign in b"\"'`=|,([" for word in (b"type=", b"node="))
_DOUBLED = re.compile(rb"=(''|\"\")([^'\" \t\n][^'\"\n]{0,4096})\1(?=[\s'\x1d]|\Z)")
_DOUBLED_MESSAGE = b"msg=''avc:"
_SHELL = (b"'\\''", b"'\"'\"'")
"""A quote within a shell's quotes."""
_LISTED = re.compile(rb"(?m)^[ \t]*(?:[-*][ \t]+)?(?:\"((?:[^\"\\\n]|\\[^\n])*)\"|'((?:[^'\n]|'')*)')[ \t]*,?[ \t]*$")
_ROFF = re.compile(rb"(?m)^\.(?:TH|SH|nf|EX)\b")


def quotes(text: bytes) -> Optional[bytes]:
    """A layer: what stands in a line before the quotes, or the sign, behind which a record begins, and behind them."""
    if not any(sign in text for sign in _SIGNS):
        return None
    return by_line(text, _inside)


def _inside(line: bytes) -> bytes:
    quoted = _QUOTED.search(line)
    if quoted is not None and not RECORD.search(line, 0, quoted.start()):
        return _closed(line[quoted.end() :], quoted[1])
    glued = _GLUED.search(line)
    if glued is not None and not RECORD.search(line, 0, glued.start()):
        return line[glued.end() :]
    return line


def _closed(rest: bytes, sign: bytes) -> bytes:
    """A quoted text without its closing quotes and what stands behind them, which are those without a partner."""
    end = rest.rfind(sign)
    return rest[:end] if end >= 0 and rest.count(sign) % 2 else rest


def doubled(text: bytes) -> Optional[bytes]:
    """A layer: quotes within quotes as SQL and YAML write them, twice, or as a shell has them."""
    if b"=''" not in text and b'=""' not in text and not any(sign in text for sign in _SHELL):
        return None
    return by_line(text, _single)


def listed(text: bytes) -> Optional[bytes]:
    """A layer: quoted strings, one a line as YAML and programs list them, whose records go on in the next one."""
    if text.find(b"\n", 0, len(text) - 1) < 0 or b"avc:" not in text:
        return None
    found = list(_LISTED.finditer(text))
    if any(text[one.end() : after.start()].strip() for one, after in zip(found, found[1:])):
        return None
    cells = [_string(match) for match in found]
    if len(cells) < 2 or not columns.is_torn(cells):
        return None
    told = "\n".join(cells).encode("utf-8", "surrogateescape")
    return text[: found[0].start()] + told + b"\n" + text[found[-1].end() :]


def _string(match: re.Match[bytes]) -> str:
    if match[1] is None:
        return match[2].decode("utf-8", "surrogateescape").replace("''", "'")
    shown = match[1].decode("utf-8", "surrogateescape")
    try:
        return str(json.loads(f'"{shown}"', strict=False))
    except ValueError:
        return shown


def roff(text: bytes) -> Optional[bytes]:
    """A layer: a manual page's source, in which a hyphen has a backslash before it."""
    if b"\\-" not in text or not _ROFF.search(text):
        return None
    return text.replace(b"\\-", b"-").replace(b"\\e", b"\\")


def _single(line: bytes) -> bytes:
    for sign in _SHELL:
        line = line.replace(sign, b"'")
    if _DOUBLED_MESSAGE in line:
        line = line.replace(b"''", b"'")
    return _DOUBLED.sub(rb'="\2"', line)
