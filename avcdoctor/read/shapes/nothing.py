"""Says what a text is that holds no record, and what to bring instead."""

from __future__ import annotations

import re
from collections import Counter
from typing import Sequence, Tuple

_MAGIC = (
    (b"%PDF", "a PDF document", "copy its text into a file, or ask for the log itself"),
    (b"\x7fELF", "a program", "name an audit log"),
    (b"PK\x03\x04", "a zip archive", "unpack it, and name the log in it"),
    (b"Rar!", "a rar archive", "unpack it, and name the log in it"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it, and name the log in it"),
    (b"\x89PNG", "a picture", "the text of the record is needed: ausearch -m AVC --raw"),
    (b"\xff\xd8\xff", "a picture", "the text of the record is needed: ausearch -m AVC --raw"),
    (b"GIF8", "a picture", "the text of the record is needed: ausearch -m AVC --raw"),
    (b"LPKSHHRH", "a binary journal file", "journalctl --file FILE -o json | avcdoctor explain -"),
    (b"SQLite format 3", "a database", "name an audit log"),
    (b"\xed\xab\xee\xdb", "an rpm package", "name an audit log"),
    (b"\x8c\xff\x7c\xf9", "a compiled SELinux policy", "give it as --policy, and name an audit log"),
)
NO_RECORDS = "holds no audit records"
"""What is said of a text of any other kind."""

_RAW_HINT = "the raw records tell it: ausearch -m AVC,USER_AVC,SELINUX_ERR --raw | avcdoctor explain -"
_SEALERT_LINE = re.compile(
    rb"SELinux is preventing (\S+)(?: \([^)]*\))? from (?:using the )?(.{1,60}?)(?: access)? (?:on|to) (?:the |a )?"
    rb"(\S+)(?: (?:port )?([^\s,]+?))?[.,]?(?:\s|#012|\Z)"
)
_MOST_TOLD = 5
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_./+@-]{1,255}\Z")
_UUID = re.compile(rb"sealert -l ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_TEXTS = (
    (re.compile(rb"(?m)^NODE,EVENT,DATE,TIME,"), "ausearch's CSV, which holds no contexts"),
    (re.compile(rb"(?m)^At [0-9:]{8} .{1,200}\b(?:denied|accessed-mac)"), "ausearch's text, which holds no contexts"),
    (re.compile(rb"(?m)^[A-Z][A-Za-z ]{2,40} Report$"), "aureport's summary, which holds no records"),
)
_HTML = re.compile(rb"\A\s{0,100}<(?:!doctype html|html)", re.IGNORECASE)


def found_instead(sample: bytes) -> Tuple[str, str]:
    """What a file that holds no record seems to be, and a hint.

    Args:
        sample: its beginning, with compression undone.
    """
    if not sample.strip(b"\0 \t\r\n"):
        return "is empty", "is it the right file? ausearch -m AVC --raw prints what the trail holds"
    for magic, what, hint in _MAGIC:
        if sample.startswith(magic):
            return f"is {what}", hint
    if sample[257:262] == b"ustar":
        return "is a tar archive without logs that are known", "unpack it, and name the log in it"
    told = list(_SEALERT_LINE.finditer(sample))
    if told:
        return _of_setroubleshoot(told, _UUID.search(sample))
    for pattern, what in _TEXTS:
        if pattern.search(sample):
            return f"is {what}", _RAW_HINT
    if b"\0" in sample[:4096]:
        return "is binary data", "name an audit log, or text with records in it"
    if _HTML.match(sample):
        return "is a web page without records", "name an audit log, or text with records in it"
    return NO_RECORDS, "ausearch -m AVC --raw prints them, journalctl -o json _TRANSPORT=audit as well"


def _of_setroubleshoot(lines: Sequence[re.Match[bytes]], uuid: re.Match[bytes] | None) -> Tuple[str, str]:
    """setroubleshoot's lines name program, permission, class and object, but no contexts: no cause is proven."""
    told = Counter(tuple(part.decode("utf-8", "replace") if part else "" for part in line.groups()) for line in lines)
    said = [
        f"{program} was denied {permission} on {tclass} {name}".strip() + (f" ({times} times)" if times > 1 else "")
        for (program, permission, tclass, name), times in told.most_common(_MOST_TOLD)
    ]
    more = f", and {len(told) - len(said)} others" if len(told) > len(said) else ""
    first = next(iter(told))
    comm = first[0].rsplit("/", 1)[-1]
    closer = f"sealert -l {uuid[1].decode('ascii')}, or " if uuid else ""
    quoted = comm if re.match(r"[A-Za-z0-9_.+-]{1,64}\Z", comm) else "PROGRAM"
    return (
        f"holds setroubleshoot's words alone, which lack the contexts: {'; '.join(said)}{more}{_look_at(first)}",
        f"{closer}ausearch -m AVC -c {quoted} --raw | avcdoctor explain -",
    )


def _look_at(told: Tuple[str, ...]) -> str:
    """What can be looked at without changing anything, as far as the words name an object."""
    _, permission, tclass, name = told
    if permission in {"name_bind", "name_connect"} and name.isdigit():
        return f". The port's type: semanage port -l | grep -w {name}"
    if tclass in {"file", "directory", "dir", "sock_file", "lnk_file"} and _PLAIN_PATH.match(name):
        return f". Whether its label is the one that the policy has for it: matchpathcon -V {name}"
    return ""
