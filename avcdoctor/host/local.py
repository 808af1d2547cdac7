"""Reads from a policy store's files what an administrator added: local modules, booleans, ports, file contexts."""

from __future__ import annotations

import bz2
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, NamedTuple, Tuple

from avcdoctor.errors import PolicyError
from avcdoctor.host.items import MODULE_PRIORITY
from avcdoctor.host.offline import problems_of
from avcdoctor.model import safe_text

_MAXIMUM = 16 << 20
_PORT = re.compile(r"portcon\s+(\w+)\s+(\d+)(?:\s*-\s*(\d+))?\s+(\S+)")
_MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,254}")


class LocalModule(NamedTuple):
    """One module that did not come with the policy: `source` is its CIL or its compiled form."""

    name: str
    priority: int
    source: bytes


class LocalPort(NamedTuple):
    """One port that an administrator gave a type."""

    protocol: str
    low: int
    high: int
    type: str


class LocalContext(NamedTuple):
    """One file context that an administrator added; `type` is empty for <<none>>."""

    pattern: str
    file_type: str  # as in file_contexts(5): "" for any, "--" for a regular file, ...
    type: str


@dataclass(frozen=True)
class Local:
    """All local customisations of one store."""

    modules: Tuple[LocalModule, ...]
    disabled: Tuple[str, ...]
    booleans: Mapping[str, bool]
    ports: Tuple[LocalPort, ...]
    contexts: Tuple[LocalContext, ...]
    unread: Tuple[str, ...] = ()  # lines that could not be read


def local(root: Path, name: str, live: bool) -> Local:
    """Read the local customisations of a policy store.

    Args:
        root: "/" for the running host, or the top of an offline root.
        name: the policy type, such as "targeted".
        live: the root is the running host, whose store root alone can write.

    Raises:
        PolicyError: the store can't be read, or an offline store holds links that may lead out of it.
    """
    active = root / "var/lib/selinux" / name / "active"
    problems = [] if live else problems_of(root, name)
    if problems:
        raise PolicyError(f"the policy store of {root} is not read: {problems[0]}", "an image may be hostile")
    try:
        return _read(active)
    except FileNotFoundError as error:
        raise PolicyError(f"there is no policy store {active}", "the modules' files can be named instead") from error
    except OSError as error:
        raise PolicyError(f"can't read the policy store {active}: {error.strerror}", "run as root") from error


def _read(active: Path) -> Local:
    modules: List[LocalModule] = []
    for level in sorted((active / "modules").iterdir()):
        if level.name.isdigit() and int(level.name) >= MODULE_PRIORITY:
            modules += [
                LocalModule(place.name, int(level.name), _source(place))
                for place in sorted(level.iterdir())
                if _MODULE.fullmatch(place.name)
            ]
    folder = active / "modules/disabled"
    disabled = tuple(sorted(place.name for place in folder.iterdir())) if folder.is_dir() else ()
    unread: List[str] = []
    booleans: Dict[str, bool] = {}
    for line in _lines(active / "booleans.local"):
        key, _, value = line.partition("=")
        if value.strip() in ("0", "1"):
            booleans[key.strip()] = value.strip() == "1"
        else:
            unread.append(safe_text(line))
    return Local(
        tuple(modules),
        disabled,
        booleans,
        tuple(_ports(active / "ports.local", unread)),
        tuple(_contexts(active / "file_contexts.local", unread)),
        tuple(unread),
    )


def _source(module: Path) -> bytes:
    """A module's CIL as the store keeps it, else the form it was installed in."""
    for part in ("cil", "hll"):
        data = _bytes(module / part)
        if data:
            return _plain(data)
    return b""


def _plain(data: bytes) -> bytes:
    """Stores keep modules packed by bzip2 unless semanage.conf says otherwise."""
    if data[:3] != b"BZh":
        return data
    try:
        return bz2.BZ2Decompressor().decompress(data, _MAXIMUM)
    except (OSError, EOFError):
        return b""


def _bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return b""
        with path.open("rb") as stream:
            return stream.read(_MAXIMUM)
    except FileNotFoundError:
        return b""


def _lines(path: Path) -> List[str]:
    lines = _bytes(path).decode("utf-8", "surrogateescape").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _ports(path: Path, unread: List[str]) -> List[LocalPort]:
    found = []
    for line in _lines(path):
        match = _PORT.match(line)
        type_ = match.group(4).split(":")[2:3] if match else []
        if match and type_:
            found.append(
                LocalPort(match.group(1), int(match.group(2)), int(match.group(3) or match.group(2)), type_[0])
            )
        else:
            unread.append(safe_text(line))
    return found


def _contexts(path: Path, unread: List[str]) -> List[LocalContext]:
    found = []
    for line in _lines(path):
        words = line.split()
        kind = words[1] if len(words) == 3 else ""
        context = words[-1].split(":")
        if len(words) in (2, 3) and (words[-1] == "<<none>>" or len(context) > 2):
            found.append(LocalContext(words[0], kind, "" if words[-1] == "<<none>>" else context[2]))
        else:
            unread.append(safe_text(line))
    return found
