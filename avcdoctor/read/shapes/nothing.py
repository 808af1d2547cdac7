"""Says what a text is that holds no record, and what to bring instead."""

from __future__ import annotations

import re
from typing import Tuple

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
_ALERT = re.compile(rb"sealert\s+-l\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
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
    alert = _ALERT.search(sample)
    if alert or b"SELinux is preventing " in sample:
        closer = f"sealert -l {alert[1].decode('ascii')} shows the record, and " if alert else ""
        return "holds setroubleshoot's words in a form or language that is not read", closer + _RAW_HINT
    for pattern, what in _TEXTS:
        if pattern.search(sample):
            return f"is {what}", _RAW_HINT
    if b"\0" in sample[:4096]:
        return "is binary data", "name an audit log, or text with records in it"
    if _HTML.match(sample):
        return "is a web page without records", "name an audit log, or text with records in it"
    return NO_RECORDS, "ausearch -m AVC --raw prints them, journalctl -o json _TRANSPORT=audit as well"
