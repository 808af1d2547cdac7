"""Undoes what mail, Markdown, forums and tools put before, around and into the lines they quote."""

from __future__ import annotations

import re
from typing import List, Optional

from avcdoctor.read.shapes import columns
from avcdoctor.read.shapes.signs import RECORD, is_sound
from avcdoctor.read.shapes.terminal import by_line

_QUOTE = re.compile(
    rb"[ \t]*(?:(?:>|\xe2\x94\x82|\xe2\x94\x83|\xe2\x96\x8e)[ \t]?)*(?:>|\xe2\x94\x82|\xe2\x94\x83|\xe2\x96\x8e)"
)
_COMMENT = re.compile(rb"[ \t]*(?:#+|//+|;+|--|%+|\*)(?:[ \t]|\Z)")
_BULLET = re.compile(
    rb"[ \t]*(?:[-*+]|\xe2\x80\xa2|\xc2\xb7|\xe2\x80\x93|\xe2\x96\xaa|\[[ xX]\]|[0-9]{1,4}[.)])[ \t]+(?=[^ \t])"
)
_NUMBER = re.compile(
    rb"[ \t]*(?:[^\s:=]{0,200}[^\s:=0-9][^\s:=]{0,200}[:-])?\[?([0-9]{1,9})\]?(?::|\t|(?:[.)|-]|\xe2\x94\x82)[ \t]?| )"
)
_NAMED = re.compile(rb"[^\s:=\"'{}()]{1,255}(?::|[ \t]+\|)[ \t]?")
_CLOCK = re.compile(rb"[12][0-9]{3}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}:")  # lines of one hour begin alike
_PREFIXED = re.compile(
    rb"(?m)^[ \t]*(?:[^\w\s\"'{(<\[&]|[0-9]{1,9}(?:[:.)|\t ]|-(?![0-9]{2}-))|"
    rb"\[[ xX0-9]|[^\s:=\"'{}()]{1,255}(?::|[ \t]+\|))"
)
_DIFF = re.compile(rb"[+-](?=[ \t]*(?:node=|type=|audit\())")


def prefixes(text: bytes, messages: bool = False) -> Optional[bytes]:
    """A layer: quote marks and comment signs before each line of a run, bullets, line numbers.

    Args:
        text: any text.
        messages: a name before each of a run of messages may be the program's, and is kept.
    """
    if not _PREFIXED.search(text):
        return None
    lines = text.split(b"\n")
    told: List[bytes] = []
    run: List[bytes] = []
    for line in lines:
        if line.strip():
            run.append(line)
            continue
        told += _bared(run, messages)
        told.append(line)
        run = []
    told += _bared(run, messages)
    result = b"\n".join(told)
    return result if result != text else None


def _bared(run: List[bytes], messages: bool) -> List[bytes]:
    """The lines of a run without what stands before all of them."""
    if not run or all(is_sound(line) for line in run):
        return run
    if any(_QUOTE.match(line) for line in run):
        bare = [_without(_QUOTE, line) for line in run]
        blank = all(line[:1] in {b" ", b""} for line, before in zip(bare, run) if line != before)
        run = [line[1:] if blank and line != before else line for line, before in zip(bare, run)]
    if sum(_COMMENT.match(line) is not None for line in run) > len(run) * 0.6:
        run = [_without(_COMMENT, line) for line in run]
    if not messages or all(RECORD.search(line) for line in run):
        run = _without_name(run)
    if len(run) > 1 and _counts_up(run):
        run = [_without(_NUMBER, line) for line in run]
    return [_listed(line) for line in run]


def _without_name(run: List[bytes]) -> List[bytes]:
    """The lines without the file's name that grep puts before each of them."""
    name = _NAMED.match(run[0])
    if name is None or len(run) < 2 or _CLOCK.match(name[0]) or not all(line.startswith(name[0]) for line in run):
        return run
    return [line[name.end() :] for line in run]


def _without(prefix: re.Pattern[bytes], line: bytes) -> bytes:
    match = prefix.match(line)
    return line[match.end() :] if match else line


def _counts_up(run: List[bytes]) -> bool:
    """Whether each line begins with the number after the one before."""
    numbers = [_NUMBER.match(line) for line in run]
    found = [int(match[1]) for match in numbers if match is not None]
    return len(found) == len(run) and all(after == before + 1 for before, after in zip(found, found[1:]))


def _listed(line: bytes) -> bytes:
    match = _BULLET.match(line) or _DIFF.match(line)
    return line[match.end() :] if match and RECORD.search(line) else line


_CELL = re.compile(rb"[ \t]*(?:\||\xe2\x94\x82|\xe2\x95\x91|\xe2\x94\x83)[ \t]*")
_CELLS_BEGIN = re.compile(rb"[ \t]*(?:\||\xe2\x94\x82|\xe2\x95\x91|\xe2\x94\x83)")


_BORDER = re.compile(rb"\||\xe2\x94\x82|\xe2\x95\x91|\xe2\x94\x83")


def _shown(cell: bytes) -> str:
    """A cell without the blank between it and its border, and those that fill it."""
    return cell[cell.startswith(b" ") :].rstrip(b" ").decode("utf-8", "surrogateescape")


