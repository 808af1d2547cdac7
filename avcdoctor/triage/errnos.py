"""Finds the error number in a message: by its words in many languages, by its name, or by its number."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional, Tuple

from avcdoctor.triage.errno_words import ERRNO_WORDS
from avcdoctor.triage.literals import Worded

_NUMBERS: Dict[str, str] = {
    "1": "EPERM",
    "2": "ENOENT",
    "8": "ENOEXEC",
    "13": "EACCES",
    "20": "ENOTDIR",
    "30": "EROFS",
    "40": "ELOOP",
}
_NAME = Worded(r"(?<![A-Za-z])(EACCES|EPERM|ENOENT|ELOOP|EROFS|ENOEXEC|ENOTDIR)(?![A-Za-z])")
_NUMBER = Worded(
    r"(?:errno|errcode|error number|os error|os_error|error code|exit|error)\s*(?:is|=|:)?\s*[(\[]?\s*-?(\d{1,2})\b",
    re.I,
)
_JAVA = {"AccessDeniedException": "EACCES", "NoSuchFileException": "ENOENT", "FileSystemLoopException": "ELOOP"}
_LOGIN = Worded(
    r"permission denied\s*(?:\((?:publickey|password|keyboard|gssapi|hostbased|none)|, please try again)", re.I
)

_PHRASES: Tuple[Tuple[str, str], ...] = tuple(
    sorted(
        ((phrase.casefold(), name) for name, phrases in ERRNO_WORDS.items() for phrase in phrases),
        key=lambda pair: -len(pair[0]),
    )
)
_ENGLISH: Tuple[Tuple[str, str], ...] = tuple(pair for pair in _PHRASES if pair[0].isascii())


class Errno(NamedTuple):
    """An error number's name and where it stands in the message."""

    name: str
    start: int
    end: int


def find_errno(message: str) -> Optional[Errno]:
    """The error number that a message speaks of.

    A refused login ("Permission denied (publickey)") is no error number and gives None.

    Args:
        message: a log message, any of some 27 languages.
    """
    folded = message.casefold()
    if _LOGIN.search(folded):
        return None
    for phrase, name in _ENGLISH if folded.isascii() else _PHRASES:
        at = folded.find(phrase)
        if at >= 0:
            return Errno(name, at, at + len(phrase))
    named = _NAME.search(message)
    if named:
        return Errno(named[1], named.start(), named.end())
    for word, name in _JAVA.items():
        if word in message:
            at = message.index(word)
            return Errno(name, at, at + len(word))
    numbered = _NUMBER.search(message)
    if numbered and numbered[1] in _NUMBERS and not numbered[0].lower().startswith(("exit", "error 1", "error: 1")):
        return Errno(_NUMBERS[numbered[1]], numbered.start(), numbered.end())
    return None


_QUOTED = re.compile(r"""["'`\u2018\u201c\u00ab](/[^"'`\u2019\u201d\u00bb]*)["'`\u2019\u201d\u00bb]""")
_VIEW = re.compile(r"\A/run/systemd/(?:unit-root|mount-rootfs)(?=/|\Z)")
_SOCKET = re.compile(r"""\bunix:(?://)?(/[^\s"'`,;()]+)""")
_BARE = re.compile(r"""(?<![\w.:/~-])(/[^\s"'`:,;()\[\]<>|=]+(?::[^\s"'`:,;()\[\]<>|=]+)*)""")


def find_path(message: str, errno: Optional[Errno] = None) -> str:
    """The path a message is about: quoted before bare, the last one before the error's words before the first after.

    Below the directory in which systemd builds a unit's view of the file system, it is the path as the unit sees it.

    Args:
        message: a log message.
        errno: where its error number stands, when it has one.
    """
    return in_unit(_find_path(message, errno))


def in_unit(path: str) -> str:
    """A path as a unit sees it."""
    return _VIEW.sub("", path) or "/" if path else ""


def _find_path(message: str, errno: Optional[Errno]) -> str:
    found = [
        (match.start(), match[1])
        for match in _QUOTED.finditer(message)
        if errno is None or not match.start() < errno.start < match.end()  # a quoted message, not a quoted path
    ]
    if not found:
        found = [(match.start(), match[1].rstrip(".:")) for match in _SOCKET.finditer(message)]
    if not found:
        found = [(match.start(), match[1].rstrip(".")) for match in _BARE.finditer(message)]
    if not found:
        return ""
    if errno is not None:
        before = [path for at, path in found if at < errno.start]
        after = [path for at, path in found if at >= errno.end]
        return before[-1] if before else (after or [""])[0]
    return found[0][1]
