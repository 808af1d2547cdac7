"""Undoes what carries text through mail and addresses: quoted-printable, base64 and percent signs."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
import urllib.parse
from typing import List, Optional

from avcdoctor.read.shapes.encoding import decoded, wide_encoding
from avcdoctor.read.shapes.signs import PROMISING, RECORD

_QUOTED = re.compile(rb"\b(?:type|msg|scontext|tcontext|tclass|pid|comm|path|name|arch|op|seresult)=3D")
_SOFT = re.compile(rb"=[ \t]*\n")
_ALTERNATIVE = re.compile(
    rb"(?i)content-type:\s{0,10}multipart/alternative;[^\n]{0,200}\n?[^\n]{0,200}?boundary=\"?([^\"\s;]{1,70})"
)
_PERCENT = re.compile(rb"(?:type|msg|scontext|comm|tclass)%3[dD]|avc(?::|%3[aA])(?:%20|\+)+(?:denied|granted)")
_BASE64_LINE = re.compile(rb"[ \t]*([A-Za-z0-9+/_-]{16,}={0,2})[ \t]*\Z")
_ANY_LINE = re.compile(rb"(?m)^[ \t]*[A-Za-z0-9+/_-]{16,}={0,2}[ \t]*$")
_DATA_URI = re.compile(rb"data:[a-z0-9./+;=-]{0,100};base64,([A-Za-z0-9+/_-]{16,}={0,2})")
_LAST_LINE = re.compile(rb"[ \t]*([A-Za-z0-9+/_-]{1,}={0,2})[ \t]*\Z")
_MOST_DECODED = 64 << 20
_NO_TEXT = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c\x7f]")


def quoted_printable(text: bytes) -> Optional[bytes]:
    """A layer: quoted-printable, told by `=3D` where a record has its equals signs."""
    if b"=3D" not in text or not _QUOTED.search(_SOFT.sub(b"", text)):
        return None
    if b'{"' in text and not _SOFT.search(text):
        return None  # it stands within JSON's strings
    told = quopri.decodestring(text)
    return told if told != text else None


def alternatives(text: bytes) -> Optional[bytes]:
    """A layer: of a mail's alternatives, which tell the same, the one in HTML goes where another is plain text."""
    if b"multipart/alternative" not in text:
        return None
    told = text
    for found in _ALTERNATIVE.finditer(text):
        parts = told.split(b"--" + found[1])
        heads = [_head(part) for part in parts]
        if any(b"text/plain" in head for head in heads[1:]):
            told = (b"--" + found[1]).join(part for part, head in zip(parts, heads) if b"text/html" not in head)
    return told if told != text else None


def _head(part: bytes) -> bytes:
    """The lines before a mail part's first blank one, in small letters."""
    return part.lstrip(b"\n").partition(b"\n\n")[0].lower()


def percent(text: bytes) -> Optional[bytes]:
    """A layer: percent signs, as records have them in addresses and forms."""
    if b"%" not in text or not _PERCENT.search(text):
        return None
    if b"+" in text and b"%20" not in text:
        text = text.replace(b"+", b" ")
    return urllib.parse.unquote_to_bytes(text)


def base64_parts(text: bytes) -> Optional[bytes]:
    """A layer: runs of base64 lines, and data addresses, that hold records or text worth a further look."""
    told = _DATA_URI.sub(_from_uri, text) if b";base64," in text else text
    if not _ANY_LINE.search(told):
        return told if told != text else None
    lines = told.split(b"\n")
    result: List[bytes] = []
    position = 0
    changed = told != text
    while position < len(lines):
        end = _end_of_run(lines, position)
        data = _decode(b"".join(line.strip() for line in lines[position:end])) if end > position else None
        if data is None:
            result.append(lines[position])
            position += 1
            continue
        result.append(data)
        position, changed = end, True
    return b"\n".join(result) if changed else None


def _end_of_run(lines: List[bytes], start: int) -> int:
    """Where a run of base64 lines of one width ends; `start` for none."""
    first = _BASE64_LINE.match(lines[start]) if len(lines[start]) >= 16 else None
    if first is None:
        return start
    width = len(first[1])
    end = start + 1
    while end < len(lines):
        line = lines[end].strip()
        if len(line) == width and _BASE64_LINE.match(line):
            end += 1
            continue
        if 0 < len(line) < width and _LAST_LINE.match(line):
            end += 1
        break
    return end


def _from_uri(match: re.Match[bytes]) -> bytes:
    data = _decode(match[1])
    return match[0] if data is None else b"\n" + data + b"\n"


def _decode(data: bytes) -> Optional[bytes]:
    """What base64 holds, if it is text; None otherwise."""
    bare = data.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    if len(bare) % 4 == 1:
        return None
    try:
        content = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    content = _opened(content)
    name = wide_encoding(content)
    if name is not None:
        content = b"".join(decoded([content], name))
    if _NO_TEXT.search(content[:4096]) or not (RECORD.search(content) or _may_hold(content)):
        return None
    return content


def _opened(content: bytes) -> bytes:
    """Compressed content undone, up to a limit."""
    from avcdoctor.sources.unpack import unpacked_bytes  # noqa: PLC0415 - only where something is compressed

    return unpacked_bytes(content, _MOST_DECODED)


def _may_hold(content: bytes) -> bool:
    """Whether content may hold records below a further layer."""
    return len(content) > 64 and PROMISING.search(content + b"\n") is not None
