"""Reads what the SELinux commands print (sestatus, getsebool, semanage, ps -Z, dpkg -l): text in, facts out.

Where a text comes from is the caller's business: a sosreport keeps such texts (`avcdoctor.host.sosreport`). Lines of
another form are left out: whoever made the report chose what stands in them.
"""

from __future__ import annotations

import re
import shlex
from typing import Dict, Iterator, List, NamedTuple, Tuple

from avcdoctor.host.local import LocalContext, LocalPort
from avcdoctor.model import Context, safe_text

MODES = ("enforcing", "permissive", "disabled")
_STATUS = re.compile(r"^SELinux status:[ \t]*(\w+)[ \t]*$", re.MULTILINE)
_CURRENT = re.compile(r"^Current mode:[ \t]*(\w+)[ \t]*$", re.MULTILINE)
_CONFIGURED = re.compile(r"^[ \t]*SELINUX[ \t]*=[ \t]*(\w+)[ \t]*$", re.MULTILINE)
_BOOLEANS = re.compile(
    r"^(?P<name>\w+)[ \t]+(?:--> (?P<getsebool>on|off)\b.*"
    r"|\((?P<list>on|off)[ \t]*,[ \t]*(?:on|off)[ \t]*\).*|(?P<sestatus>on|off)[ \t]*)$",
    re.MULTILINE,
)
_PORT = re.compile(r"^(?P<type>\w+)[ \t]+(?P<protocol>tcp|udp|dccp|sctp)[ \t]+(?P<ports>\d[\d, -]*)$", re.MULTILINE)
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_KINDS = {
    "all files": "",
    "regular file": "--",
    "directory": "-d",
    "character device": "-c",
    "block device": "-b",
    "socket": "-s",
    "symbolic link": "-l",
    "named pipe": "-p",
}
_LETTERS = {"a": "", "f": "--", "d": "-d", "c": "-c", "b": "-b", "s": "-s", "l": "-l", "p": "-p"}
_FCONTEXT = re.compile(
    rf"^(?P<pattern>/\S*(?: \S+)*?)[ \t]+(?P<kind>{'|'.join(_KINDS)})[ \t]+(?P<context>\S+)[ \t]*$", re.MULTILINE
)
_LIKE = re.compile(r"^(?P<path>/\S*) = (?P<like>/\S*)[ \t]*$", re.MULTILINE)
_LOCAL_LIKES = "SELinux Local fcontext Equivalence"
_DEBIAN = re.compile(r"^[a-z]i[ R]?\s+(?P<name>[^\s:]+)(?::\S+)?\s+(?P<version>\S+)\s+(?P<arch>\S+)", re.MULTILINE)


class Process(NamedTuple):
    """A process as ps showed it; `command` is what it called itself (raw)."""

    pid: int
    context: Context
    command: str


class Contexts(NamedTuple):
    """File contexts, and which tree is labelled like which other one: an administrator's own, and the policy's."""

    entries: Tuple[LocalContext, ...] = ()
    likes: Tuple[Tuple[str, str], ...] = ()
    given_likes: Tuple[Tuple[str, str], ...] = ()


class Custom(NamedTuple):
    """What an administrator changed, as `semanage export` lists it.

    Args:
        logins: login name to SELinux user.
        permissive: domains whose denials are only logged.
        unread: lines that could not be read.
    """

    booleans: Tuple[Tuple[str, bool], ...] = ()
    ports: Tuple[LocalPort, ...] = ()
    contexts: Contexts = Contexts()
    logins: Tuple[Tuple[str, str], ...] = ()
    permissive: Tuple[str, ...] = ()
    unread: Tuple[str, ...] = ()


def mode(text: str) -> str:
    """The mode that sestatus, getenforce or /etc/selinux/config tells; empty where none does."""
    status = _STATUS.search(text)
    if status and status[1] == "disabled":
        return "disabled"
    for pattern in (_CURRENT, _CONFIGURED):
        found = pattern.search(text)
        if found and found[1].lower() in MODES:
            return found[1].lower()
    word = text.strip().lower()
    return word if word in MODES else ""


def booleans(text: str) -> Dict[str, bool]:
    """Booleans and their values now, of `sestatus -b`, `getsebool -a` or `semanage boolean -l`."""
    return {
        found["name"]: (found["getsebool"] or found["list"] or found["sestatus"]) == "on"
        for found in _BOOLEANS.finditer(text)
    }


