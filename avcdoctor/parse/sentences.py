"""Reads setroubleshoot's sentences: they name a program, permissions, a class and an object, and no contexts."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple, Optional, Tuple

from avcdoctor.model import NOT_TOLD, Context, Denial, EventId, raw_name, safe_text
from avcdoctor.parse.clocks import clock_of

SIGN = b"SELinux is preventing "
RECORD_TYPE = "setroubleshoot"
"""What the record type of such a denial is called."""

_SENTENCE = re.compile(
    rb"SELinux is preventing\s+(?P<program>\S{1,4096}|\S(?:(?!SELinux is preventing)[^\n]){0,254}?\S)\s+from\s+"
    rb"(?:using\s+the\s+)?"
    rb"'?(?P<permissions>[a-z0-9_]{1,64}(?:,\s{1,3}[a-z0-9_]{1,64}){0,31})'?\s+"
    rb"(?:(?P<capability>capabilit(?:y|ies))\b|access(?:es)?\s+on\s+(?P<process>a\s+process)\b|"
    rb"access(?:es)?\s+on\s+the\s+(?P<class>shared\s+memory|message\s+queue|[a-z0-9_]{1,64})"
    rb"(?:\s+labeled\s+(?P<label>[\w.]{1,255}?)|\s+port\s+(?P<port>[0-9]{1,5})|\s{1,40}(?P<object>[^\n]{0,1024}?))"
    rb"(?=\.?[ \t]*(?:\Z|\n|#012|\*{5}|For\s+complete\s)|\.\s+For\s+complete\s))"
)
"""As `SEFaultSignatureInfo.summary` of setroubleshoot's signature.py has them, in all its versions since RHEL 6."""
_ALERT = re.compile(rb"sealert\s+-l\s+([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_REPORT = re.compile(rb"[.\s]{0,8}(?:#012)?[.\s]{0,8}\*{5}|\.?#012")
_LINE_MAX = 400  # bytes before a sentence in which its line begins
_AFTER = 200  # bytes behind a sentence in which its alert is named
_CLASSES = {
    "directory": "dir",
    "semaphore": "sem",
    "shared memory": "shm",
    "message queue": "msgq",
    "message": "msg",
}
"""Classes by the names that setroubleshoot gives them."""
_NO_OBJECT = frozenset({"", ".", "Unknown", "None", "(null)", "<Unknown>", "unknown"})
_SECOND = frozenset(
    {"mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read"}
    | {"perfmon", "bpf", "checkpoint_restore"}
)
"""The capabilities of class capability2: those from number 32 on (linux/capability.h)."""


class Sentence(NamedTuple):
    """What setroubleshoot says of a denial; two of the same words are the same denial seen twice.

    Args:
        program: its path, or its name alone where no SYSCALL record told the path.
        permissions: what was denied.
        tclass: the class.
        object: the path or name; empty where it is not known.
        port: of a socket.
        label: the target's type, which is told where the object is not.
    """

    program: str
    permissions: Tuple[str, ...]
    tclass: str
    object: str = ""
    port: Optional[int] = None
    label: str = ""


class Said(NamedTuple):
    """A sentence where it stands.

    Args:
        report: it begins a report with advice; setroubleshoot logs each alert once without and once with it.
        alert: the alert's number, by which `sealert -l` shows all of it.
        clock: the time its line begins with, milliseconds since the epoch.
        text: the sentence.
    """

    sentence: Sentence
    report: bool
    alert: str
    clock: Optional[int]
    text: str


def sentences(text: bytes) -> Iterator[Said]:
    """The sentences of a text, whatever stands around them; a sentence may go on in the next line."""
    for match in _SENTENCE.finditer(text):
        tail = text[match.end() : match.end() + _AFTER].partition(SIGN)[0]
        alert = _ALERT.search(tail)
        begin = text.rfind(b"\n", max(0, match.start() - _LINE_MAX), match.start()) + 1
        yield Said(
            _meaning(match),
            _REPORT.match(tail) is not None,
            alert[1].decode("ascii") if alert else "",
            clock_of(text[begin : match.start()]),
            safe_text(b" ".join(match[0].split()).rstrip(b".") + b"."),
        )


def _meaning(match: re.Match[bytes]) -> Sentence:
    told = {name: b" ".join((value or b"").split()) for name, value in match.groupdict().items()}
    permissions = tuple(told["permissions"].decode("ascii").replace(",", " ").split())
    tclass = told["class"].decode("ascii")
    tclass = _CLASSES.get(tclass, tclass)
    if told["capability"]:
        tclass = "capability2" if set(permissions) & _SECOND else "capability"
    elif told["process"]:
        tclass = "process"
    shown = (match["object"] or b"").rstrip(b" \t.").decode("utf-8", "surrogateescape")
    shown = "" if shown in _NO_OBJECT or shown.startswith("port ") else shown
    port = int(told["port"]) if told["port"] else None
    program = raw_name(told["program"])
    return Sentence(program, permissions, tclass, shown, port, told["label"].decode("ascii", "replace"))


def denial_of(said: Said) -> Denial:
    """The denial that a sentence tells; the contexts that it does not have are `NOT_TOLD`."""
    sentence = said.sentence
    is_path = sentence.program.startswith("/")
    path = sentence.object if sentence.object.startswith("/") else ""
    name = "" if path else sentence.object
    return Denial(
        event=EventId("", said.clock, None),
        record_type=RECORD_TYPE,
        permissions=sentence.permissions,
        source=NOT_TOLD,
        target=Context("", "", sentence.label) if sentence.label else NOT_TOLD,
        tclass=sentence.tclass,
        comm=safe_text(sentence.program.rsplit("/", 1)[-1]),
        exe=safe_text(sentence.program) if is_path else "",
        path=safe_text(path),
        raw_path=path,
        name=safe_text(name),
        raw_name=name,
        port=sentence.port,
        protocol=sentence.tclass.split("_", 1)[0] if sentence.port is not None else "",
        fields={"alert": said.alert} if said.alert else {},
        raw=(said.text,),
    )
