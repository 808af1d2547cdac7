"""Undoes HTML and XML: tags, entities and CDATA sections around records."""

from __future__ import annotations

import html
import re
from typing import Optional

from avcdoctor.read.shapes import columns
from avcdoctor.read.shapes.signs import RECORD
from avcdoctor.read.shapes.terminal import by_line

_INLINE = (
    rb"a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|nobr|q|s|samp|small|span|strike|strong|sub|"
    rb"sup|tt|u|var|wbr|ac:\w{1,30}"
)
_BLOCK = (
    rb"address|article|aside|blockquote|body|br|caption|center|col|dd|details|div|dl|dt|fieldset|figure|footer|form|"
    rb"h[1-6]|head|header|hr|html|img|input|label|legend|li|link|main|meta|nav|ol|option|p|pre|script|section|select|"
    rb"style|summary|table|tbody|td|textarea|tfoot|th|thead|time|title|tr|ul|xmp"
)
_REST = rb"(?:\s[^<>]{0,2000})?/?>"
_INLINE_TAG = re.compile(rb"</?(?:" + _INLINE + rb")" + _REST, re.IGNORECASE)
_BLOCK_TAG = re.compile(rb"</?(?:" + _BLOCK + rb")" + _REST, re.IGNORECASE)
_CLOSING = re.compile(
    rb"</([A-Za-z_][A-Za-z0-9_.:-]{0,63})\s*>|<([A-Za-z_][A-Za-z0-9_.:-]{0,63})(?:\s[^<>]{0,2000})?/>"
)
_ELEMENT = re.compile(
    rb"</?([A-Za-z_][A-Za-z0-9_.:-]{0,63})" + _REST + rb"|<\?xml[^<>]{0,500}\?>|<!DOCTYPE[^<>]{0,500}>"
)
_CDATA = re.compile(rb"<!\[CDATA\[|\]\]>")
_COMMENT = re.compile(rb"<!--[^\n]{0,2000}?-->")
_ENTITY = re.compile(
    rb"&amp;(?:[a-z]{2,6}|#[0-9a-fx]{2,5});|(?:=|\s)&(?:quot|#34|#x22|#39|#x27|apos|ldquo|rdquo);|&(?:nbsp|#160|#xa0|thinsp|ensp|emsp|#32|#x20|NewLine|Tab|#10|#xa|#13);|"
    rb"(?:type|msg|scontext|tclass|pid|comm)(?:&#61;|&#x3d;|&equals;)|(?:_|object|system)&(?:#95|#x5f|lowbar|#58|#x3a|colon);|"
    rb"avc(?:&#58;|&colon;|&#x3a;)|&(?:#123|#x7b|lbrace|lcub);",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(rb"=\s{0,4}(?:\"([^\"]{16,9000})\"|'([^']{16,9000})')")
_LONG_TAG = re.compile(rb"<[A-Za-z][^<>\n]{0,2000}\n[^<>]{0,200000}>")
_LONG_ATTRIBUTE = re.compile(rb"=\"([^\"]{16,200000})\"")
_ANY_TAG = re.compile(rb"</?[A-Za-z][^<>]{0,2000}>")
_ROW = re.compile(rb"<tr\b[^<>]{0,500}>(?:(?!<tr\b).){0,20000}?</tr>", re.DOTALL | re.IGNORECASE)
_ROW_CELL = re.compile(rb"<t[dh]\b[^<>]{0,500}>(.{0,20000}?)</t[dh]>", re.DOTALL | re.IGNORECASE)
_EMPTY = re.compile(rb"\n(?:[ \t]{0,200}\n)+")
_AUDIT_TAG = re.compile(rb"<(?=[a-zA-Z/!?])")


def markup(text: bytes) -> Optional[bytes]:
    """A layer: HTML's tags, elements that are closed, and entities where a record has quotes or blanks."""
    if b"&" not in text and b"<" not in text:
        return None
    tags = _AUDIT_TAG.search(text) is not None and _has_tags(text)
    if not tags and not _ENTITY.search(text):
        return None
    told = _without_copies(_without_rows(text)) if tags else text
    bare = by_line(told, _without_markup if tags else _without_entities) or told
    return bare if bare != text else None


def _without_rows(text: bytes) -> bytes:
    """The text with the column of a table whose cells go on in the next row in place of that table's rows."""
    found = list(_ROW.finditer(text)) if b"<tr" in text else []
    if len(found) < 2:
        return text
    cells = [[cell[1].decode("utf-8", "surrogateescape") for cell in _ROW_CELL.finditer(row[0])] for row in found]
    together = columns.folded(columns.of_rows(cells))
    if together is None:
        return text
    return text[: found[0].start()] + together.encode("utf-8", "surrogateescape") + text[found[-1].end() :]


def _without_copies(text: bytes) -> bytes:
    """The text without tags over several lines whose attributes hold what it shows anyway, as pages do for copying."""
    if not _LONG_TAG.search(text):
        return text
    shown = set(_without_entities(_ANY_TAG.sub(b"", _LONG_TAG.sub(b"\n", text))).split(b"\n"))

    def unless_shown(tag: re.Match[bytes]) -> bytes:
        values = b"\n".join(value[1] for value in _LONG_ATTRIBUTE.finditer(tag[0]))
        lines = [line for line in _without_entities(values).split(b"\n") if RECORD.search(line)]
        return b"\n" if lines and shown.issuperset(lines) else tag[0]

    return _LONG_TAG.sub(unless_shown, text)


def _has_tags(text: bytes) -> bool:
    closed = {match[1] or match[2] for match in _CLOSING.finditer(text)}
    return bool(closed) or _BLOCK_TAG.search(text) is not None


def _attributes(tag: re.Match[bytes]) -> bytes:
    """What is left of an element's tag: the attributes that hold records."""
    held = [value[1] or value[2] for value in _ATTRIBUTE.finditer(tag[0])]
    return b"\n" + b"".join(value + b"\n" for value in held if RECORD.search(value))


def _without_entities(line: bytes) -> bytes:
    if b"&" not in line:
        return line
    return html.unescape(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _without_markup(line: bytes) -> bytes:
    if b"<" in line:
        line = _CDATA.sub(b"\n", _COMMENT.sub(b"\n", line)) if b"<!" in line or b"]]>" in line else line
        line = _INLINE_TAG.sub(b"", line)
        line = _BLOCK_TAG.sub(b"\n", line)
        line = _EMPTY.sub(b"\n", _ELEMENT.sub(_attributes, line)).strip(b"\n")
    return _without_entities(line)
