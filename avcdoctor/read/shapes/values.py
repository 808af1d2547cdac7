"""Undoes JSON of any shipper: finds the records in its strings, and makes records of what others took apart."""

from __future__ import annotations

import json
import re
from itertools import groupby
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from avcdoctor.read.shapes import columns, foreign
from avcdoctor.read.shapes.cores import Once
from avcdoctor.read.shapes.pieces import Piece, message_of, sender_of
from avcdoctor.read.shapes.runtimes import Docker
from avcdoctor.read.shapes.signs import PROMISING, RECORD, is_sound
from avcdoctor.sources import journal

_BEGIN = re.compile(r"[{\[](?=\s*[\"{\[\]}])")
_SIGN = re.compile(rb"[{\[]\s*(?:\"|\{|\[)")
_MEMBER = re.compile(r"\"\s{0,8}:\s{0,8}\"")
_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*)(?:\"|\Z)", re.DOTALL)
_LAST_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_RECORD_BEGINS = re.compile(r"(?:^|\s)(?:type=[A-Z_]{3,30} msg=|avc: {1,2}(?:denied|granted))")
_WHOLE = ("avc:", " scontext=", " tclass=")
_DEEPEST = 200
_LOOK_BACK = 2000  # characters before a brace in which the record that holds it begins
_EFFORT = 4  # times a text's length that decoding may look at

_LINE_ENDS = re.compile(r"[ \t]*(?:\n|\Z)")


def values(text: bytes, messages: bool = False) -> Optional[List[Piece]]:
    """A layer: the records that JSON values hold, and the text between them, in order.

    Args:
        text: any text.
        messages: what events without a record say is kept as well.
    """
    if b'"' not in text or not _SIGN.search(text):
        return None
    shown = text.decode("utf-8", "surrogateescape")
    decoder = json.JSONDecoder(strict=False)
    position = begin = 0
    found: List[Piece] = []
    spans: List[Tuple[int, int]] = []
    docker = Docker(shown)
    left = _EFFORT * len(shown) + 4096
    while True:
        match = _BEGIN.search(shown, position)
        if match is None or left <= 0:
            break
        start = match.start()
        if _inside_record(shown, start):
            position = (shown.find("\n", start) + 1 or len(shown) + 1) - 1
            continue
        try:
            value, end = decoder.raw_decode(shown, start)
        except json.JSONDecodeError as error:
            left -= error.pos - start + 1 + error.pos // 256  # the error counts all lines before it
            position = start + 1
            continue
        except RecursionError:
            left = 0
            break
        left -= end - start
        if not value or (isinstance(value, list) and not any(isinstance(part, (dict, list, str)) for part in value)):
            position = end
            continue
        value = value if messages else docker.joined(value)
        pieces = list(_of_value(value))
        if messages:
            begun = max(begin, shown.rfind("\n", begin, start) + 1)
            if _LINE_ENDS.match(shown, end):
                pieces = list(_of_value(value, shown[begun:start]))
                start = begun
            elif not pieces:
                position = end  # a part of a message's own words
                continue
        spans.append((start, end))
        found.append(Piece(_bytes(shown[begin:start])))
        found += pieces
        position = begin = end
    if not messages and any(b"avc:" in piece.text and b"tclass=" not in piece.text for piece in found):
        found = _together(shown, spans) or found
    rest = docker.rest() + shown[begin:]
    if _is_broken(rest):
        return found + list(_of_broken(rest))
    return [*found, Piece(_bytes(rest))] if spans else None


def _together(text: str, spans: Sequence[Tuple[int, int]]) -> List[Piece]:
    """The text whose lines stand in one value each, and what stands around those; nothing where there is none."""
    decoder = json.JSONDecoder(strict=False)
    told = columns.folded(columns.of_values(decoder.raw_decode(text, start)[0] for start, _ in spans))
    if told is None:
        return []
    ends = [0, *(end for _, end in spans)]
    around = (_bytes(text[end:start]) for end, (start, _) in zip(ends, spans))
    return [*(Piece(part) for part in around if RECORD.search(part)), Piece(_bytes(told))]


def _inside_record(text: str, start: int) -> bool:
    """Whether a brace stands in a record's own text, which is a user's."""
    begin = max(0, start - _LOOK_BACK)
    begin = max(begin, text.rfind("\n", begin, start))  # the line break itself stands before a record
    return _RECORD_BEGINS.search(text, begin, start) is not None


def _is_broken(text: str) -> bool:
    """Whether a text that did not decode is JSON all the same: cut off, or damaged."""
    if '\\"' not in text or _MEMBER.search(text) is None:
        return False
    return any(RECORD.search(_bytes(match[1])) for match in _STRING.finditer(text))


def _of_broken(text: str) -> Iterator[Piece]:
    """The records in JSON that is cut off or damaged, and those around it, in order: one bad line hides no other."""
    for alone, lines in groupby(text.splitlines(keepends=True), _stands_alone):
        run = "".join(lines)
        if alone:
            yield Piece(_bytes(run))
        else:
            yield from _of_strings(run)


