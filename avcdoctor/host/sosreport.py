"""The facts of a sosreport: which of its files tells which one, and what was not in it.

Files and commands are those of sos's plugins selinux, auditd, filesys, process, rpm and dpkg; `printed` and `listings`
read what they hold. A sosreport has copies of a few files, with owners, modes and labels of their own or none: what a
file of the machine was like only listings tell, and what is missing proves nothing.
"""

from __future__ import annotations

import fnmatch
import json
from functools import cached_property
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, TypeVar

from avcdoctor.host import listings, printed
from avcdoctor.host.files import FileFacts, Files
from avcdoctor.host.local import LocalContext, LocalPort
from avcdoctor.host.mounts import SEEN, Mounts, mounts_of_root
from avcdoctor.model import Context, safe_text
from avcdoctor.private import lasting_workdir

T = TypeVar("T")
_MOST = 16 << 20  # bytes of one text
_MOST_LISTED = 64 << 20  # bytes of all listings

SOURCES: Mapping[str, Tuple[str, ...]] = {
    "mode": (
        "/sos_commands/selinux/sestatus",
        "/sos_commands/selinux/sestatus_-[bv]",
        "/sos_commands/*/getenforce",
        "/etc/selinux/config",
    ),
    "booleans": (
        "/sos_commands/selinux/sestatus_-b",
        "/sos_commands/*/getsebool_-a",
        "/sos_commands/selinux/semanage_boolean_-l",
    ),
    "customisations": ("/sos_commands/selinux/semanage_-o", "/sos_commands/*/semanage_export"),
    "ports": ("/sos_commands/selinux/semanage_port_-l",),
    "contexts": ("/sos_commands/selinux/semanage_fcontext_-l",),
    "processes": ("/sos_commands/selinux/ps_*Z*", "/sos_commands/*/ps_*Z*"),
    "labels": (
        "/sos_commands/*/restorecon_*n*",
        "/sos_commands/*/matchpathcon_*",
        "/sos_commands/*/ls_-*Z*",
        "/sos_commands/*/find_*Z*",
        "/sos_commands/selinux/sestatus_-v",
    ),
    "packages": ("/installed-rpms", "/installed-debs", "/sos_commands/dpkg/dpkg_-l", "/var/lib/dpkg/status"),
    "mounts": tuple(f"/{name}" for name, _ in SEEN),
    "system": ("/etc/os-release", "/usr/lib/os-release"),
}
"""Where each fact stands, the most telling text first."""

_WORDS = {
    "mode": "the mode",
    "booleans": "the booleans' values",
    "customisations": "what was changed locally",
    "ports": "the ports' types",
    "processes": "which domains processes ran in",
    "labels": "labels on disk",
    "packages": "package versions",
    "mounts": "mounts",
    "system": "which system it is",
}