def tables(text: bytes) -> Optional[bytes]:
    """A layer: the cells of a table's rows (`| 1 | text |`), as Markdown and database clients draw them."""
    if b"|" not in text and b"\xe2\x94\x82" not in text and b"\xe2\x95\x91" not in text and b"\xe2\x94\x83" not in text:
        return None
    rows = [line for line in text.split(b"\n") if _CELLS_BEGIN.match(line)]
    cells = [[_shown(cell) for cell in _BORDER.split(line)] for line in rows]
    together = columns.folded(columns.of_rows(cells))
    if together is not None:
        rest = [line for line in text.split(b"\n") if not _CELLS_BEGIN.match(line)]
        return b"\n".join([*rest, together.encode("utf-8", "surrogateescape")])
    return by_line(text, lambda line: _CELL.sub(b"\n", line) if _CELLS_BEGIN.match(line) else line)


_LINK = re.compile(rb"\[([^\]\[\n]{0,300})\]\((?:https?|tel|mailto|callto|file|ftp)?:?[^()\s]{0,500}\)")
_AUTOLINK = re.compile(rb"<((?:tel|callto|mailto|https?|ftp|file):[^<>\s]{0,500})>")
_STRONG = re.compile(rb"(\*{1,3}|_{2,3}|~~|==|\+\+)(?=[^\s*_])([^\n*]{1,2000}?)(?<=[^\s])\1")
_WORD = re.compile(
    rb"(?<![\w/*\"'])([*_])((?:avc:|denied|granted|AVC|USER_AVC|type|msg|[a-z]+=)[^*\n]{0,200}?)\1(?![\w*])"
)
_SPAN = re.compile(rb"\"[^\"\n]*\"|`+")
_ESCAPED = re.compile(rb"\\([\\`*_{}\[\]()#+.!<>~|=:\"'-])")
_ESCAPE_SIGN = re.compile(rb"\w\\[_=:]|\\[\[{(]|=\\?\"[^\"]*\\[_*]")
_BBCODE = re.compile(
    rb"\[/?(?:code|quote|pre|b|i|u|s|color|size|font|noparse|url|list|img|spoiler|tt|center|left|right|indent|icode|"
    rb"plain|table|tr|td)(?:=[^\]\n]{0,200})?\]|\[\*\]|\{(?:code|noformat|quote|color|panel|monospaced)(?::[^}\n]{0,200})?\}|\{\{|\}\}",
    re.IGNORECASE,
)
_SIGNS = (
    b"`",
    b"**",
    b"~~",
    b"==",
    b"++",
    b"*denied",
    b"*avc",
    b"*AVC",
    b"*type",
    b"__",
    b"_denied_",
    b"_avc",
    b"](",
    b"<tel:",
    b"<http",
    b"<mailto:",
    b"<callto:",
    b"<f",
    b"[/",
    b"[*]",
    b"{code",
    b"{noformat",
    b"{quote",
    b"{color",
    b"{{",
    b"\\",
    b"*",
)


def emphasis(text: bytes) -> Optional[bytes]:
    """A layer: Markdown's code spans, emphasis, escapes and links, and the tags of forums and trackers."""
    if not any(sign in text for sign in _SIGNS) or not RECORD.search(
        _SPAN.sub(b"", text.replace(b"\\", b"").replace(b"*", b""))
    ):
        return None
    return by_line(text, _unmarked)


def _unmarked(line: bytes) -> bytes:
    if b"](" in line:
        line = _LINK.sub(rb"\1", line)
    if b"<" in line:
        line = _AUTOLINK.sub(b"", line)
    if b"[" in line or b"{" in line:
        line = _BBCODE.sub(b"", line)
    if b"\\" in line and _ESCAPE_SIGN.search(line):
        line = _ESCAPED.sub(rb"\1", line)
    if b"`" in line:
        line = _SPAN.sub(lambda found: found[0] if found[0][:1] == b'"' else b"", line)
    if b"**" in line or b"__" in line or b"~~" in line or b"==" in line or b"++" in line or b"*" in line:
        line = _STRONG.sub(rb"\2", line)
    if b"*" in line or b"_" in line:
        line = _WORD.sub(rb"\2", line)
    return line


_INNER_QUOTE = re.compile(
    rb"[\w)]=\\{1,8}\"|[^\\]\\{1,8}\"(?:\s|\Z)|\\\\n|\\n(?=type=|\Z|\"|')|\\u(?:00|20|ff)[0-9a-fA-F]{2}|\\x1d"
)
_ESCAPE = re.compile(rb"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"t": b" ", b"r": b"\n", b"b": b"", b"f": b"\n"}


def backslashes(text: bytes) -> Optional[bytes]:
    """A layer: escapes of a programming language's strings: `comm=\\"httpd\\"`, `\\n` between records."""
    if b"\\" not in text or not _INNER_QUOTE.search(text):
        return None
    return by_line(text, lambda line: _ESCAPE.sub(_unescaped, line) if _INNER_QUOTE.search(line) else line)


def _unescaped(match: re.Match[bytes]) -> bytes:
    sign = match[1]
    if sign[:1] in b"ux" and len(sign) > 1:
        return chr(int(sign[1:], 16)).encode("utf-8", "surrogatepass")
    return _CONTROL.get(sign, sign)
