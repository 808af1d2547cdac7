"""Tells an audit trail, which auditd alone writes, and parts its lines from what others wrote among them."""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple

from avcdoctor.parse.denials import denials_of
from avcdoctor.parse.events import VECTOR_TYPES
from avcdoctor.parse.records import is_tidy, split_records
from avcdoctor.read.shapes.encoding import without_zeros
from avcdoctor.read.shapes.pieces import Sender
from avcdoctor.read.shapes.signs import BROKEN_KEY, WRAPPED, is_joined, is_sound
from avcdoctor.read.unfold import is_separator, logical_lines

SAMPLE = 1 << 16
"""Bytes by which a text is told to be a trail."""
_TOLD = (b"avc:", b"SELINUX_ERR", b"\x1b")  # what a line holds that tells a denial, the last where it is coloured
_NAMES = re.compile(r"[\w.:, -]+\Z", re.ASCII)  # what contexts and classes are made of
_FEW = 100  # of so many lines one may be damaged, or a user's: a crash leaves such


class Part(NamedTuple):
    """Lines of a trail.

    Args:
        text: ends where a line ends.
        own: auditd wrote them, and they stand as they did; else it is somebody's text with nothing around its records.
        line: how many lines stand before it.
        vouched: the journal vouches for it.
        sender: who sent it, where the text tells.
    """

    text: bytes
    own: bool
    line: int
    vouched: bool = False
    sender: Optional[Sender] = None


def is_trail(sample: bytes) -> bool:
    """Whether a text's beginning is auditd's own: its lines, or those `ausearch` prints without interpreting them.

    A line that begins like a record is believed to be one only there; in a text of another kind somebody may have
    written it.

    Args:
        sample: the beginning, perhaps cut within a line.
    """
    sample = without_zeros(sample)
    if is_joined(sample):
        return False
    lines = [line for line in sample.split(b"\n") if not is_separator(line)]
    if not sample.endswith(b"\n") and len(lines) > 1:
        lines.pop()
    bare = not may_be_wrapped(sample)
    odd = sum(not (is_tidy(line) and (bare or _is_bare(line))) for line in lines)
    return odd * _FEW < len(lines)


def is_own(line: bytes) -> bool:
    """Whether a line is auditd's own and stands as it was written; one that tells no denial has nothing to take off."""
    return is_tidy(line) and (not any(word in line for word in _TOLD) or _is_bare(line))


def _is_bare(line: bytes) -> bool:
    """Whether there is nothing around a record.

    Somebody's text in it may look like a wrapping; it is one only where something can be taken off a line that is no
    whole record as it is. Where the line is a whole denial, what an object manager wrote stands, since its users choose
    names freely in it, and in the kernel's only names may change by it: else a name could hide or change a denial.
    """
    line = line.rstrip(b"\r\n")
    if b" msg='" not in line and is_sound(line):
        return True  # the kernel's lines are known so at a fifth of the price
    if not may_be_wrapped(line + b"\n") or is_sound(line):
        return True
    text = b"".join(part.text for part in _unwrapped([line], False, 0))
    if text == line + b"\n":
        return True
    told = _told(line, trail=True)
    return bool(told) and (b" msg='" in line or _told(text, trail=False) != told)


def _told(text: bytes, *, trail: bool) -> List[Tuple[str, str, str, Tuple[str, ...]]]:
    """What the records of a text deny, apart from names; nothing where one of them can't be read."""
    outcomes = [denials_of([record]) for line in text.splitlines() for record in split_records(line, trail=trail)]
    if any(outcome.refused for outcome in outcomes):
        return []
    told = [
        (str(denial.source), str(denial.target), denial.tclass, denial.permissions)
        for outcome in outcomes
        for denial in outcome.denials
    ]
    return told if all(_NAMES.match(f"{source} {target} {tclass}") for source, target, tclass, _ in told) else []


def may_be_wrapped(text: bytes) -> bool:
    """Whether something in a text looks like a wrapping, as a name that a user chose may, too."""
    return WRAPPED.search(text) is not None or BROKEN_KEY.search(text) is not None


def parts(block: bytes, messages: bool = False) -> Iterator[Part]:
    """Part a trail's lines from what stands among them.

    What follows one of auditd's lines up to the next one goes on with it, or is somebody's text. Each such unit is
    told by itself, so that it does not matter how much of the trail is at hand.

    Args:
        block: whole lines.
        messages: what holds no record is kept as well.
    """
    lines = without_zeros(block).split(b"\n")
    if not lines[-1]:
        lines.pop()
    plain = not may_be_wrapped(block)
    begin = at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and not is_tidy(lines[end]):
            end += 1
        if all(map(is_separator, lines[at + 1 : end])) and (is_tidy(lines[at]) if plain else is_own(lines[at])):
            at = end
            continue
        if begin < at:
            yield _own(lines[begin:at], begin)
        for part in parts_of_unit(lines[at:end], messages):
            yield part._replace(line=part.line + at)
        begin = at = end
    if begin < at:
        yield _own(lines[begin:at], begin)


def parts_of_unit(unit: Sequence[bytes], messages: bool = False) -> List[Part]:
    """Part a line of auditd's from what follows it up to the next one.

    Args:
        unit: the lines, without their ends.
        messages: what holds no record is kept as well.
    """
    own = _lines_of_first(unit)
    if not own:
        return _as_text(unit, messages, 0)
    rest = _as_text(unit[own:], messages, own)
    if all(part.own for part in rest):
        return [_own(unit, 0)]
    return [_own(unit[:own], 0), *rest]


def _lines_of_first(unit: Sequence[bytes]) -> int:
    """How many lines the record takes that auditd wrote at a unit's beginning: 0 where it wrote none.

    Only a vector is held together with what may be the rest of it: other records are not worth the risk that another
    text's first line is lost to them.
    """
    first = next(logical_lines(unit), None)
    if first is None or first.number != 1 or not is_own(first.text):
        return 0
    vector = split_records(first.text, trail=True)[0].type in VECTOR_TYPES
    return first.lines if vector or not is_tidy(unit[0]) else 1


def _as_text(lines: Sequence[bytes], messages: bool, begin: int) -> List[Part]:
    """Lines as somebody's text; as they are, and perhaps folded lines of auditd's, where nothing is around them."""
    if all(map(is_separator, lines)):
        return [_own(lines, begin)] if lines else []
    found = _unwrapped(lines, messages, begin)
    if b"".join(part.text for part in found) == b"".join(line.rstrip(b"\r") + b"\n" for line in lines):
        return [_own(lines, begin)]
    return found


def _unwrapped(lines: Sequence[bytes], messages: bool, begin: int) -> List[Part]:
    from avcdoctor.read.shapes.layers import unwrapped  # noqa: PLC0415 - most trails hold nothing else

    found = unwrapped(b"".join(line + b"\n" for line in lines), messages=messages)
    return [Part(text, False, begin, vouched, sender) for text, _, vouched, sender in found]


def _own(lines: Sequence[bytes], begin: int) -> Part:
    return Part(b"".join(line + b"\n" for line in lines), True, begin)