class SosFacts:
    """What a sosreport tells beside the files it copied; each fact is read when it is first asked for.

    Args:
        files: the report's own files, none of which leads out of it.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    def _texts(self, fact: str) -> Iterator[Tuple[str, str]]:
        """(file, text) of each file that tells a fact, in the order in which they count."""
        seen = set()
        for pattern in SOURCES[fact]:
            for path in self._matching(pattern):
                text = self._files.read_text(path, _MOST) if path not in seen else None
                seen.add(path)
                if text:
                    yield path, text

    def _matching(self, pattern: str) -> List[str]:
        folder, _, last = pattern.rpartition("/")
        folders = [folder]
        if folder.endswith("/*"):
            folders = [f"{folder[:-2]}/{name}" for name in self._files.names(folder[:-2])]
        if not set("*?[") & set(last):
            return [f"{one}/{last}" for one in folders]
        return [
            f"{one}/{name}" for one in folders for name in self._files.names(one) if fnmatch.fnmatchcase(name, last)
        ]

    def _first(self, fact: str, read: Callable[[str], T]) -> Tuple[str, Optional[T]]:
        """What the first file tells that tells anything, and that file."""
        for path, text in self._texts(fact):
            value = read(text)
            if value:
                return path, value
        return "", None

    @cached_property
    def _mode(self) -> Tuple[str, Optional[str]]:
        return self._first("mode", printed.mode)

    @property
    def mode(self) -> str:
        """enforcing, permissive or disabled when the report was made; empty where nothing tells."""
        return self._mode[1] or ""

    @cached_property
    def _booleans(self) -> Tuple[str, Optional[Dict[str, bool]]]:
        return self._first("booleans", printed.booleans)

    @property
    def booleans(self) -> Mapping[str, bool]:
        """The values that booleans had."""
        return {**dict(self.custom.booleans), **(self._booleans[1] or {})}

    @cached_property
    def _custom(self) -> Tuple[str, Optional[printed.Custom]]:
        path, found = self._first("customisations", lambda text: (printed.custom(text),))
        return path, found[0] if found else None

    @property
    def custom(self) -> printed.Custom:
        """What an administrator had changed."""
        return self._custom[1] or printed.Custom()

    @cached_property
    def _ports(self) -> Tuple[str, Optional[Tuple[LocalPort, ...]]]:
        return self._first("ports", printed.ports)

    @property
    def ports(self) -> Tuple[LocalPort, ...]:
        """The ports that types covered, the administrator's own first."""
        return (*self.custom.ports, *(self._ports[1] or ()))

    @cached_property
    def _processes(self) -> Tuple[str, Optional[Dict[int, printed.Process]]]:
        return self._first("processes", lambda text: {one.pid: one for one in printed.processes(text)})

    def process(self, pid: int) -> Optional[Tuple[printed.Process, str]]:
        """The process that had a number when the report was made, and the file that tells it."""
        path, found = self._processes
        return (found[pid], path) if found and pid in found else None

    @cached_property
    def mounts(self) -> Mounts:
        """The file systems that were mounted."""
        return mounts_of_root(self._files.read_text)

    @cached_property
    def listed(self) -> listings.Listed:
        """All files that listings name."""
        return listings.listed(self._listings())

    def _listings(self) -> Iterator[Tuple[str, str]]:
        left = _MOST_LISTED
        for path, text in self._texts("labels"):
            left -= len(text)
            if left < 0:
                return
            yield self._asked.get(path.lstrip("/"), ""), text

    @cached_property
    def _asked(self) -> Mapping[str, str]:
        """Which directory each `ls` was given: its file's name has dots for slashes, the manifest the command."""
        try:
            document = json.loads(self._files.read_text("/sos_reports/manifest.json", _MOST) or "{}")
        except (ValueError, RecursionError):
            return {}
        found = {}
        waiting = [document]
        while waiting:
            one = waiting.pop()
            waiting += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
            if isinstance(one, dict) and isinstance(one.get("exec"), str) and isinstance(one.get("filepath"), str):
                words = one["exec"].split()
                places = [word for word in words[1:] if word.startswith("/")]
                if words[:1] == ["ls"] and len(places) == 1 and not any("d" in word for word in words[1:-1]):
                    found[one["filepath"]] = places[0].rstrip("/") or "/"
        return found

    @cached_property
    def contexts(self) -> Optional[Path]:
        """The file contexts that semanage listed, as a file_contexts of our own; None where it listed none."""
        lists = (printed.contexts(text) for _, text in self._texts("contexts"))
        found = next((one for one in lists if one.entries), None)
        return _written(found) if found else None

    @cached_property
    def local_contexts(self) -> Optional[Path]:
        """What the administrator's own file contexts are, as a file_contexts of our own; None for none."""
        own = self.custom.contexts
        return _written(own) if own.entries or own.likes else None

    def notes(self) -> Tuple[str, ...]:
        """Which facts come from the report, which were not in it, and what to know of the machine's mode."""
        told, missing = [], []
        for fact, words in _WORDS.items():
            path = self._teller(fact)
            if path:
                what = f"{words}: {self._changes()}" if fact == "customisations" else words
                told.append(f"{what} ({safe_text(path.lstrip('/'))})")
            else:
                missing.append(words)
        found = [f"from the sosreport: {', '.join(told)}"] if told else []
        found += [f"not in the sosreport: {', '.join(missing)}"] if missing else []
        return (*found, *self._mode_note())

    def _changes(self) -> str:
        """How many things of each kind an administrator had changed, and how many lines of that list were not read."""
        own = self.custom
        counts = {
            "boolean": len(own.booleans),
            "port": len(own.ports),
            "file context": len(own.contexts.entries),
            "equivalence": len(own.contexts.likes),
            "login": len(own.logins),
            "permissive domain": len(own.permissive),
            "line that could not be read": len(own.unread),
        }
        parts = [_counted(count, one) for one, count in counts.items() if count]
        return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:]))) or "nothing"

    def _teller(self, fact: str) -> str:
        read = {"mode": self._mode, "booleans": self._booleans, "customisations": self._custom, "ports": self._ports}
        if fact in read:
            return read[fact][0]
        if fact == "processes":
            return self._processes[0]
        paths = [path for pattern in SOURCES[fact] for path in self._matching(pattern) if self._files.exists(path)]
        return f"{paths[0]} and {len(paths) - 1} more" if fact == "labels" and len(paths) > 1 else "".join(paths[:1])

    def _mode_note(self) -> Sequence[str]:
        by = safe_text(self._mode[0].lstrip("/"))
        if self.mode == "permissive":
            return (
                f"SELinux was permissive there ({by}): it wrote down what it would have refused, and refused nothing",
            )
        if self.mode == "disabled":
            return (f"SELinux was switched off there ({by}): what was denied is older, and it refuses nothing now",)
        return ()


