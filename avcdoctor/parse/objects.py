"""Works out which file a denial is about: what its own record and the PATH and CWD records of its event prove."""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Sequence

from avcdoctor.model import PathRecord, raw_name, safe_text
from avcdoctor.parse.fields import Field, decode, first_of, split_fields, text
from avcdoctor.parse.records import Record

_PSEUDO = re.compile(rb"(?:socket|pipe|anon_inode|mnt|net|user|pid|ipc|uts|cgroup|time|dmabuf|bpf|pidfd):|/memfd:|\0|@")
_MODE = re.compile(r"(?:[a-z-]+,)?(?:[a-z,]*,)?([0-7]{3,7})\Z")
_FILE_KINDS = {"file": 0o100000, "dir": 0o040000, "link": 0o120000, "block": 0o060000, "character": 0o020000}
_PARENT_IS_OBJECT = frozenset({"add_name", "remove_name", "reparent"})


class Found(NamedTuple):
    """The best known path: as text, and raw where it is a real path the system knows the object by."""

    text: str = ""
    raw: str = ""


def path_records(records: Sequence[Record], cwd: bytes) -> List[PathRecord]:
    """The PATH records of an event; `raw` holds the absolute path where name and working directory give one."""
    found = []
    for record in records:
        if record.type != "PATH":
            continue
        fields = first_of(split_fields(record.body))
        name = fields.get("name")
        known = name is not None and name.value not in {b"(null)", b"(none)"}
        raw = _absolute(decode(name), cwd) if name is not None and known else b""
        found.append(
            PathRecord(
                name=text(name) if known else "",
                raw=raw_name(raw),
                nametype=text(fields.get("nametype") or fields.get("objtype")),
                mode=_mode(text(fields.get("mode"))),
                owner=text(fields.get("OUID") or fields.get("ouid")),
                group=text(fields.get("OGID") or fields.get("ogid")),
                context=text(fields.get("obj")),
                device=text(fields.get("dev")),
                inode=_number(fields.get("inode")),
            )
        )
    return found


def _absolute(name: bytes, cwd: bytes) -> bytes:
    """Joins name and working directory; `.` and double slashes go, `..` stays because it may follow a symlink."""
    if not name:
        return b""
    if not name.startswith(b"/"):
        if not cwd.startswith(b"/") or name.startswith(b"~"):
            return b""
        name = cwd + b"/" + name
    parts = [part for part in name.split(b"/") if part not in {b"", b"."}]
    return b"/" + b"/".join(parts)


def _mode(words: str) -> Optional[int]:
    """Both spellings: `0100644`, and `file,644` of `ausearch -i`."""
    match = _MODE.match(words)
    if not match:
        return None
    kind = _FILE_KINDS.get(words.split(",", maxsplit=1)[0], 0) if "," in words else 0
    return kind | int(match.group(1), 8)


def _number(field: Optional[Field]) -> Optional[int]:
    return int(field.value) if field is not None and re.match(rb"[0-9]{1,20}\Z", field.value) else None


def is_real(path: bytes) -> bool:
    """Whether this is a path a command can name: absolute, not a pseudo object, not deleted."""
    return path.startswith(b"/") and not _PSEUDO.match(path) and not path.endswith(b" (deleted)") and b"\0" not in path


def shown(path: bytes) -> str:
    """A path as text; an abstract socket's leading NUL becomes `@`, as ss(8) prints it."""
    return safe_text(b"@" + path[1:].split(b"\0")[0] if path[:1] == b"\0" else path)


def find_path(
    path: bytes,
    name: bytes,
    inode: Optional[int],
    *,
    tclass: str,
    permissions: Sequence[str],
    paths: Sequence[PathRecord],
) -> Found:
    """The object's path.

    Args:
        path: the record's own `path=`, decoded; it wins when it is absolute.
        name: the record's `name=`, decoded: the last component only.
        inode: the record's `ino=`.
        tclass: the class; for add_name and remove_name on a dir the object is the directory, not `name`.
        permissions: what was denied.
        paths: the event's PATH records.

    Returns:
        The path, with `raw` empty where it is no real path or the records do not prove it.
    """
    if path:
        return Found(shown(path), raw_name(path) if is_real(path) else "")
    if tclass == "dir" and _PARENT_IS_OBJECT.intersection(permissions):
        return _parent(name, paths)
    wanted = raw_name(name)
    for record in paths:
        if inode is not None and record.inode == inode and record.raw:
            own = _last(record.raw)
            same = wanted in {"", own, "/"}
            return Found(safe_text(record.raw), record.raw if same else "")
    if not wanted or wanted == "/":
        return Found()
    for record in paths:
        if record.nametype in {"NORMAL", "CREATE", "DELETE"} and _last(record.raw) == wanted and tclass != "dir":
            proven = inode is None or record.inode is None
            return Found(safe_text(record.raw), record.raw) if proven else Found()
    return _component(wanted, tclass, paths)


def _last(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _parent(name: bytes, paths: Sequence[PathRecord]) -> Found:
    child = raw_name(name)
    for record in paths:
        if record.nametype in {"CREATE", "DELETE", "NORMAL"} and child and _last(record.raw) == child:
            directory = record.raw.rsplit("/", 1)[0] or "/"
            return Found(safe_text(directory), directory)
    parents = {record.raw for record in paths if record.nametype == "PARENT" and record.raw}
    if len(parents) == 1:
        directory = parents.pop()
        return Found(safe_text(directory), directory)
    return Found()


def _component(wanted: str, tclass: str, paths: Sequence[PathRecord]) -> Found:
    """A directory that was searched on the way: the part of the path up to its name. No proof: symlinks."""
    candidates = set()
    for record in paths:
        parts = record.raw.split("/")
        ends = [index for index, part in enumerate(parts) if part == wanted]
        if len(ends) == 1 and (tclass in {"dir", "lnk_file"} or ends[0] == len(parts) - 1):
            candidates.add("/".join(parts[: ends[0] + 1]))
    return Found(safe_text(candidates.pop())) if len(candidates) == 1 else Found()