def _stands_alone(line: str) -> bool:
    """Whether a line is a whole record, and no part of a JSON string."""
    if is_sound(_bytes(line).rstrip(b"\n")):
        return True
    return '\\"' not in line and line.count('"') % 2 == 0 and all(word in line for word in _WHOLE)


def _of_strings(text: str) -> Iterator[Piece]:
    """The strings of broken JSON that hold records, and what holds some between them."""
    once = Once()
    taken = 0
    for match in _STRING.finditer(text):
        inner = match[1]
        if not RECORD.search(_bytes(inner)):
            continue
        yield from _around(text[taken : match.start()])
        taken = match.end()
        try:
            told = json.loads('"' + _LAST_ESCAPE.sub("", inner) + '"', strict=False)
        except ValueError:
            told = inner.replace('\\"', '"')
        if once.is_new(told):
            yield Piece(_bytes(told))
            once = Once() if match.end() < len(text) and "}" in text[match.end() : match.end() + 3] else once
    yield from _around(text[taken:])


def _around(text: str) -> Iterator[Piece]:
    data = _bytes(text)
    if RECORD.search(data):
        yield Piece(data)


def _of_value(value: Any, before: Optional[str] = None) -> Iterator[Piece]:
    """The records of one value: each object that stands in a list, or alone, is an event of its own.

    Args:
        value: what JSON held.
        before: what stands before it on its line, where messages without a record are kept; else None.
    """
    waiting: List[Any] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            if item and all(isinstance(part, str) for part in item):
                yield from _of_event({"": item}, before)
            else:
                waiting += reversed(item)
        elif isinstance(item, dict):
            lists = [part for part in item.values() if isinstance(part, list) and _of_objects(part)]
            around = {key: part for key, part in item.items() if not any(part is one for one in lists)}
            if lists and foreign.kind(item) == "" and not _is_journal(item) and not _tells(around):
                # {"hits": {"hits": [...]}}, {"logs": [...]}: an envelope around events
                yield from _of_event(around, before)
                for part in reversed(lists):
                    waiting += reversed(part)
            else:
                yield from _of_event(item, before)
        elif isinstance(item, str):
            yield from _of_event({"": item}, before)


def _tells(item: Dict[str, Any]) -> bool:
    """Whether an object holds a record itself, so that its lists may hold the same one again."""
    return any(RECORD.search(_bytes(text)) for text, _ in _strings(item))


def _of_objects(part: List[Any]) -> bool:
    return bool(part) and all(isinstance(entry, dict) for entry in part)


def _is_journal(item: Dict[str, Any]) -> bool:
    return "MESSAGE" in item and ("__REALTIME_TIMESTAMP" in item or "_AUDIT_TYPE_NAME" in item or "_TRANSPORT" in item)


def _of_event(item: Dict[str, Any], before: Optional[str] = None) -> Iterator[Piece]:
    """The records of one event, each of them once; what it says, where it has none and messages are kept."""
    if _is_journal(item):
        yield from journal_pieces(item, before is not None)
        return
    if foreign.kind(item) == "go-audit":
        yield from map(Piece, foreign.records(item, told=False))
        return
    once = Once()
    found = False
    for text, around in _strings(item):
        data = _bytes(text)
        if not RECORD.search(data):
            if len(data) > 64 and PROMISING.search(data + b"\n") and before is None:
                yield Piece(data)
            continue
        typed = foreign.with_type(text, around)
        if once.is_new(typed):
            found = True
            yield Piece(_bytes(typed))
    for record in foreign.records(item, told=found):
        found = True
        yield Piece(record)
    if before is not None and not found and item:
        yield _as_said(item, before)


def _as_said(item: Dict[str, Any], before: str) -> Piece:
    """What an event says to people; as it stands where it has no message, or says more to machines."""
    said = "" if foreign.kind(item) else message_of(item)
    told = before + (said or json.dumps(item.get("", item), ensure_ascii=False))
    return Piece(_bytes(told), False, sender_of(item) if said else None)


def journal_pieces(item: Dict[str, Any], messages: bool = False) -> Iterator[Piece]:
    """The record of a journal entry, and whether journald vouches for it; its message where messages are kept."""
    pieces = [Piece(told.line, told.vouched) for told in journal.raw_line(item)]
    if messages and not any(piece.vouched for piece in pieces):
        said = message_of(item)
        pieces = [Piece(_bytes(said.replace("\n", " ")), False, sender_of(item))] if said else pieces
    yield from pieces


def _strings(item: Dict[str, Any]) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """All strings of an object and the object each one stands in, in order, whatever its depth."""
    waiting: List[Tuple[Any, Dict[str, Any], int]] = [(item, item, 0)]
    while waiting:
        value, around, depth = waiting.pop()
        if isinstance(value, str):
            yield value, around
        elif depth > _DEEPEST:
            continue
        elif isinstance(value, dict):
            if depth and _is_journal(value):
                for line, _vouched, _sender in journal_pieces(value):
                    yield line.decode("utf-8", "surrogateescape"), {}
                continue
            waiting += [(part, value, depth + 1) for part in reversed(list(value.values()))]
        elif isinstance(value, list):
            waiting += [(part, around, depth + 1) for part in reversed(value)]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape") if not _SURROGATES.search(text) else text.encode("utf-8", "replace")


_SURROGATES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
