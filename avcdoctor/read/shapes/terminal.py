"""Undoes what a terminal, a pager or a word processor does: colours, overstrikes, odd blanks, quotes, dashes."""

from __future__ import annotations

import re
from typing import Callable, Dict, Optional

from avcdoctor.read.shapes.signs import is_sound

_CODES = re.compile(
    rb"(?:\x1b|\xc2\x9b(?=[0-9;?m])|\^\[(?=\[)|\\x1[bB](?=\[)|\\0?33(?=\[)|\\u001[bB](?=\[)|\\e(?=\[)|#033(?=\[))"
    rb"(?:\[[0-?]{0,64}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,2048}(?:\x07|\x1b\\)|[()*+][A-Za-z0-9]|[@-Z\\^_=>78])?"
)
_ESCAPES = (b"\x1b", b"^[[", b"\\x1b", b"\\x1B", b"33[", b"\\u001b", b"\\e[", b"\xc2\x9b", b"[0m", b"[K")
_NAKED = re.compile(rb"\[(?:[0-9]{1,3}(?:;[0-9]{1,3}){0,4})?m(?:\[K)?|\[K")
_NAKED_SIGN = re.compile(rb"\[[0-9]{1,3}(?:;[0-9]{1,3}){0,4}m")
_OVERSTRIKE = re.compile(rb"[^\n\x08]\x08")
_OTHER_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c\x1e\x1f\x7f]")
_CARET = re.compile(rb"\^([IM\]])")
_OCTAL = re.compile(rb"#0(1[0-5]|09|11|12|15|35)")

_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_NOTHING = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_LINES = "\u0085\u2028\u2029"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_DOUBLE = "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\uff02"
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_SINGLE = "\u2018\u2019\u201a\u201b\u2032\u2035\uff07"
_TABLE: Dict[int, str] = {
    **dict.fromkeys(map(ord, _BLANKS), " "),
    **dict.fromkeys(map(ord, _NOTHING), ""),
    **dict.fromkeys(map(ord, _LINES), "\n"),
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _DOUBLE), '"'),
    **dict.fromkeys(map(ord, _SINGLE), "'"),
    **_LIGATURES,
}
_ODD = re.compile("[" + _BLANKS + _NOTHING + _LINES + _DASHES + _DOUBLE + _SINGLE + "]")
_CP1252 = re.compile(rb"[\x91-\x97\xa0](?![\x80-\xbf])")
_OTHER_QUOTES = re.compile(rb"=[\x80-\xff]([!#-~]{1,4096})[\x80-\xff](?=\s|\Z)")
"""Quotes of any other code page: the kernel writes no such byte."""
_CP1252_TABLE = {0x91: b"'", 0x92: b"'", 0x93: b'"', 0x94: b'"', 0x95: b"*", 0x96: b"-", 0x97: b"-", 0xA0: b" "}


def by_line(text: bytes, change: Callable[[bytes], bytes]) -> Optional[bytes]:
    """A text with its lines changed, but for those that are whole records already; None where nothing changes."""
    told = b"\n".join(line if is_sound(line) else change(line) for line in text.split(b"\n"))
    return told if told != text else None


def colours(text: bytes) -> Optional[bytes]:
    """A layer: terminal control sequences, as such or as a pager shows them, and overstrikes are dropped."""
    told = text
    if b"[m" in told or any(sign in told for sign in _ESCAPES):
        told = _CODES.sub(b"", told)
        if b"=1B[" not in told and b"m" in told and _NAKED_SIGN.search(told) and (b"[m" in told or b"[0m" in told):
            told = by_line(told, lambda line: _NAKED.sub(b"", line)) or told
    if b"\x08" in told:
        told = _OVERSTRIKE.sub(b"", told)
    if _OTHER_CONTROLS.search(told):
        told = _OTHER_CONTROLS.sub(b"", told)
    if b"^I" in told or b"^M" in told or b"^]" in told:
        told = by_line(told, lambda line: _CARET.sub(_control, line)) or told
    return told if told != text else None


def _control(match: re.Match[bytes]) -> bytes:
    return {b"I": b"\t", b"M": b"", b"]": b"\x1d"}[match[1]]


def typography(text: bytes) -> Optional[bytes]:
    """A layer: no-break and other odd blanks, typographic quotes, dashes and ligatures, also those of Windows."""
    if text.isascii():
        return None
    return by_line(text, _typed)


def _typed(line: bytes) -> bytes:
    if line.isascii():
        return line
    try:
        return line.decode("utf-8").translate(_TABLE).encode("utf-8")
    except UnicodeDecodeError:
        told = _CP1252.sub(lambda found: _CP1252_TABLE.get(found[0][0], found[0]), line)
        told = _OTHER_QUOTES.sub(rb'="\1"', told)
        shown = told.decode("utf-8", "surrogateescape")
        return shown.translate(_TABLE).encode("utf-8", "surrogateescape") if _ODD.search(shown) else told


def tabs(text: bytes) -> Optional[bytes]:
    """A layer: tabs inside lines become blanks; at their beginning they are an indentation."""
    if b"\t" not in text:
        return None
    return by_line(text, lambda line: line.replace(b"\t", b" "))


def octal(text: bytes) -> Optional[bytes]:
    """A layer: control characters as rsyslog and journald's syslog write them (`#012`)."""
    if b"#0" not in text or not _OCTAL.search(text):
        return None
    return by_line(text, _without_octal)


def _without_octal(line: bytes) -> bytes:
    newline = b" " if b"avc:" in line else b"\n"  # dbus-broker's message has one in its middle
    return _OCTAL.sub(lambda found: {b"12": newline, b"15": b"", b"35": b"\x1d"}.get(found[1], b" "), line)