def ports(text: str) -> Tuple[LocalPort, ...]:
    """The ports of each type, of `semanage port -l`."""
    found = []
    for line in _PORT.finditer(text):
        for low, high in _RANGE.findall(line["ports"]):
            found.append(LocalPort(line["protocol"], int(low), int(high or low), line["type"]))
    return tuple(found)


def contexts(text: str) -> Contexts:
    """The file contexts and equivalences of `semanage fcontext -l`, the least specific first as libselinux needs them.

    semanage sorts them by name; file_contexts(5) is sorted as by `fc_sort` of libsemanage: by the length of the
    literal beginning, then of the whole expression, and what names one path comes last.
    """
    entries = [
        LocalContext(line["pattern"], _KINDS[line["kind"]], _type(line["context"])) for line in _FCONTEXT.finditer(text)
    ]
    given, _, own = text.partition(_LOCAL_LIKES)
    return Contexts(tuple(sorted(entries, key=_weight)), _likes(own), _likes(given))


def _likes(text: str) -> Tuple[Tuple[str, str], ...]:
    return tuple((line["path"], line["like"]) for line in _LIKE.finditer(text))


def _weight(entry: LocalContext) -> Tuple[bool, int, int, bool]:
    meta = re.search(r"[.^$?*+|\[({]", entry.pattern.replace("\\.", "_"))
    stem = len(entry.pattern) if meta is None else meta.start()
    return meta is None, stem, len(entry.pattern), bool(entry.file_type)


def _type(context: str) -> str:
    """The type of a context; empty for <<None>>, and where there is none."""
    parts = context.split(":")
    return parts[2] if len(parts) > 2 else ""


def custom(text: str) -> Custom:
    """What `semanage export` (or `semanage -o`) lists: the commands that would make the same changes again."""
    booleans_, ports_, entries, likes = [], [], [], []
    logins, permissive, unread = [], [], []
    for line in text.splitlines():
        words = _words(line)
        if not words or "-D" in words[1:2]:
            continue
        kind, options, rest = words[0], _options(words[1:]), words[-1]
        if kind == "boolean" and ("-1" in words or "-0" in words):
            booleans_.append((rest, "-1" in words))
        elif kind == "port" and "-t" in options and "-p" in options and _RANGE.fullmatch(rest):
            low, _, high = rest.partition("-")
            ports_.append(LocalPort(options["-p"], int(low), int(high or low), options["-t"]))
        elif kind == "fcontext" and "-e" in options:
            likes.append((rest, options["-e"]))
        elif kind == "fcontext" and "-t" in options:
            type_ = "" if options["-t"].startswith("<<") else options["-t"]
            entries.append(LocalContext(rest, _LETTERS.get(options.get("-f", "a"), ""), type_))
        elif kind == "login" and "-s" in options:
            logins.append((rest, options["-s"]))
        elif kind == "permissive":
            permissive.append(rest)
        elif kind not in _ELSEWHERE:
            unread.append(safe_text(line))
    contexts_ = Contexts(tuple(entries), tuple(likes))
    return Custom(tuple(booleans_), tuple(ports_), contexts_, tuple(logins), tuple(permissive), tuple(unread))


_ELSEWHERE = frozenset({"user", "interface", "node", "module", "ibendport", "ibpkey", "dontaudit"})
"""What semanage exports besides, and no diagnosis rests on."""


def _words(line: str) -> List[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # unbalanced quotes
        return ["?"]


def _options(words: List[str]) -> Dict[str, str]:
    """Options that take a value, with it."""
    return {one: value for one, value in zip(words, words[1:]) if one in ("-t", "-p", "-f", "-e", "-s", "-r")}


def processes(text: str) -> Iterator[Process]:
    """The processes of `ps -eZ`, `ps auxZ` and the like, by the names of the columns."""
    columns: List[str] = []
    for line in text.splitlines():
        words = line.split(None, max(len(columns) - 1, 0)) if columns else line.split()
        if "LABEL" in words and "PID" in words:
            columns = words
            continue
        if not columns or len(words) < len(columns):
            continue
        row = dict(zip(columns, words))
        try:
            yield Process(int(row["PID"]), Context.parse(row["LABEL"]), row.get("COMMAND", row.get("CMD", "")))
        except ValueError:  # no label, or a line of another form
            continue


def debian_packages(text: str) -> Iterator[Tuple[str, str, str]]:
    """Name, version and architecture of what `dpkg -l` lists as installed."""
    for line in _DEBIAN.finditer(text):
        yield line["name"], line["version"], line["arch"]