def _counted(count: int, what: str) -> str:
    first, _, rest = what.partition(" that ")
    many = first if count == 1 else f"{first}s"
    return f"{count} {many} that {rest}" if rest else f"{count} {many}"


def _written(contexts: printed.Contexts) -> Path:
    folder = lasting_workdir() / "contexts" / "files"
    folder.mkdir(parents=True)
    (folder / "file_contexts").write_text("".join(map(_line, contexts.entries)), "utf-8", "surrogateescape")
    for name, pairs in (("subs", contexts.likes), ("subs_dist", contexts.given_likes)):
        text = "".join(f"{path} {like}\n" for path, like in pairs)
        (folder / f"file_contexts.{name}").write_text(text, "utf-8", "surrogateescape")
    return folder / "file_contexts"


def _line(entry: LocalContext) -> str:
    label = f"system_u:object_r:{entry.type}:s0" if entry.type else "<<none>>"
    return f"{entry.pattern} {entry.file_type} {label}\n"


class ReportedFiles(Files):
    """The files of a sosreport: their content is the copies', everything else what listings tell."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.facts = self.report = SosFacts(Files(root))

    def label(self, path: str) -> Optional[Context]:
        """The label that a listing shows; the copy's own is this machine's."""
        entry = self._entry(path)
        return entry.label if entry else None

    def lstat(self, path: str) -> Optional[FileFacts]:
        """Mode and owner that a listing shows."""
        entry = self._entry(path)
        return entry.facts if entry else None

    def exists(self, path: str) -> bool:
        """Whether it was copied or a listing shows it."""
        return super().exists(path) or self._entry(path) is not None

    def is_gone(self, path: str) -> bool:
        """Whether its directory was listed without it."""
        parent = path.rstrip("/").rpartition("/")[0] or "/"
        return parent in self.facts.listed.directories and not self.exists(path)

    def _entry(self, path: str) -> Optional[listings.Entry]:
        return self.facts.listed.entries.get(path.rstrip("/") or "/")
